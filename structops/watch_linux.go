package structops

import (
	"encoding/binary"
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// A watch waits for a link to be detached.
type watch struct {
	done chan struct{} // closed when the link is detached or closed
	wake int           // an eventfd that ends the waiting
	link *syscall.FD   // a duplicate, so that closing the link does not pull it away
	wait sync.WaitGroup
}

// Done is closed when the implementation is no longer registered through this
// link: by Detach, by whoever detached it elsewhere (Linux 6.10 tells), or by
// Close. For a link that cannot be watched it is closed at once.
func (l *Link) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watch == nil {
		l.watch = newWatch(l.fd)
	}
	return l.watch.done
}

func newWatch(link *syscall.FD) *watch {
	w := &watch{done: make(chan struct{}), wake: -1}
	if link == nil { // closed, or a kernel without links
		close(w.done)
		return w
	}
	var err error
	if w.link, err = link.Dup(); err != nil {
		close(w.done)
		return w
	}
	if w.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		w.link.Close()
		w.link = nil
		close(w.done)
		return w
	}
	w.wait.Go(w.run)
	return w
}

func (w *watch) run() {
	defer close(w.done)
	fds := []unix.PollFd{{Fd: int32(w.link.Int())}, {Fd: int32(w.wake), Events: unix.POLLIN}}
	for {
		// Without asked-for events a descriptor reports errors and hang-ups only.
		_, err := unix.Poll(fds, -1)
		if err != nil && !errors.Is(err, unix.EINTR) || fds[0].Revents != 0 || fds[1].Revents != 0 {
			return
		}
	}
}

// stop ends the waiting, which closes done.
func (w *watch) stop() error {
	if w.link == nil {
		return nil
	}
	one := binary.NativeEndian.AppendUint64(nil, 1)
	_, err := unix.Write(w.wake, one)
	w.wait.Wait()
	return errors.Join(err, unix.Close(w.wake), w.link.Close())
}
