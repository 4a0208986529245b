package structops

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Link keeps an implementation registered. The kernel unregisters it when the
// link is closed or the process ends, unless it was pinned. All methods may be
// called from several goroutines.
//
// Kernels before 6.4 have no links. There, a Link stands for the registration
// itself, which outlives a process that is killed. Close ends it unless it is
// pinned; Detach ends it in any case, removing the pin alone does not.
type Link struct {
	typ  string // the ops struct
	name string

	mu    sync.Mutex
	fd    *syscall.FD // the kernel's link; nil where there are none, or when closed
	table *syscall.FD // the map with the struct that is registered now; nil when closed
	watch *watch      // behind Done, nil until it is called
	kept  bool        // without links: the registration is pinned, so Close leaves it

	detached bool // by this Link: Linux before 6.10 does not tell who watches
}

// Type is the ops struct that the link implements, such as "tcp_congestion_ops".
func (l *Link) Type() string { return l.typ }

// Name is what the kernel lists the implementation as; "" for types without names.
func (l *Link) Name() string { return l.name }

// Close lets go of the link: the implementation is unregistered, unless the
// link is pinned. Sockets that use it keep it until they close. Closing twice
// is no error.
func (l *Link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.watch != nil {
		errs = append(errs, l.watch.stop())
		l.watch = nil
	}
	switch {
	case l.fd != nil:
		errs = append(errs, l.fd.Close())
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
// ended it already, which is as good.
func (l *Link) unregister() error {
	err := syscall.MapDelete(l.table, make([]byte, 4))
	if errors.Is(err, enoent) || errors.Is(err, einprogress) {
		return nil
	}
	return l.failed("unregister", err)
}

// Detach unregisters the implementation although the link, or pins of it, may
// live on. A link that is detached stays so.
func (l *Link) Detach() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fd == nil && l.table == nil {
		return l.failed("detach", ErrClosed)
	}
	var err error
	if l.fd == nil {
		err = l.unregister()
	} else {
		err = l.failed("detach", syscall.LinkDetach(l.fd))
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
// one step: there is no moment without one. What is new gets the new one; TCP
// connections that are open keep the programs that they began with until they
// close, or set the algorithm again by setsockopt, though its name is the same
// (measured on Linux 6.12 and 6.18). Update fails with ErrReplaced, and changes
// nothing, when somebody else has updated the link since this Link was made or
// updated.
func (l *Link) Update(impl Implementation) error {
	at := here()
	target, err := Host()
	if err != nil {
		return err
	}
	defer target.BTF.Close()
	plan, err := prepare(impl, target, at)
	if err != nil {
		return err
	}
	return l.UpdatePlan(plan)
}

// UpdatePlan is Update with an implementation that is prepared for the running
// kernel.
func (l *Link) UpdatePlan(p *Plan) error {
	if p.Type.Name != l.typ || p.Name != l.name {
		return &StepError{Step: "update", Type: l.typ, Name: l.name, Err: ErrOtherName,
			Help: fmt.Sprintf("the link is for %s %q, the update for %s %q: close the link and register anew", l.typ, l.name, p.Type.Name, p.Name)}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fd == nil && l.table == nil:
		return l.failed("update", ErrClosed)
	case l.fd == nil:
		return l.failed("update", ErrNoLinks)
	}
	loaded, err := p.load(true)
	if err != nil {
		return err
	}
	defer loaded.Close()
	if err := loaded.fill(); err != nil {
		return err
	}
	// The old map is always named, so that two processes cannot undo each
	// other's update without noticing. It is never the map that the link has:
	// that is new with each update (the kernel does not check for it, and would
	// add a list entry twice).
	if err := syscall.LinkUpdate(l.fd, loaded.table, l.table, syscall.LinkReplace); err != nil {
		return p.failed("update", err)
	}
	old := l.table
	l.table, loaded.table = loaded.table, nil
	return old.Close()
}

// Pin gives the link a path in a BPF file system (/sys/fs/bpf), which keeps the
// implementation registered after the process has ended. Removing the path and
// closing all links to it unregisters.
func (l *Link) Pin(path string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	fd := l.fd
	if fd == nil {
		fd = l.table
	}
	if fd == nil {
		return l.failed("pin", ErrClosed)
	}
	err := syscall.ObjPin(fd, path)
	if err == nil {
		l.kept = true
		return nil
	}
	step := &StepError{Step: "pin", Type: l.typ, Name: l.name, Err: err}
	if errors.Is(err, eperm) || errors.Is(err, einval) {
		step.Help = "the path must be in a BPF file system, for example mounted by: mount -t bpf bpf /sys/fs/bpf"
	}
	return step
}

// OpenPinned opens a link that was pinned, perhaps by another process.
func OpenPinned(path string) (*Link, error) {
	fd, err := syscall.ObjGet(path, 0)
	if err != nil {
		return nil, &StepError{Step: "open " + path, Err: err}
	}
	link, err := openLink(fd)
	if err != nil {
		return nil, errors.Join(&StepError{Step: "open " + path, Err: err}, fd.Close())
	}
	return link, nil
}

// openLink makes a Link of a descriptor, which it takes over unless it fails.
func openLink(fd *syscall.FD) (*Link, error) {
	info, err := syscall.LinkInfoByFD(fd)
	if errors.Is(err, fs.ErrInvalid) { // a map, perhaps, from a kernel without links
		link := &Link{table: fd, kept: true}
		var state uint32
		if link.typ, link.name, state, err = identify(fd); err != nil {
			return nil, errors.Join(errNotALink, err)
		}
		if state != stateInUse {
			return nil, ErrDetached
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
		return nil, ErrDetached
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

var errNotALink = errors.New("what is pinned there is no registered implementation")

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
	typ, ok := strings.CutPrefix(types.Name(btf.ID(info.BTFVmlinuxValueTypeID)), valuePrefix)
	if !ok {
		return "", "", 0, errors.New("the map holds no implementation of a kernel interface")
	}
	t, err := ReadType(types, typ)
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
func (t *OpsType) readValue(table *syscall.FD) (state uint32, name string, err error) {
	value := make([]byte, t.ValueSize)
	if err := syscall.MapLookup(table, make([]byte, 4), value); err != nil {
		return 0, "", err
	}
	if t.Offset >= 8 { // refcnt, state, padding, and then the struct
		state = binary.NativeEndian.Uint32(value[4:])
	}
	m, ok := t.Member(t.known.nameMember)
	if !ok {
		return state, "", nil
	}
	at := t.Offset + m.Offset
	name, _, _ = strings.Cut(string(value[at:at+m.Size]), "\x00")
	return state, name, nil
}
