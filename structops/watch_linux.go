package structops

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// A watch waits for a link to be detached.
type watch struct {
	done chan struct{} // closed when the link is detached or closed
	once sync.Once
	wake int         // an eventfd that ends the waiting
	link *syscall.FD // a duplicate, so that closing the link does not pull it away
	wait sync.WaitGroup

	ended func() bool // whether the kernel has ended the implementation, although the link is there; nil where it does not do that
}

// askEvery is how often a watch asks whether the kernel has ended an implementation: no descriptor tells.
const askEvery = 100 * time.Millisecond

// Done is closed when the implementation is no longer registered through this link: after Detach, after a detach elsewhere (since Linux
// 6.10), after Close, or when the kernel has thrown a scheduler out, which Done notices within a tenth of a second.
func (l *Link) Done() <-chan struct{} {
	if l == nil {
		return closed()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watch == nil {
		l.watch = newWatch(l.fd, l.canEnd())
		if l.detached || l.fd == nil && l.table == nil { // it has ended, and nothing is left to wait for
			l.watch.end()
		}
	}
	return l.watch.done
}

// newWatch begins to watch a link. When there is no link to watch, only stop closes done.
func newWatch(link *syscall.FD, ended func() bool) *watch {
	w := &watch{done: make(chan struct{}), wake: -1, ended: ended}
	if link == nil {
		return w
	}
	dup, err := link.Dup()
	if err != nil {
		return w
	}
	if w.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		dup.Close()
		return w
	}
	w.link = dup
	w.wait.Go(w.run)
	return w
}

func (w *watch) run() {
	defer w.end()
	fds := []unix.PollFd{{Fd: int32(w.link.Int())}, {Fd: int32(w.wake), Events: unix.POLLIN}}
	timeout := -1
	if w.ended != nil {
		timeout = int(askEvery.Milliseconds())
	}
	for {
		if w.ended != nil && w.ended() {
			return
		}
		// When no events are asked for, a descriptor reports only errors and hang-ups.
		_, err := unix.Poll(fds, timeout)
		if err != nil && !errors.Is(err, unix.EINTR) || fds[0].Revents != 0 || fds[1].Revents != 0 {
			return
		}
	}
}

// end closes done, once.
func (w *watch) end() { w.once.Do(func() { close(w.done) }) }

// stop ends the waiting, and closes done.
func (w *watch) stop() error {
	defer w.end()
	if w.link == nil {
		return nil
	}
	one := binary.NativeEndian.AppendUint64(nil, 1)
	_, err := unix.Write(w.wake, one)
	w.wait.Wait()
	err = errors.Join(err, unix.Close(w.wake), w.link.Close())
	w.link = nil
	return err
}
