//go:build linux

package howto_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/link"
)

// TestLive attaches each program, sends a packet, and records which were called.
func TestLive(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	kerneltest.NoLeaks(t)
	folder := kerneltest.OwnCgroup(t).Name()
	var report strings.Builder
	kerneltest.InNetns(t, func() error {
		defer calls.Close()
		if err := calls.Create(); err != nil {
			return err
		}
		for place, attach := range []func() (link.Link, error){
			xdp:        func() (link.Link, error) { return attachXDP(kerneltest.Loopback) },
			tc:         func() (link.Link, error) { return attachTC(kerneltest.Loopback) },
			cgroup:     func() (link.Link, error) { return attachCgroup(folder) },
			tracepoint: attachTracepoint,
		} {
			l, err := attach()
			if err != nil {
				return err
			}
			info, err := l.Info()
			err = errors.Join(err, send(), l.Close())
			if err != nil {
				return err
			}
			n, err := calls.Lookup(uint32(place))
			if err != nil {
				return err
			}
			fmt.Fprintf(&report, "%s: called %v\n", info.Type, n > 0)
		}
		return nil
	})
	recorded.Compare(t, "testdata/called.txt", report.String())
}

// TestPinned: an attachment stays when its link is closed, and ends with its file.
func TestPinned(t *testing.T) {
	kerneltest.NoLeaks(t)
	path := filepath.Join(kerneltest.BPFFS(t), "xdp")
	kerneltest.InNetns(t, func() error {
		defer calls.Close()
		l, err := attachXDP(kerneltest.Loopback)
		if err != nil {
			return err
		}
		if err := keep(l, path); err != nil {
			return err
		}
		if err := send(); err != nil {
			return err
		}
		if n, err := calls.Lookup(xdp); err != nil || n == 0 {
			return fmt.Errorf("%d calls after Close, %w", n, err)
		}
		if err := end(path); err != nil {
			return err
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the file is still there: %w", err)
		}
		return nil
	})
}

// send sends a packet over loopback.
func send() error {
	conn, err := net.Dial("udp4", "127.0.0.1:9")
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("hello"))
	return errors.Join(err, conn.Close())
}
