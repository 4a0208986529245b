package link

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// XDPAttachFlags say where a packet meets the program. Zero leaves it to the kernel: in the driver if the driver has XDP, otherwise a
// little later.
type XDPAttachFlags uint32

// The modes; at most one may be given (include/uapi/linux/if_link.h, XDP_FLAGS_…).
const (
	XDPGenericMode XDPAttachFlags = 1 << 1 // in the kernel's receive path, after the socket buffer is made: with every driver, and slower
	XDPDriverMode  XDPAttachFlags = 1 << 2 // in the driver, before anything is allocated
	XDPOffloadMode XDPAttachFlags = 1 << 3 // in the network card
)

// XDPOptions say where an XDP program is attached.
type XDPOptions struct {
	Interface int // the interface's index, as net.Interface has it
	Flags     XDPAttachFlags
}

// AttachXDP attaches an XDP program to a network interface: it sees each packet that is received, before the kernel does. An interface
// takes one. Linux 5.9.
func AttachXDP(p *prog.Loaded, o XDPOptions) (Link, error) {
	r := request{point: xdpPoint(), plan: p.Plan(), fd: p.FD(), at: p.Plan().Options.AttachType, iface: o.Interface, world: running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapNetAdmin}}
	if err := r.checkXDP(o); err != nil {
		return nil, err
	}
	return r.create(syscall.LinkCreateAttr{TargetIndex: uint32(o.Interface), Flags: uint32(o.Flags)})
}

// checkXDP checks a request for XDP.
func (r *request) checkXDP(o XDPOptions) error {
	if err := r.checkInterface("XDPOptions"); err != nil {
		return err
	}
	if known := XDPGenericMode | XDPDriverMode | XDPOffloadMode; o.Flags&^known != 0 || bits.OnesCount32(uint32(o.Flags)) > 1 {
		return r.fails(&cause{fmt.Sprintf("XDPOptions.Flags is %#x: it has more than one mode, or bits that are not a mode",
			uint32(o.Flags)), []error{ErrBadFlags}},
			"give one of XDPGenericMode, XDPDriverMode and XDPOffloadMode, or 0")
	}
	return nil
}

// TCXOptions say where a tc program is attached.
type TCXOptions struct {
	Interface int                // the interface's index, as net.Interface has it
	Attach    syscall.AttachType // AttachTCXIngress for packets that are received, AttachTCXEgress for those that are sent
}

// AttachTCX attaches a tc program (ProgTypeSchedCls) to a network interface, after the programs that are there. Linux 6.6.
func AttachTCX(p *prog.Loaded, o TCXOptions) (Link, error) {
	r := request{point: tcxPoint(), plan: p.Plan(), fd: p.FD(), at: o.Attach, iface: o.Interface, world: running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapNetAdmin}}
	if err := r.checkInterface("TCXOptions"); err != nil {
		return nil, err
	}
	return r.create(syscall.LinkCreateAttr{TargetIndex: uint32(o.Interface)})
}

// checkInterface checks a request for an interface.
func (r *request) checkInterface(options string) error {
	r.place = fmt.Sprintf("interface %d", r.iface)
	if r.point.attach == "AttachTCX" {
		r.place += ", " + r.at.String()
	}
	if err := r.check(); err != nil {
		return err
	}
	if r.iface <= 0 || r.iface > math.MaxInt32 {
		return r.fails(&cause{fmt.Sprintf("%s.Interface is %d; indices of interfaces begin with 1", options, r.iface),
			[]error{ErrNoInterface}},
			`set it: net.InterfaceByName("eth0") has the Index`)
	}
	return nil
}

// NetnsOptions say which network namespace a program is for.
type NetnsOptions struct {
	Path string // of the namespace: "/proc/self/ns/net", a file in /run/netns; "" stands for that of the calling thread
}

// AttachNetns attaches a program of type sk_lookup or flow_dissector to a network namespace. Linux 5.8; sk_lookup 5.9.
func AttachNetns(p *prog.Loaded, o NetnsOptions) (Link, error) {
	if o.Path == "" {
		o.Path = "/proc/thread-self/ns/net"
	}
	return attachAt(request{point: netnsPoint(), plan: p.Plan(), fd: p.FD(), at: p.Plan().Options.AttachType, place: o.Path,
		world:     running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapNetAdmin}})
}

// CgroupOptions say which cgroup a program is for.
type CgroupOptions struct {
	Path string // the directory of a cgroup, version 2: the program is for the processes in it, and in those below

	// Attach is the place: AttachCgroupInetEgress, AttachCgroupInet4Connect, … Zero stands for the AttachType that the program was loaded
	// for. Only programs of type cgroup_skb may be loaded once and attached at both of their places.
	Attach syscall.AttachType
}

// AttachCgroup attaches a program of one of the cgroup types to a cgroup, after the programs that are there. Linux 5.7.
func AttachCgroup(p *prog.Loaded, o CgroupOptions) (Link, error) {
	if o.Attach == 0 {
		o.Attach = p.Plan().Options.AttachType
	}
	r := request{point: cgroupPoint(), plan: p.Plan(), fd: p.FD(), at: o.Attach, place: o.Path, world: running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapNetAdmin}}
	if o.Path == "" {
		r.place = "a cgroup"
		if err := r.check(); err != nil {
			return nil, err
		}
		return nil, r.fails(&cause{"the cgroup is missing", nil}, "set CgroupOptions.Path: a directory such as /sys/fs/cgroup/my_service")
	}
	return attachAt(r)
}

// attachAt attaches at a file or directory.
func attachAt(r request) (Link, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	target, err := syscall.OpenTarget(r.place)
	if err != nil {
		return nil, r.refused(err)
	}
	l, err := r.create(syscall.LinkCreateAttr{Target: target})
	if closeErr := target.Close(); closeErr != nil && err == nil {
		return nil, errors.Join(closeErr, l.Close())
	}
	return l, err
}

// create makes the link.
func (r *request) create(attr syscall.LinkCreateAttr) (Link, error) {
	attr.Prog, attr.AttachType = r.fd, r.at
	return r.made(syscall.LinkCreate(&attr))
}

// made is the link of a descriptor, or the error that there is none.
func (r *request) made(fd *syscall.FD, err error) (Link, error) {
	if err != nil {
		return nil, r.refused(err)
	}
	object := r.plan.Object.Program
	return &attached{subject: object.Name, position: object.Pos, place: r.place, progType: r.plan.Options.Type, fd: fd,
		done: make(chan struct{})}, nil
}
