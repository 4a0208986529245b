package link

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A point is a kind of place that programs are attached to.
type point struct {
	attach string // the function that attaches there
	since  isa.KernelVersion
	fits   []fit
}

// A fit is a type of program that goes to a point, with the attach types that it may have there.
type fit struct {
	progType syscall.ProgType
	at       []syscall.AttachType // nil: any, or none
	since    isa.KernelVersion    // where that is later than the point
}

// The points (kernel/bpf/syscall.c, link_create and bpf_prog_attach_check_attach_type, Linux 6.18).
func xdpPoint() point {
	return point{attach: "AttachXDP", since: isa.KernelVersion{Major: 5, Minor: 9},
		fits: []fit{{progType: syscall.ProgTypeXDP, at: []syscall.AttachType{syscall.AttachXDP}}}}
}

func tcxPoint() point {
	return point{attach: "AttachTCX", since: isa.KernelVersion{Major: 6, Minor: 6},
		fits: []fit{{progType: syscall.ProgTypeSchedCls, at: []syscall.AttachType{syscall.AttachTCXIngress, syscall.AttachTCXEgress}}}}
}

func netnsPoint() point {
	return point{attach: "AttachNetns", since: isa.KernelVersion{Major: 5, Minor: 8}, fits: []fit{
		{progType: syscall.ProgTypeFlowDissector, at: []syscall.AttachType{syscall.AttachFlowDissector}},
		{progType: syscall.ProgTypeSKLookup, at: []syscall.AttachType{syscall.AttachSKLookup}, since: isa.KernelVersion{Major: 5, Minor: 9}},
	}}
}

func cgroupPoint() point {
	return point{attach: "AttachCgroup", since: isa.KernelVersion{Major: 5, Minor: 7}, fits: []fit{
		{progType: syscall.ProgTypeCgroupSKB, at: []syscall.AttachType{syscall.AttachCgroupInetIngress, syscall.AttachCgroupInetEgress}},
		{progType: syscall.ProgTypeCgroupSock, at: []syscall.AttachType{
			syscall.AttachCgroupInetSockCreate, syscall.AttachCgroupInetSockRelease, syscall.AttachCgroupInet4PostBind, syscall.AttachCgroupInet6PostBind}},
		{progType: syscall.ProgTypeCgroupSockAddr, at: []syscall.AttachType{
			syscall.AttachCgroupInet4Bind, syscall.AttachCgroupInet6Bind, syscall.AttachCgroupInet4Connect, syscall.AttachCgroupInet6Connect,
			syscall.AttachCgroupUDP4SendMsg, syscall.AttachCgroupUDP6SendMsg, syscall.AttachCgroupUDP4RecvMsg, syscall.AttachCgroupUDP6RecvMsg,
			syscall.AttachCgroupInet4GetPeerName, syscall.AttachCgroupInet6GetPeerName, syscall.AttachCgroupInet4GetSockName, syscall.AttachCgroupInet6GetSockName,
			syscall.AttachCgroupUnixConnect, syscall.AttachCgroupUnixSendMsg, syscall.AttachCgroupUnixRecvMsg,
			syscall.AttachCgroupUnixGetPeerName, syscall.AttachCgroupUnixGetSockName}},
		{progType: syscall.ProgTypeSockOps, at: []syscall.AttachType{syscall.AttachCgroupSockOps}},
		{progType: syscall.ProgTypeCgroupDevice, at: []syscall.AttachType{syscall.AttachCgroupDevice}},
		{progType: syscall.ProgTypeCgroupSysctl, at: []syscall.AttachType{syscall.AttachCgroupSysctl}},
		{progType: syscall.ProgTypeCgroupSockOpt, at: []syscall.AttachType{syscall.AttachCgroupGetSockOpt, syscall.AttachCgroupSetSockOpt}},
		{progType: syscall.ProgTypeLSM, at: []syscall.AttachType{syscall.AttachLSMCgroup}, since: isa.KernelVersion{Major: 6}},
	}}
}

func tracingPoint() point {
	return point{attach: "AttachTracing", since: isa.KernelVersion{Major: 5, Minor: 5}, fits: []fit{
		{progType: syscall.ProgTypeTracing, at: []syscall.AttachType{
			syscall.AttachTraceRawTP, syscall.AttachTraceFEntry, syscall.AttachTraceFExit, syscall.AttachModifyReturn}},
	}}
}

func lsmPoint() point {
	return point{attach: "AttachLSM", since: isa.KernelVersion{Major: 5, Minor: 7},
		fits: []fit{{progType: syscall.ProgTypeLSM, at: []syscall.AttachType{syscall.AttachLSMMAC}}}}
}

func rawTracepointPoint() point {
	return point{attach: "AttachRawTracepoint", since: isa.KernelVersion{Major: 4, Minor: 17},
		fits: []fit{{progType: syscall.ProgTypeRawTracepoint}, {progType: syscall.ProgTypeRawTracepointWritable}}}
}

func socketPoint() point {
	return point{attach: "AttachSocketFilter", since: isa.KernelVersion{Major: 3, Minor: 19}, fits: []fit{{progType: syscall.ProgTypeSocketFilter}}}
}

// points are all of them.
func points() []point {
	return []point{xdpPoint(), tcxPoint(), netnsPoint(), lsmPoint(), cgroupPoint(), tracingPoint(), rawTracepointPoint(), socketPoint()}
}

// fitFor is what the point says of a type; false when programs of that type do not go there.
func (pt point) fitFor(t syscall.ProgType) (fit, bool) {
	i := slices.IndexFunc(pt.fits, func(f fit) bool { return f.progType == t })
	if i < 0 {
		return fit{}, false
	}
	return pt.fits[i], true
}

// pointFor is where programs of a type go, for messages: "link.AttachXDP"; "" when nothing here attaches them.
func pointFor(t syscall.ProgType) string {
	for _, pt := range points() {
		if _, ok := pt.fitFor(t); ok {
			return "link." + pt.attach
		}
	}
	return ""
}
