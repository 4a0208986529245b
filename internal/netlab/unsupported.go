//go:build !linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// Lab needs Linux. On this system there are none.
type Lab struct{}

// Flow needs Linux. On this system there are none.
type Flow struct{}

// ErrClosed is the error of methods of a closed lab.
var ErrClosed = errors.New("netlab: the lab is closed")

func unsupported() error {
	return fmt.Errorf("netlab: network namespaces exist on linux only, not on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// New returns errors.ErrUnsupported.
func New(ctx context.Context, link Link) (*Lab, error) { return nil, unsupported() }

// Close does nothing.
func (l *Lab) Close() error { return nil }

// Link returns nothing.
func (l *Lab) Link() Link { return Link{} }

// Stats returns nothing.
func (l *Lab) Stats() Stats { return Stats{} }

// Dial returns errors.ErrUnsupported.
func (l *Lab) Dial(ctx context.Context, congestion string) (*Flow, error) { return nil, unsupported() }

func (l *Lab) usable() error             { return unsupported() }
func (l *Lab) queueDelay() time.Duration { return 0 }
func (l *Lab) drain(ctx context.Context) {}

// Fill does nothing.
func (f *Flow) Fill() {}

// Done returns a channel that is never closed.
func (f *Flow) Done() <-chan struct{} { return nil }

// Err answers errors.ErrUnsupported.
func (f *Flow) Err() error { return unsupported() }

// Write returns errors.ErrUnsupported.
func (f *Flow) Write(p []byte) (int, error) { return 0, unsupported() }

// Received returns nothing.
func (f *Flow) Received() int64 { return 0 }

// SyscallConn returns errors.ErrUnsupported.
func (f *Flow) SyscallConn() (syscall.RawConn, error) { return nil, unsupported() }

// Close does nothing.
func (f *Flow) Close() error { return nil }

// Info returns errors.ErrUnsupported.
func (f *Flow) Info() (TCPInfo, error) { return TCPInfo{}, unsupported() }

// Congestion returns errors.ErrUnsupported.
func (f *Flow) Congestion() (string, error) { return "", unsupported() }

// SetCongestion returns errors.ErrUnsupported.
func (f *Flow) SetCongestion(name string) error { return unsupported() }

// ReadTCPInfo returns errors.ErrUnsupported.
func ReadTCPInfo(conn syscall.Conn) (TCPInfo, error) { return TCPInfo{}, unsupported() }

// Congestion returns errors.ErrUnsupported.
func Congestion(conn syscall.Conn) (string, error) { return "", unsupported() }
