package link

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/internal/holder"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/refusal"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Why attaching failed, for errors.Is. What lacks a permission is fs.ErrPermission, as everywhere in Go.
var (
	ErrProgType    = errors.New("the program's type does not go there")
	ErrAttachType  = errors.New("the program's attach type does not go there")
	ErrNoInterface = errors.New("there is no such network interface")
	ErrTaken       = errors.New("the place is taken")
	ErrBadFlags    = errors.New("these flags do not go together")
	ErrOldKernel   = fmt.Errorf("this kernel cannot attach there: %w", errors.ErrUnsupported)
)

// A cause says why attaching failed, with the values of the case. Its field is lists the errors above that it is.
type cause struct {
	text string
	is   []error
}

func (c *cause) Error() string   { return c.text }
func (c *cause) Unwrap() []error { return c.is }

// A request is a program that is to be attached to a place.
type request struct {
	point     point
	plan      *prog.Plan
	fd        *syscall.FD        // of the program
	at        syscall.AttachType // where it is to be attached, for points with several
	place     string             // "interface 2", for messages
	iface     int                // the interface, by its index; 0 for other points
	world     world
	permitted []syscall.Cap // what attaching may take
}

// A world answers questions about the system after the kernel has refused a request.
type world struct {
	release    func() string            // as uname -r says
	interfaces func() []net.Interface   // of the thread's network namespace; nil when that cannot be told
	has        func(c syscall.Cap) bool // whether the thread has a capability
}

// running is the system that the process runs on.
func running() world {
	return world{
		release: host.Release,
		interfaces: func() []net.Interface {
			list, err := net.Interfaces()
			if err != nil {
				return nil
			}
			return list
		},
		has: func(c syscall.Cap) bool {
			set, err := syscall.Capabilities()
			return err != nil || set.Has(c)
		},
	}
}

// fails is the error of a request.
func (r *request) fails(err error, help string) error {
	e := &prog.StepError{Step: prog.StepAttach, Place: r.place, Help: help, Err: err}
	if o := r.plan.Object; o != nil {
		e.Subject, e.Position = o.Program.Name, o.Program.Pos
	}
	return e
}

// check finds mistakes before the kernel is asked. It returns nil when it finds none.
func (r *request) check() error {
	if r.plan.Object == nil {
		return r.fails(prog.ErrNotLoaded, "look at the error of prog.Load")
	}
	o := r.plan.Options
	if !r.point.takes(o.Type) {
		var takes []string
		for _, t := range r.point.types() {
			takes = append(takes, t.String())
		}
		help := fmt.Sprintf("load the program with Options.Type of such a type; %v programs cannot be attached with package link: %s",
			o.Type, whyNowhere(o.Type))
		if there := pointFor(o.Type); there != "" {
			help = fmt.Sprintf("%v programs are attached with %s", o.Type, there)
		}
		return r.fails(&cause{fmt.Sprintf("%s takes programs of type %s; this one is of type %v",
			r.point.attach, strings.Join(takes, ", "), o.Type), []error{ErrProgType}}, help)
	}
	places := r.point.places(o.Type)
	if places != nil && !slices.Contains(places, r.at) {
		return r.fails(&cause{fmt.Sprintf("%s does not attach %v programs at %v", r.point.attach, o.Type, r.at), []error{ErrAttachType}},
			"it may be "+list(places))
	}
	if loaded := o.AttachType; loaded != r.at && loaded != 0 && places != nil {
		return r.fails(&cause{fmt.Sprintf("the program was loaded for %v, and is to be attached at %v", loaded, r.at),
			[]error{ErrAttachType}},
			fmt.Sprintf("load it with Options.AttachType %v, or attach it at %v", r.at, loaded))
	}
	return nil
}

