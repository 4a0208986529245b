package link

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/refusal"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Link is an attachment: of a program to a place in the kernel, or of an implementation to a kernel interface (*structops.Link). It ends
// with Close, or when the process ends, however that happens, unless it is pinned. All methods may be called from several goroutines.
type Link interface {
	attachment.IsLink // no other module has links

	// Update replaces what the link holds, at once: there is no moment with both, and none with neither. It takes a *prog.Loaded of the
	// same type, which stays open, or for an ops link a *structops.Loaded, which it takes over. Raw tracepoints and tracing cannot be
	// updated (ErrNoUpdate). A link that is detached gives ErrDetached; an ops link that somebody else has updated gives ErrReplaced.
	Update(to prog.Verified) error

	// Pin gives the link a file in a BPF file system, which keeps the attachment when the process ends. OpenPinned opens it again.
	Pin(path string) error

	// Unpin removes the files that this Link was pinned to or opened from. The attachment then ends with the last Link that is closed.
	Unpin() error

	// Detach ends the attachment now, even when this Link or pins of it still exist. It stays ended. Tracing and raw tracepoints end
	// with Close and Unpin only.
	Detach() error

	// Info is what the kernel tells about the link.
	Info() (*syscall.LinkInfo, error)

	// Done is closed when the attachment has ended, as far as can be known: by Detach or Close of this Link; for ops links also by a
	// detach elsewhere (Linux 6.10). For other links the kernel does not tell: ask Info whether the interface or cgroup still exists.
	Done() <-chan struct{}

	// Close lets go of the link: the attachment ends, unless it is pinned or somebody else has it open. Further calls do nothing.
	Close() error
}

// Errors for callers to check.
var (
	ErrClosed   = attachment.ErrClosed   // the link is closed
	ErrDetached = attachment.ErrDetached // the attachment has ended, or the place that it was at is gone
	ErrReplaced = attachment.ErrReplaced // an ops link was updated by somebody else
	ErrNoUpdate = attachment.ErrNoUpdate // links of this kind cannot be updated
	ErrOther    = attachment.ErrOther    // an update with what this link cannot hold
)

// An attached is the link of a program.
type attached struct {
	seal
	subject  string           // the program that it was made with, "" when it was opened
	position mistake.Position // of that program
	place    string           // "interface 2"
	progType syscall.ProgType // 0 when not known

	mu   sync.Mutex
	fd   *syscall.FD
	pins attachment.Pins
	done chan struct{}
	over bool // done is closed
}

type seal = attachment.Link

// meanings explains the errors of steps on a link that exists. Measured on Linux 6.18.
var meanings = [...]refusal.Meaning{
	refusal.Row(prog.StepUpdate, fs.ErrClosed, ErrClosed, ""),
	refusal.Row(prog.StepUpdate, errno.ENOLINK, ErrDetached, "attach the program again"),
	refusal.Row(prog.StepUpdate, errno.EINVAL, nil, "the new program must have the type and the attach type of the one that the link "+
		"holds"),
	refusal.Row(prog.StepDetach, fs.ErrClosed, ErrClosed, ""),
	refusal.Row(prog.StepDetach, errno.EOPNOTSUPP, nil, "links of this kind end with Unpin and Close"),
	refusal.Row(prog.StepPin, fs.ErrClosed, ErrClosed, ""),
}

// failed wraps the error of a step; nil stays nil.
func (l *attached) failed(step prog.Step, place string, err error) error {
	if err == nil {
		return nil
	}
	e := &prog.StepError{Step: step, Subject: l.subject, Position: l.position, Place: place}
	e.Help, e.Err = refusal.Explain(meanings[:], step, err)
	return e
}

// Update replaces the program.
func (l *attached) Update(to prog.Verified) error {
	p, ok := to.(*prog.Loaded)
	if !ok {
		e := &prog.StepError{Step: prog.StepUpdate, Subject: l.subject, Position: l.position, Place: l.place, Err: ErrOther}
		e.Help = "the link holds a program: give it a *prog.Loaded"
		return e
	}
	info, err := l.Info()
	if err != nil {
		return l.failed(prog.StepUpdate, l.place, err)
	}
	if info.Type == syscall.LinkTypeRawTracepoint || info.Type == syscall.LinkTypeTracing {
		e := &prog.StepError{Step: prog.StepUpdate, Subject: l.subject, Position: l.position, Place: l.place, Err: ErrNoUpdate}
		e.Help = "attach the new program, and close this link after it"
		return e
	}
	if p.FD() == nil {
		return l.failed(prog.StepUpdate, l.place, prog.ErrNotLoaded)
	}
	if got := p.Plan().Options.Type; l.progType != 0 && got != l.progType {
		e := &prog.StepError{Step: prog.StepUpdate, Subject: l.subject, Position: l.position, Place: l.place, Err: ErrOther}
		e.Help = "the link holds a program of type " + l.progType.String() + ", but the new program is of type " + got.String()
		return e
	}
	return l.failed(prog.StepUpdate, l.place, syscall.LinkUpdate(l.fd, p.FD(), nil, 0))
}

// Pin gives the link a file.
func (l *attached) Pin(path string) error {
	if err := syscall.ObjPin(l.fd, path); err != nil {
		return l.failed(prog.StepPin, path, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pins.Add(path)
	return nil
}

// Unpin removes the link's files.
func (l *attached) Unpin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed(prog.StepUnpin, l.place, l.pins.Remove(os.Remove))
}

// Detach ends the attachment.
func (l *attached) Detach() error {
	if err := syscall.LinkDetach(l.fd); err != nil {
		return l.failed(prog.StepDetach, l.place, err)
	}
	l.end()
	return nil
}

// Info asks the kernel.
func (l *attached) Info() (*syscall.LinkInfo, error) { return syscall.LinkInfoByFD(l.fd) }

// Done is closed by Detach and Close.
func (l *attached) Done() <-chan struct{} { return l.done }

// end closes done, once.
func (l *attached) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.over = true
		close(l.done)
	}
}

// Close closes the link.
func (l *attached) Close() error {
	defer l.end()
	return l.fd.Close()
}

// OpenPinned opens a link that was pinned, perhaps by another process: of a program, or of an implementation of a kernel interface, which
// is a *structops.Link. When something else is pinned there, such as a map or a program, OpenPinned returns an error. Kernels before 6.4
// have no ops links: there the map with an implementation opens as a link.
func OpenPinned(path string) (Link, error) {
	failed := func(err error) (Link, error) {
		return nil, &prog.StepError{Step: prog.StepOpen, Place: path, Err: err}
	}
	fd, err := syscall.ObjGet(path, 0)
	if err != nil {
		return failed(err)
	}
	info, err := syscall.LinkInfoByFD(fd)
	switch {
	case err == nil && info.Type != syscall.LinkTypeStructOps:
		l := &attached{place: path, fd: fd, done: make(chan struct{})}
		l.pins.Add(path)
		return l, nil
	case err != nil && !errors.Is(err, fs.ErrInvalid): // which is what the kernel says of a map or a program
		return failed(errors.Join(err, fd.Close()))
	}
	ops, opsErr := structops.OpenPinned(path)
	err = errors.Join(opsErr, fd.Close())
	if err != nil {
		if opsErr == nil {
			err = errors.Join(err, ops.Close())
		}
		return nil, err
	}
	return ops, nil
}
