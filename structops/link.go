package structops

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Link keeps an implementation registered. The kernel unregisters it when the
// link is closed or the process ends, unless it was pinned. All methods may be
// called from several goroutines. A nil Link, and the zero one, is a closed link. It is one of the links of package link.
//
// Kernels before 6.4 have no links. There, a Link stands for the registration
// itself, which outlives a process that is killed. Close ends it unless it is
// pinned. Detach always ends it; removing the pin alone does not.
type Link struct {
	//lint:ignore U1000 its method makes this a link.Link
	linkSeal
	typ  string // the ops struct
	name string

	mu    sync.Mutex
	fd    *syscall.FD // the kernel's link; nil if the kernel has no links, or after Close
	table *syscall.FD // the map with the struct that is registered now; nil after Close
	watch *watch      // used by Done; nil until it is called
	kept  bool        // without links: the registration is pinned, so Close leaves it
	pins  attachment.Pins

	detached bool // by this Link: Linux before 6.10 does not tell watchers
}

//lint:ignore U1000 it is embedded
type linkSeal = attachment.Link

// Type is the ops struct that the link implements, such as "tcp_congestion_ops".
func (l *Link) Type() string {
	if l == nil {
		return ""
	}
	return l.typ
}

// Name is the name under which the kernel lists the implementation; "" for types without names.
func (l *Link) Name() string {
	if l == nil {
		return ""
	}
	return l.name
}

// Close closes the link: the implementation is unregistered, unless the
// link is pinned. Sockets that use it keep it until they close. A second Close
// is not an error. When the kernel has ended a scheduler before, because of an
// error or a request, the error is ErrEnded and says why.
func (l *Link) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.watch != nil {
		errs = append(errs, l.watch.stop())
		l.watch = nil
	}
	switch {
	case l.fd != nil:
		errs = append(errs, l.thrownOut(), l.fd.Close())
	case l.table != nil && !l.kept: // no links: the registration ends by deleting the key
		errs = append(errs, l.unregister())
	}
	if l.table != nil {
		errs = append(errs, l.table.Close())
	}
	l.fd, l.table = nil, nil
	return errors.Join(errs...)
}

// unregister ends a registration without a link. Another process may have
// ended it already; that is fine.
func (l *Link) unregister() error {
	err := syscall.MapDelete(l.table, make([]byte, 4))
	if errors.Is(err, errno.ENOENT) || errors.Is(err, errno.EINPROGRESS) {
		return nil
	}
	return l.failed(prog.StepUnregister, err)
}

