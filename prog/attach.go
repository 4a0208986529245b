package prog

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Link is an attachment. It ends with Close, or when the process ends, however
// that happens; with Pin it stays.
type Link struct {
	fd    *syscall.FD
	where string
}

// A Direction says which packets of an interface a program sees.
type Direction uint8

// The directions.
const (
	Ingress Direction = iota // received
	Egress                   // sent
)

// AttachXDP attaches an XDP program to a network interface, by its index: it sees
// each packet that is received, before the kernel does. Where the driver has no XDP
// the kernel runs it a little later. An interface takes one such program.
// Linux 5.9.
func (l *Loaded) AttachXDP(ifindex int) (*Link, error) {
	return l.link(syscall.LinkCreateAttr{TargetIndex: uint32(ifindex), AttachType: syscall.AttachXDP}, "interface "+strconv.Itoa(ifindex))
}

// AttachTCX attaches a tc program (ProgTypeSchedCls) to a network interface, behind
// those that are there. Linux 6.6.
func (l *Loaded) AttachTCX(ifindex int, d Direction) (*Link, error) {
	point := syscall.AttachTCXIngress
	if d == Egress {
		point = syscall.AttachTCXEgress
	}
	return l.link(syscall.LinkCreateAttr{TargetIndex: uint32(ifindex), AttachType: point}, fmt.Sprintf("interface %d, %v", ifindex, point))
}

// AttachCgroup attaches a program of one of the cgroup types to a cgroup of version
// 2, by the path of its directory: it is for the processes in it, and below. The
// place is the AttachType that it was loaded for. Linux 5.7.
func (l *Loaded) AttachCgroup(path string) (*Link, error) {
	return l.linkAt(path, l.options.AttachType)
}

// AttachNetns attaches a program (sk_lookup, flow_dissector) to a network namespace,
// by a path such as "/proc/self/ns/net". Linux 5.8; sk_lookup 5.9.
func (l *Loaded) AttachNetns(path string) (*Link, error) {
	return l.linkAt(path, l.options.AttachType)
}

func (l *Loaded) linkAt(path string, point syscall.AttachType) (*Link, error) {
	target, err := syscall.OpenTarget(path)
	if err != nil {
		return nil, stepFailed("attach to "+path, l.object.Program, "", err)
	}
	defer target.Close()
	return l.link(syscall.LinkCreateAttr{Target: target, AttachType: point}, path)
}

func (l *Loaded) link(attr syscall.LinkCreateAttr, where string) (*Link, error) {
	attr.Prog = l.fd
	fd, err := syscall.LinkCreate(&attr)
	return l.attached(fd, where, err)
}

// attached makes a link, or the error of one.
func (l *Loaded) attached(fd *syscall.FD, where string, err error) (*Link, error) {
	if err != nil {
		return nil, stepFailed("attach to "+where, l.object.Program, l.attachHelp(err), err)
	}
	return &Link{fd: fd, where: where}, nil
}

// AttachRawTracepoint attaches a raw tracepoint program to a tracepoint, by name:
// "sched_switch", without the group that tracefs shows. Linux 4.17.
func (l *Loaded) AttachRawTracepoint(name string) (*Link, error) {
	fd, err := syscall.RawTracepointOpen(l.fd, name)
	return l.attached(fd, "raw tracepoint "+name, err)
}

// AttachTracing attaches a program to what it was loaded for, Options.AttachTo.
// Tracepoints Linux 5.5, as are functions; security hooks 5.7.
func (l *Loaded) AttachTracing() (*Link, error) {
	fd, err := syscall.RawTracepointOpen(l.fd, "")
	return l.attached(fd, fmt.Sprintf("%s (%v)", l.options.AttachTo, l.options.AttachType), err)
}

// AttachSocket filters what a socket receives, by its descriptor, in place of the
// filter it had: the result is how many bytes of a packet are kept, 0 for none. It
// lasts as long as the socket; see syscall.SocketDetach.
func (l *Loaded) AttachSocket(fd int) error {
	return stepFailed("attach to a socket", l.object.Program, "", syscall.SocketAttach(fd, l.fd))
}

// attachHelp says what an error of attaching means.
func (l *Loaded) attachHelp(err error) string {
	switch {
	case l.options.tracesFunctions():
		return functionHelp
	case l.options.Type == syscall.ProgTypeXDP && (errors.Is(err, ebusy) || errors.Is(err, eexist)):
		return "the interface has an XDP program already"
	case l.options.Type == syscall.ProgTypeRawTracepoint && errors.Is(err, enoent):
		return "there is no such tracepoint; names are those in /sys/kernel/tracing/events, without the group"
	case l.options.Type == syscall.ProgTypeSchedCls && errors.Is(err, einval):
		return "there is no such interface in this network namespace, or the kernel is older than 6.6 and has no tcx"
	case l.options.Type == syscall.ProgTypeXDP && errors.Is(err, einval), errors.Is(err, enodev):
		return "there is no such interface in this network namespace"
	case errors.Is(err, ebadf):
		return "it is not of the kind that this program is attached to: cgroup programs want a directory of a cgroup file system of version 2"
	case errors.Is(err, einval):
		return fmt.Sprintf("a %v program that was loaded for %v does not go there", l.options.Type, l.options.AttachType)
	}
	return ""
}

// FD is the link's descriptor. It is closed with the link.
func (k *Link) FD() *syscall.FD { return k.fd }

// Info is what the kernel tells about the link.
func (k *Link) Info() (*syscall.LinkInfo, error) { return syscall.LinkInfoByFD(k.fd) }

// Update replaces the program by another one of the same type, at once: no packet
// goes past both. Raw tracepoints and tracing cannot.
func (k *Link) Update(p *Loaded) error {
	return stepFailed("update at "+k.where, p.object.Program, "", syscall.LinkUpdate(k.fd, p.fd, nil, 0))
}

// Pin keeps the attachment beyond this process, under a name in a BPF file system.
func (k *Link) Pin(path string) error { return syscall.ObjPin(k.fd, path) }

// Close ends the attachment, unless it is pinned. Further calls do nothing.
func (k *Link) Close() error { return k.fd.Close() }
