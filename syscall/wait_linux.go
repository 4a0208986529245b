package syscall

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A Waiter waits until the kernel reports that a map is ready. A ring buffer is ready when there is a record to read, or room to write
// one.
type Waiter struct {
	mu     sync.RWMutex // of the descriptors: Close waits until they are not used
	epoll  int
	wake   int // an eventfd
	closed atomic.Bool
}

// NewWaiter makes a waiter for a map.
func NewWaiter(m *FD) (*Waiter, error) {
	num, err := m.acquire("map")
	if err != nil {
		return nil, fmt.Errorf("wait for a map: %w", err)
	}
	defer m.release()
	w := &Waiter{epoll: -1, wake: -1}
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("wait for a map: epoll: %w", err)
	}
	if w.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(w.epoll)
		return nil, fmt.Errorf("wait for a map: eventfd: %w", err)
	}
	// Edge-triggered: a record that a program has reserved but not submitted makes the descriptor readable, and the caller would loop
	// without waiting.
	for fd, events := range map[int]uint32{num: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLET, w.wake: unix.EPOLLIN} {
		if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
			w.Close()
			return nil, fmt.Errorf("wait for a map: epoll: %w", err)
		}
	}
	return w, nil
}

// Wait returns when the map has become ready since the last call, or after Wake or Close. After Close the error wraps [fs.ErrClosed].
func (w *Waiter) Wait() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed.Load() {
		return fmt.Errorf("wait for a map: %w", fs.ErrClosed)
	}
	var events [2]unix.EpollEvent
	n, err := unix.EpollWait(w.epoll, events[:], -1)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.EpollWait(w.epoll, events[:], -1)
	}
	if err != nil {
		return fmt.Errorf("wait for a map: epoll: %w", err)
	}
	for _, e := range events[:n] {
		if int(e.Fd) == w.wake {
			var count [8]byte
			_, _ = unix.Read(w.wake, count[:]) // does not block; another Wait may have read it
		}
	}
	if w.closed.Load() {
		w.wakeLocked() // the next one who waits
		return fmt.Errorf("wait for a map: %w", fs.ErrClosed)
	}
	return nil
}

// Wake makes a Wait return, the next one if there is none.
func (w *Waiter) Wake() {
	w.mu.RLock()
	defer w.mu.RUnlock()
	w.wakeLocked()
}

func (w *Waiter) wakeLocked() {
	if w.wake >= 0 {
		one := [8]byte{7: 1}
		if firstBit() == 1 {
			one = [8]byte{0: 1}
		}
		_, _ = unix.Write(w.wake, one[:]) // can only fail when it is awake already
	}
}

// Close ends the waiting. Further calls do nothing and return nil.
func (w *Waiter) Close() error {
	if w.closed.Swap(true) {
		return nil
	}
	w.Wake() // the waiter holds the lock
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, fd := range []*int{&w.epoll, &w.wake} {
		if *fd >= 0 {
			errs = append(errs, unix.Close(*fd))
			*fd = -1
		}
	}
	return errors.Join(errs...)
}