// closed is Done of a link that there is not.
func closed() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Detach unregisters the implementation although the link, or pins of it, may
// still exist. A detached link stays detached.
func (l *Link) Detach() error {
	if l == nil {
		return l.failed(prog.StepDetach, attachment.ErrClosed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fd == nil && l.table == nil {
		return l.failed(prog.StepDetach, attachment.ErrClosed)
	}
	var err error
	if l.fd == nil {
		err = l.unregister()
	} else {
		err = l.failed(prog.StepDetach, syscall.LinkDetach(l.fd))
	}
	if err != nil {
		return err
	}
	l.detached = true
	if l.watch != nil {
		l.watch.end()
	}
	return nil
}

// Update replaces the implementation by another of the same type and name, in
// one step: there is no moment without one. New users get the new one. TCP
// connections that are open keep the programs that they began with until they
// close, or set the algorithm again by setsockopt, even though its name is the
// same (measured on Linux 6.12 and 6.18).
//
// It takes a *[Loaded], and takes over what that holds: the Loaded is closed
// afterwards, also when Update fails. Update fails with link.ErrReplaced, and
// changes nothing, when somebody else has updated the link since this Link was made
// or updated.
func (l *Link) Update(to prog.Verified) error {
	if l == nil {
		return l.failed(prog.StepUpdate, attachment.ErrClosed)
	}
	loaded, ok := to.(*Loaded)
	if ok && (loaded == nil || loaded.plan == nil) {
		return l.failed(prog.StepUpdate, prog.ErrNotLoaded)
	}
	if !ok {
		e := stepFailed(prog.StepUpdate, subject(l.typ, l.name), attachment.ErrOther)
		e.Help = fmt.Sprintf("the link holds an implementation of %s: give it a *structops.Loaded", l.typ)
		return e
	}
	defer loaded.Close()
	p := loaded.plan
	if p.Type.Name != l.typ || p.Name != l.name {
		e := stepFailed(prog.StepUpdate, subject(l.typ, l.name), ErrOtherName)
		e.Help = fmt.Sprintf("the link is for %s %q, the update for %s %q: close the link and register again", l.typ, l.name, p.Type.Name,
			p.Name)
		return e
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fd == nil && l.table == nil || loaded.table == nil:
		return l.failed(prog.StepUpdate, attachment.ErrClosed)
	case l.fd == nil:
		return l.failed(prog.StepUpdate, ErrNoLinks)
	}
	if err := loaded.fill(); err != nil {
		return err
	}
	// The old map is always named, so that two processes cannot undo each
	// other's update without noticing. The new map is never the map that the
	// link has already: each update has a map of its own. (The kernel does not
	// check for this, and would add a list entry twice.)
	if err := syscall.LinkUpdate(l.fd, loaded.table, l.table, syscall.LinkReplace); err != nil {
		return p.failed(prog.StepUpdate, err)
	}
	old := l.table
	l.table, loaded.table = loaded.table, nil
	return old.Close()
}

// Replace is Update with an implementation that is still to be checked and loaded.
func (l *Link) Replace(impl Implementation) error {
	loaded, err := load(impl, dsl.Here(0))
	if err != nil {
		return err
	}
	return l.Update(loaded)
}

// Pin gives the link a path in a BPF file system (/sys/fs/bpf), which keeps the
// implementation registered after the process has ended. Removing the path and
// closing all links to it unregisters.
func (l *Link) Pin(path string) error {
	if l == nil {
		return l.failed(prog.StepPin, attachment.ErrClosed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fd := l.holder()
	if fd == nil {
		return l.failed(prog.StepPin, attachment.ErrClosed)
	}
	if err := syscall.ObjPin(fd, path); err != nil {
		e := stepFailed(prog.StepPin, subject(l.typ, l.name), err)
		e.Place = path
		return e
	}
	l.kept = true
	l.pins.Add(path)
	return nil
}

// holder is the descriptor that is pinned: the link, or the map if the kernel has no links; nil after Close.
func (l *Link) holder() *syscall.FD {
	if l.fd == nil {
		return l.table
	}
	return l.fd
}

// Unpin removes the files that this Link was pinned to, or opened from. The implementation then ends when the last link to it is closed.
// Without such files Unpin does nothing.
func (l *Link) Unpin() error {
	if l == nil {
		return l.failed(prog.StepUnpin, attachment.ErrClosed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.pins.Remove(os.Remove); err != nil {
		return l.failed(prog.StepUnpin, err)
	}
	l.kept = false
	return nil
}

// Info is what the kernel tells about the link. On kernels before 6.4, which have none, it has the type and the map only.
func (l *Link) Info() (*syscall.LinkInfo, error) {
	if l == nil {
		return nil, attachment.ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fd != nil:
		return syscall.LinkInfoByFD(l.fd)
	case l.table == nil:
		return nil, attachment.ErrClosed
	}
	info, err := syscall.MapInfoByFD(l.table)
	if err != nil {
		return nil, err
	}
	return &syscall.LinkInfo{Type: syscall.LinkTypeStructOps, MapID: info.ID}, nil
}

// OpenPinned opens a link that was pinned, perhaps by another process. link.OpenPinned opens links of all kinds.
func OpenPinned(path string) (*Link, error) {
	fd, err := syscall.ObjGet(path, 0)
	if err != nil {
		return nil, &prog.StepError{Step: prog.StepOpen, Place: path, Err: err}
	}
	link, err := openLink(fd)
	if err != nil {
		return nil, errors.Join(&prog.StepError{Step: prog.StepOpen, Place: path, Err: err}, fd.Close())
	}
	link.pins.Add(path)
	return link, nil
}

// openLink creates a Link from a descriptor. It owns the descriptor, unless it fails.
func openLink(fd *syscall.FD) (*Link, error) {
	info, err := syscall.LinkInfoByFD(fd)
	if errors.Is(err, fs.ErrInvalid) { // a map, perhaps, from a kernel without links
		link := &Link{table: fd, kept: true}
		var state uint32
		if link.typ, link.name, state, err = identify(fd); err != nil {
			return nil, errors.Join(errNotALink, err)
		}
		if state != stateInUse {
			return nil, attachment.ErrDetached
		}
		return link, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Type != syscall.LinkTypeStructOps {
		return nil, errNotALink
	}
	if info.MapID == 0 {
		return nil, attachment.ErrDetached
	}
	table, err := syscall.MapFDByID(info.MapID)
	if err != nil {
		return nil, err
	}
	link := &Link{fd: fd, table: table}
	if link.typ, link.name, _, err = identify(table); err != nil {
		return nil, errors.Join(err, table.Close())
	}
	return link, nil
}

var errNotALink = errors.New("the pinned object is not a registered implementation")

// identify reads type, name and state of the implementation in a map.
func identify(table *syscall.FD) (typ, name string, state uint32, err error) {
	info, err := syscall.MapInfoByFD(table)
	if err != nil {
		return "", "", 0, err
	}
	types, err := btf.Kernel()
	if err != nil {
		return "", "", 0, err
	}
	defer types.Close()
	typ, ok := strings.CutPrefix(types.Name(btf.ID(info.BTFVmlinuxValueTypeID)), linux.OpsValuePrefix)
	if !ok {
		return "", "", 0, errors.New("the map does not hold an implementation of a kernel interface")
	}
	t, err := ReadInterface(types, typ)
	if err != nil {
		return "", "", 0, err
	}
	state, name, err = t.readValue(table)
	return typ, name, state, err
}

// States of an implementation in its map (kernel/bpf/bpf_struct_ops.c, enum
// bpf_struct_ops_state).
const (
	stateInUse = 1 // registered without a link
	stateReady = 3 // complete; registered when a link holds the map
)

// readValue reads state and name of an implementation.
func (t *Interface) readValue(table *syscall.FD) (state uint32, name string, err error) {
	value := make([]byte, t.ValueSize)
	if err := syscall.MapLookup(table, make([]byte, 4), value); err != nil {
		return 0, "", err
	}
	if t.Offset >= 8 { // refcnt, state, padding, and then the struct
		state = binary.NativeEndian.Uint32(value[4:])
	}
	m, ok := t.Member(t.known.NameMember)
	if !ok {
		return state, "", nil
	}
	at := t.Offset + m.Offset
	name, _, _ = strings.Cut(string(value[at:at+m.Size]), "\x00")
	return state, name, nil
}
