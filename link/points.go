package link

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A point is a function of this package that attaches programs. Which types of programs go there, at which attach types, and since which
// Linux, is what the rows of internal/linux say about its target.
type point struct {
	attach string // the function
	target linux.Target
	link   syscall.LinkType // of the links that it makes; 0 if it makes none
	only   linux.ProgSet    // the types of programs that it takes, if there are others with this target; 0 for all
}

func xdpPoint() point {
	return point{attach: "AttachXDP", target: linux.TargetInterface, link: syscall.LinkTypeXDP, only: 1 << syscall.ProgTypeXDP}
}

func tcxPoint() point {
	return point{attach: "AttachTCX", target: linux.TargetInterface, link: syscall.LinkTypeTCX, only: 1 << syscall.ProgTypeSchedCls}
}

func netnsPoint() point {
	return point{attach: "AttachNetns", target: linux.TargetNetns, link: syscall.LinkTypeNetNS}
}

func cgroupPoint() point {
	return point{attach: "AttachCgroup", target: linux.TargetCgroup, link: syscall.LinkTypeCgroup}
}

func tracingPoint() point {
	return point{attach: "AttachTracing", target: linux.TargetNamed, link: syscall.LinkTypeTracing, only: 1 << syscall.ProgTypeTracing}
}

func lsmPoint() point {
	return point{attach: "AttachLSM", target: linux.TargetNamed, link: syscall.LinkTypeTracing, only: 1 << syscall.ProgTypeLSM}
}

func rawTracepointPoint() point {
	return point{attach: "AttachRawTracepoint", target: linux.TargetTracepoint, link: syscall.LinkTypeRawTracepoint}
}

func socketPoint() point { return point{attach: "AttachSocketFilter", target: linux.TargetSocket} }

// points are all of them.
func points() []point {
	return []point{xdpPoint(), tcxPoint(), netnsPoint(), lsmPoint(), cgroupPoint(), tracingPoint(), rawTracepointPoint(), socketPoint()}
}

// elsewhere says why this package has no function for a target.
var elsewhere = [...]struct {
	target linux.Target
	why    string
}{
	{linux.TargetNone, "they are not attached by themselves"},
	{linux.TargetNetfilter, "there is no function for links of netfilter yet"},
	{linux.TargetNetkit, "there is no function for links of netkit devices yet"},
	{linux.TargetIterator, "there is no function for links of iterators yet"},
	{linux.TargetSymbols, "there is no function for links to several functions yet"},
	{linux.TargetPerfEvent, "there is no function that opens perf events yet"},
	{linux.TargetMap, "there is no function for maps of sockets yet"},
	{linux.TargetMapElement, "they are set as elements of a map"},
	{linux.TargetReusePort, "there is no function for groups of sockets yet"},
	{linux.TargetDevice, "there is no function for devices yet"},
}

// takes reports whether the point takes programs of a type.
func (pt point) takes(t syscall.ProgType) bool {
	if pt.only != 0 && !pt.only.Has(t) {
		return false
	}
	return t.Info().Target == pt.target || len(pt.places(t)) > 0
}

// types are the types of programs that the point takes.
func (pt point) types() []syscall.ProgType {
	var list []syscall.ProgType
	for t := range linux.ProgTypes() {
		if pt.takes(t) {
			list = append(list, t)
		}
	}
	return list
}

// places are the attach types that programs of a type may have at the point; none if attaching takes no attach type.
func (pt point) places(t syscall.ProgType) []syscall.AttachType {
	return slices.DeleteFunc(t.Attach(), func(at syscall.AttachType) bool { return at.Info().Target != pt.target })
}

// since is the first Linux that attaches programs of a type at an attach type: the type, the attach type and the kind of link may each
// have come later than the others.
func (pt point) since(t syscall.ProgType, at syscall.AttachType) isa.KernelVersion {
	needs := []linux.Version{t.Info().Since, pt.link.Info().Since}
	if pt.places(t) != nil {
		needs = append(needs, at.Info().Since)
	}
	var last isa.KernelVersion
	for _, v := range needs {
		if since, known := isa.ParseKernelVersion(string(v)); known && !last.AtLeast(since) {
			last = since
		}
	}
	return last
}

// pointFor is where programs of a type go, for messages: "link.AttachXDP"; "" if no function of this package attaches them.
func pointFor(t syscall.ProgType) string {
	for _, pt := range points() {
		if pt.takes(t) {
			return "link." + pt.attach
		}
	}
	return ""
}

// whyNowhere says why no function of this package attaches programs of a type.
func whyNowhere(t syscall.ProgType) string {
	target := linux.TargetNone
	for _, at := range t.Attach() {
		target = at.Info().Target
	}
	for _, e := range elsewhere {
		if e.target == target {
			return e.why
		}
	}
	return ""
}
