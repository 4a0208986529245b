package syscall

import (
	"fmt"
	"io/fs"
	"sync"
)

// An FD owns a file descriptor of a program, map, link or BTF object. The object lives at least as long as the descriptor is open:
// closing the last one of a link that is not pinned detaches it.
//
// An FD is not closed when it becomes unreachable. If it were, a run of the garbage collector could unregister an implementation. That
// would be worse than a descriptor that stays until the process ends.
//
// All methods may be called by several goroutines at once. A Close during a command takes effect when the command has ended, so no
// command ever acts on a reused number.
type FD struct {
	mu     sync.Mutex
	num    int // -1 once closed
	users  int // commands under way
	closed bool
	sizes  *mapSizes // of a map, asked for once
}

// mapSizes are the bytes that the kernel reads and writes in commands on a map's elements.
type mapSizes struct{ key, value int }

// NewFD takes over a file descriptor that came from elsewhere: an inherited one, or one received through a socket. The caller
// must not close the number any more. A negative number creates an FD that is closed already.
func NewFD(num int) *FD {
	if num < 0 {
		return &FD{num: -1, closed: true}
	}
	return &FD{num: num}
}

// Int returns the number, or -1 if f is nil or closed. The number is valid only until f is closed.
func (f *FD) Int() int {
	if f == nil {
		return -1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return -1
	}
	return f.num
}

// String returns "fd 7", or "closed fd".
func (f *FD) String() string {
	if n := f.Int(); n >= 0 {
		return fmt.Sprintf("fd %d", n)
	}
	return "closed fd"
}

// Close closes the descriptor. Further calls do nothing and return nil, as does a call on a nil FD.
func (f *FD) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.users > 0 {
		return nil // the last user closes it
	}
	return f.closeLocked()
}

// Dup returns a second descriptor of the same object, closed on exec as all of ours.
func (f *FD) Dup() (*FD, error) {
	num, err := f.acquire("descriptor")
	if err != nil {
		return nil, err
	}
	defer f.release()
	dup, err := dupFD(num)
	if err != nil {
		return nil, fmt.Errorf("duplicate fd %d: %w", num, err)
	}
	return NewFD(dup), nil
}

// acquire returns the number and keeps it open until release. what says in the error what the command uses the descriptor for.
func (f *FD) acquire(what string) (int, error) {
	if f == nil {
		return -1, fmt.Errorf("%s is missing: %w", what, fs.ErrInvalid)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return -1, fmt.Errorf("%s: %w", what, fs.ErrClosed)
	}
	f.users++
	return f.num, nil
}

// release ends what acquire began.
func (f *FD) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	if f.closed && f.users == 0 {
		// Close has returned already; close(2) of an anonymous inode does not fail in a way that a caller could handle.
		_ = f.closeLocked()
	}
}

func (f *FD) closeLocked() error {
	num := f.num
	f.num = -1
	if err := closeFD(num); err != nil {
		return fmt.Errorf("close fd %d: %w", num, err)
	}
	return nil
}