// list names attach types.
func list(types []syscall.AttachType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// refused says why the kernel refused a request in which check found no mistake: it returns the first cause that applies.
func (r *request) refused(err error) error {
	for _, look := range [...]func(error) (*cause, string){r.noInterface, r.oldKernel, r.notPermitted, r.taken, r.noNativeXDP, r.notThere,
		r.noFunctionTracing} {
		if c, help := look(err); c != nil {
			c.is = append(c.is, err)
			return r.fails(c, help)
		}
	}
	return r.fails(err, "")
}

// noInterface: the kernel answers ENODEV or EINVAL (net/core/dev.c, bpf_xdp_link_attach; kernel/bpf/tcx.c, tcx_link_attach).
func (r *request) noInterface(err error) (*cause, string) {
	if r.iface == 0 || !errors.Is(err, errno.EINVAL) && !errors.Is(err, errno.ENODEV) {
		return nil, ""
	}
	interfaces := r.world.interfaces()
	var names []string
	for _, i := range interfaces {
		if i.Index == r.iface {
			return nil, ""
		}
		names = append(names, fmt.Sprintf("%d (%s)", i.Index, i.Name))
	}
	if interfaces == nil {
		return nil, ""
	}
	return &cause{fmt.Sprintf("there is no interface %d in this network namespace", r.iface), []error{ErrNoInterface}}, "it has " +
		strings.Join(names, ", ")
}

// oldKernel: the kernel answers EINVAL to a command or an attach type that it does not know.
func (r *request) oldKernel(err error) (*cause, string) {
	release := r.world.release()
	v, known := isa.ParseKernelVersion(release)
	if !known || !errors.Is(err, errno.EINVAL) && !errors.Is(err, errno.EOPNOTSUPP) {
		return nil, ""
	}
	since := r.point.since(r.plan.Options.Type, r.at)
	if v.AtLeast(since) {
		return nil, ""
	}
	return &cause{fmt.Sprintf("Linux %s is too old for %s", release, r.point.attach), []error{ErrOldKernel}},
		fmt.Sprintf("it needs Linux %v or later", since)
}

// notPermitted: the kernel answers EPERM or EACCES.
func (r *request) notPermitted(err error) (*cause, string) {
	if !errors.Is(err, fs.ErrPermission) {
		return nil, ""
	}
	var missing, file []string
	for _, c := range r.permitted {
		if !r.world.has(c) {
			missing = append(missing, c.String())
		}
		file = append(file, strings.ToLower(c.String())) // all of them: setcap replaces what the file has
	}
	if missing == nil {
		return &cause{"this is not permitted: " + err.Error(), nil}, "a security module or a seccomp filter may forbid it, or a cgroup " +
			"above this one keeps programs out"
	}
	return &cause{"this is not permitted: the process lacks " + strings.Join(missing, " and "), nil},
		"run as root (sudo), or give the binary what it needs: setcap " + strings.Join(file, ",") + "+ep FILE"
}

// taken: the kernel answers EBUSY, EEXIST or E2BIG where a place takes only so many programs, often one.
func (r *request) taken(err error) (*cause, string) {
	if errors.Is(err, errno.E2BIG) { // network namespaces, cgroups
		return &cause{"the place has as many programs as it takes" + r.takenBy(), []error{ErrTaken}}, "close another link, or update it"
	}
	if !errors.Is(err, errno.EBUSY) && !errors.Is(err, errno.EEXIST) {
		return nil, ""
	}
	if r.point.attach == "AttachXDP" {
		return &cause{"the interface has an XDP program already" + r.takenBy(), []error{ErrTaken}}, "an interface takes one: close the " +
			"other link, or update it; ip link show names the program"
	}
	return &cause{"the place has a program already" + r.takenBy() + ": " + err.Error(), []error{ErrTaken}}, "close the other link, or " +
		"update it"
}

// takenBy names the program at the place, the link that holds it, and who holds the link; "" when there is no link that this process may
// see: the program may be there without one.
func (r *request) takenBy() string {
	for info := range holder.Links() {
		if !r.isAt(info) {
			continue
		}
		text := fmt.Sprintf(", through link %d", info.ID)
		if name := programName(info.ProgID); name != "" {
			text = fmt.Sprintf(" (%s)", name) + text
		}
		if by := holder.Of(holder.Object{Kind: holder.Link, ID: info.ID}); by != "" {
			text += ", which is held by " + by
		}
		return text
	}
	return ""
}

// isAt reports whether a link is at the place of the request.
func (r *request) isAt(l *syscall.LinkInfo) bool {
	if r.iface != 0 {
		return int(l.Interface) == r.iface && (l.Type == syscall.LinkTypeXDP) == (r.point.attach == "AttachXDP")
	}
	inode, err := inodeOf(r.place)
	return err == nil && inode != 0 && l.AttachType == r.at && (uint64(l.NetnsInode) == inode || l.CgroupID == inode)
}

// programName is the name of a loaded program; "" when it has none, or cannot be seen.
func programName(id uint32) string {
	fd, err := syscall.ProgFDByID(id)
	if err != nil {
		return ""
	}
	defer fd.Close()
	info, err := syscall.ProgInfoByFD(fd)
	if err != nil {
		return ""
	}
	return info.Name
}

// noNativeXDP: the kernel answers EOPNOTSUPP where the driver or the device has no XDP.
func (r *request) noNativeXDP(err error) (*cause, string) {
	if r.point.attach != "AttachXDP" || !errors.Is(err, errno.EOPNOTSUPP) {
		return nil, ""
	}
	return &cause{"the interface's driver has no XDP in this mode", []error{errors.ErrUnsupported}},
		"XDPOptions{Flags: link.XDPGenericMode} works with every driver"
}

// notThere: a name or path does not exist, or is something else.
func (r *request) notThere(err error) (*cause, string) {
	switch {
	case r.point.attach == "AttachRawTracepoint" && errors.Is(err, errno.ENOENT):
		return &cause{"this kernel has no such tracepoint", []error{fs.ErrNotExist}}, "names are those in /sys/kernel/tracing/events, " +
			"without the group: sched_switch, not sched:sched_switch"
	case r.point.attach == "AttachRawTracepoint" && errors.Is(err, errno.EINVAL):
		return &cause{"the program reads more arguments than the tracepoint has", nil}, "read only those of its prototype; a tracing " +
			"program (AttachTraceRawTP) is checked against it"
	case r.point.attach == "AttachCgroup" && errors.Is(err, errno.EBADF):
		return &cause{"that is not a cgroup", nil}, "the path must be a directory of a cgroup file system of version 2, such as " +
			"/sys/fs/cgroup"
	case r.point.attach == "AttachNetns" && errors.Is(err, errno.EINVAL):
		return &cause{"that is not a network namespace", nil}, "the path must be a file such as /proc/self/ns/net, or one of ip netns " +
			"in /run/netns"
	}
	return nil, ""
}

// noFunctionTracing: where the kernel cannot patch functions, it refuses programs for them with several different errnos.
func (r *request) noFunctionTracing(err error) (*cause, string) {
	if r.at.Info().Function {
		return &cause{"the kernel cannot call a program at that function: " + err.Error(), nil}, refusal.FunctionTracing
	}
	return nil, ""
}
