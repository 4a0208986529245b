package linux

import (
	"iter"
	"strings"
)

// An AttachType is a point where a program or struct_ops map is attached (enum bpf_attach_type, include/uapi/linux/bpf.h, 6.18).
//
// For programs of type struct_ops the expected attach type at load time is not such a point: it is the index of the member in the
// kernel's ops struct.
type AttachType uint32

// The points. A new one needs a constant and a row of attachTypes; `go generate ./syscall` gives it its public name.
const (
	AttachCgroupInetIngress          AttachType = 0
	AttachCgroupInetEgress           AttachType = 1
	AttachCgroupInetSockCreate       AttachType = 2
	AttachCgroupSockOps              AttachType = 3
	AttachSKSKBStreamParser          AttachType = 4
	AttachSKSKBStreamVerdict         AttachType = 5
	AttachCgroupDevice               AttachType = 6
	AttachSKMsgVerdict               AttachType = 7
	AttachCgroupInet4Bind            AttachType = 8
	AttachCgroupInet6Bind            AttachType = 9
	AttachCgroupInet4Connect         AttachType = 10
	AttachCgroupInet6Connect         AttachType = 11
	AttachCgroupInet4PostBind        AttachType = 12
	AttachCgroupInet6PostBind        AttachType = 13
	AttachCgroupUDP4SendMsg          AttachType = 14
	AttachCgroupUDP6SendMsg          AttachType = 15
	AttachLIRCMode2                  AttachType = 16
	AttachFlowDissector              AttachType = 17
	AttachCgroupSysctl               AttachType = 18
	AttachCgroupUDP4RecvMsg          AttachType = 19
	AttachCgroupUDP6RecvMsg          AttachType = 20
	AttachCgroupGetSockOpt           AttachType = 21
	AttachCgroupSetSockOpt           AttachType = 22
	AttachTraceRawTP                 AttachType = 23
	AttachTraceFEntry                AttachType = 24
	AttachTraceFExit                 AttachType = 25
	AttachModifyReturn               AttachType = 26
	AttachLSMMAC                     AttachType = 27
	AttachTraceIter                  AttachType = 28
	AttachCgroupInet4GetPeerName     AttachType = 29
	AttachCgroupInet6GetPeerName     AttachType = 30
	AttachCgroupInet4GetSockName     AttachType = 31
	AttachCgroupInet6GetSockName     AttachType = 32
	AttachXDPDevMap                  AttachType = 33
	AttachCgroupInetSockRelease      AttachType = 34
	AttachXDPCPUMap                  AttachType = 35
	AttachSKLookup                   AttachType = 36
	AttachXDP                        AttachType = 37
	AttachSKSKBVerdict               AttachType = 38
	AttachSKReusePortSelect          AttachType = 39
	AttachSKReusePortSelectOrMigrate AttachType = 40
	AttachPerfEvent                  AttachType = 41
	AttachTraceKprobeMulti           AttachType = 42
	AttachLSMCgroup                  AttachType = 43
	AttachStructOps                  AttachType = 44
	AttachNetfilter                  AttachType = 45
	AttachTCXIngress                 AttachType = 46
	AttachTCXEgress                  AttachType = 47
	AttachTraceUprobeMulti           AttachType = 48
	AttachCgroupUnixConnect          AttachType = 49
	AttachCgroupUnixSendMsg          AttachType = 50
	AttachCgroupUnixRecvMsg          AttachType = 51
	AttachCgroupUnixGetPeerName      AttachType = 52
	AttachCgroupUnixGetSockName      AttachType = 53
	AttachNetkitPrimary              AttachType = 54
	AttachNetkitPeer                 AttachType = 55
	AttachTraceKprobeSession         AttachType = 56
	AttachTraceUprobeSession         AttachType = 57
)

// An AttachInfo is what is known about a point.
type AttachInfo struct {
	Name     string // the kernel's, in lower case and without its prefix
	Since    Version
	Types    ProgSet // of programs that are attached there
	Target   Target
	Function bool     // the kernel patches the function that is the target, so that it calls the program (a trampoline)
	Prefix   string   // of the target's name in BTF: "btf_trace_" for tracepoints
	Result   *Range   // what the program may return; nil if its type says so, or if there is no limit (see ResultAt)
	Sections []string // beginnings of names of ELF sections
}

// A Target says what a program is attached to.
type Target uint8

const (
	TargetNone       Target = iota // it is not attached by itself
	TargetInterface                // a network interface, by its index
	TargetCgroup                   // a cgroup of version 2, by the descriptor of its directory
	TargetNetns                    // a network namespace, by a descriptor
	TargetNetfilter                // a hook of netfilter, in the network namespace of the caller
	TargetNetkit                   // a netkit device, by its index
	TargetNamed                    // the target that it was loaded for: a tracepoint, a function or a hook of the kernel
	TargetIterator                 // the objects of the kind that it was loaded for
	TargetTracepoint               // a tracepoint, by its name
	TargetSymbols                  // functions, by their names or addresses
	TargetPerfEvent                // a perf event, by its descriptor
	TargetMap                      // a map of sockets
	TargetMapElement               // an element of a map
	TargetSocket                   // a socket, by its descriptor
	TargetReusePort                // the sockets that share a port, by the descriptor of one of them
	TargetDevice                   // a character device, by its descriptor

	Targets // how many there are
)

// attachTypes has the points by their numbers.
var attachTypes = [...]AttachInfo{
	AttachCgroupInetIngress: {Name: "cgroup_inet_ingress", Since: "4.10", Types: 1 << ProgTypeCgroupSKB, Target: TargetCgroup,
		Sections: []string{"cgroup_skb/ingress"},
		Result:   &Range{0, 1}},
	AttachCgroupInetEgress: {Name: "cgroup_inet_egress", Since: "4.10", Types: 1 << ProgTypeCgroupSKB, Target: TargetCgroup,
		Sections: []string{"cgroup_skb/egress"},
		Result:   &Range{0, 3}},
	AttachCgroupInetSockCreate: {Name: "cgroup_inet_sock_create", Since: "4.10", Types: 1 << ProgTypeCgroupSock,
		Target: TargetCgroup, Sections: []string{"cgroup/sock_create"}},
	AttachCgroupSockOps: {Name: "cgroup_sock_ops", Since: "4.13", Types: 1 << ProgTypeSockOps, Target: TargetCgroup},
	AttachSKSKBStreamParser: {Name: "sk_skb_stream_parser", Since: "4.14", Types: 1 << ProgTypeSKSKB, Target: TargetMap,
		Sections: []string{"sk_skb/stream_parser"}},
	AttachSKSKBStreamVerdict: {Name: "sk_skb_stream_verdict", Since: "4.14", Types: 1 << ProgTypeSKSKB, Target: TargetMap,
		Sections: []string{"sk_skb/stream_verdict"}},
	AttachCgroupDevice: {Name: "cgroup_device", Since: "4.15", Types: 1 << ProgTypeCgroupDevice, Target: TargetCgroup,
		Sections: []string{"cgroup/dev"}},
	AttachSKMsgVerdict: {Name: "sk_msg_verdict", Since: "4.17", Types: 1 << ProgTypeSKMsg, Target: TargetMap,
		Sections: []string{"sk_msg"}},
	AttachCgroupInet4Bind: {Name: "cgroup_inet4_bind", Since: "4.17", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/bind4"},
		Result:   &Range{0, 3}},
	AttachCgroupInet6Bind: {Name: "cgroup_inet6_bind", Since: "4.17", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/bind6"},
		Result:   &Range{0, 3}},
	AttachCgroupInet4Connect: {Name: "cgroup_inet4_connect", Since: "4.17", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/connect4"},
		Result:   &Range{0, 1}},
	AttachCgroupInet6Connect: {Name: "cgroup_inet6_connect", Since: "4.17", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/connect6"},
		Result:   &Range{0, 1}},
	AttachCgroupInet4PostBind: {Name: "cgroup_inet4_post_bind", Since: "4.17", Types: 1 << ProgTypeCgroupSock, Target: TargetCgroup,
		Sections: []string{"cgroup/post_bind4"}},
	AttachCgroupInet6PostBind: {Name: "cgroup_inet6_post_bind", Since: "4.17", Types: 1 << ProgTypeCgroupSock, Target: TargetCgroup,
		Sections: []string{"cgroup/post_bind6"}},
	AttachCgroupUDP4SendMsg: {Name: "cgroup_udp4_sendmsg", Since: "4.18", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/sendmsg4"},
		Result:   &Range{0, 1}},
	AttachCgroupUDP6SendMsg: {Name: "cgroup_udp6_sendmsg", Since: "4.18", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/sendmsg6"},
		Result:   &Range{0, 1}},
	AttachLIRCMode2: {Name: "lirc_mode2", Since: "4.18", Types: 1 << ProgTypeLIRCMode2, Target: TargetDevice,
		Sections: []string{"lirc_mode2"}},
	AttachFlowDissector: {Name: "flow_dissector", Since: "4.20", Types: 1 << ProgTypeFlowDissector, Target: TargetNetns,
		Sections: []string{"flow_dissector"}},
	AttachCgroupSysctl: {Name: "cgroup_sysctl", Since: "5.2", Types: 1 << ProgTypeCgroupSysctl, Target: TargetCgroup,
		Sections: []string{"cgroup/sysctl"}},
	AttachCgroupUDP4RecvMsg: {Name: "cgroup_udp4_recvmsg", Since: "5.2", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/recvmsg4"},
		Result:   &Range{1, 1}},
	AttachCgroupUDP6RecvMsg: {Name: "cgroup_udp6_recvmsg", Since: "5.2", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/recvmsg6"},
		Result:   &Range{1, 1}},
	AttachCgroupGetSockOpt: {Name: "cgroup_getsockopt", Since: "5.3", Types: 1 << ProgTypeCgroupSockOpt, Target: TargetCgroup,
		Sections: []string{"cgroup/getsockopt"}},
	AttachCgroupSetSockOpt: {Name: "cgroup_setsockopt", Since: "5.3", Types: 1 << ProgTypeCgroupSockOpt, Target: TargetCgroup,
		Sections: []string{"cgroup/setsockopt"}},
	AttachTraceRawTP: {Name: "trace_raw_tp", Since: "5.5", Types: 1 << ProgTypeTracing, Target: TargetNamed, Prefix: "btf_trace_",
		Sections: []string{"tp_btf"}},
	AttachTraceFEntry: {Name: "trace_fentry", Since: "5.5", Types: 1 << ProgTypeTracing, Target: TargetNamed,
		Function: true, Result: &Range{0, 0},
		Sections: []string{"fentry"}},
	AttachTraceFExit: {Name: "trace_fexit", Since: "5.5", Types: 1 << ProgTypeTracing, Target: TargetNamed,
		Function: true, Result: &Range{0, 0},
		Sections: []string{"fexit"}},
	AttachModifyReturn: {Name: "modify_return", Since: "5.7", Types: 1 << ProgTypeTracing, Target: TargetNamed, Function: true,
		Sections: []string{"fmod_ret"}},
	AttachLSMMAC: {Name: "lsm_mac", Since: "5.7", Types: 1 << ProgTypeLSM, Target: TargetNamed, Function: true, Prefix: "bpf_lsm_",
		Sections: []string{"lsm"}},
	AttachTraceIter: {Name: "trace_iter", Since: "5.8", Types: 1 << ProgTypeTracing, Target: TargetIterator, Prefix: "bpf_iter_",
		Sections: []string{"iter"},
		Result:   &Range{0, 1}},
	AttachCgroupInet4GetPeerName: {Name: "cgroup_inet4_getpeername", Since: "5.8", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getpeername4"},
		Result: &Range{1, 1}},
	AttachCgroupInet6GetPeerName: {Name: "cgroup_inet6_getpeername", Since: "5.8", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getpeername6"},
		Result: &Range{1, 1}},
	AttachCgroupInet4GetSockName: {Name: "cgroup_inet4_getsockname", Since: "5.8", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getsockname4"},
		Result: &Range{1, 1}},
	AttachCgroupInet6GetSockName: {Name: "cgroup_inet6_getsockname", Since: "5.8", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getsockname6"},
		Result: &Range{1, 1}},
	AttachXDPDevMap: {Name: "xdp_devmap", Since: "5.8", Types: 1 << ProgTypeXDP, Target: TargetMapElement,
		Sections: []string{"xdp/devmap"}},
	AttachCgroupInetSockRelease: {Name: "cgroup_inet_sock_release", Since: "5.9", Types: 1 << ProgTypeCgroupSock,
		Target: TargetCgroup, Sections: []string{"cgroup/sock_release"}},
	AttachXDPCPUMap: {Name: "xdp_cpumap", Since: "5.9", Types: 1 << ProgTypeXDP, Target: TargetMapElement,
		Sections: []string{"xdp/cpumap"}},
	AttachSKLookup: {Name: "sk_lookup", Since: "5.9", Types: 1 << ProgTypeSKLookup, Target: TargetNetns,
		Sections: []string{"sk_lookup"}},
	AttachXDP: {Name: "xdp", Since: "5.9", Types: 1 << ProgTypeXDP, Target: TargetInterface},
	AttachSKSKBVerdict: {Name: "sk_skb_verdict", Since: "5.13", Types: 1 << ProgTypeSKSKB, Target: TargetMap,
		Sections: []string{"sk_skb/verdict"}},
	AttachSKReusePortSelect: {Name: "sk_reuseport_select", Since: "5.14", Types: 1 << ProgTypeSKReusePort, Target: TargetReusePort,
		Sections: []string{"sk_reuseport"}},
	AttachSKReusePortSelectOrMigrate: {Name: "sk_reuseport_select_or_migrate", Since: "5.14", Types: 1 << ProgTypeSKReusePort,
		Target: TargetReusePort, Sections: []string{"sk_reuseport/migrate"}},
	AttachPerfEvent: {Name: "perf_event", Since: "5.15", Target: TargetPerfEvent,
		Types: 1<<ProgTypeKprobe | 1<<ProgTypeTracepoint | 1<<ProgTypePerfEvent},
	AttachTraceKprobeMulti: {Name: "trace_kprobe_multi", Since: "5.18", Types: 1 << ProgTypeKprobe, Target: TargetSymbols,
		Sections: []string{"kprobe.multi", "kretprobe.multi"}},
	AttachLSMCgroup: {Name: "lsm_cgroup", Since: "6.0", Types: 1 << ProgTypeLSM, Target: TargetCgroup, Prefix: "bpf_lsm_",
		Sections: []string{"lsm_cgroup"}},
	AttachStructOps: {Name: "struct_ops", Since: "6.4", Types: 1 << ProgTypeStructOps},
	AttachNetfilter: {Name: "netfilter", Since: "6.4", Types: 1 << ProgTypeNetfilter, Target: TargetNetfilter,
		Sections: []string{"netfilter"}},
	AttachTCXIngress: {Name: "tcx_ingress", Since: "6.6", Types: 1 << ProgTypeSchedCls, Target: TargetInterface,
		Sections: []string{"tcx/ingress", "tc/ingress", "tcx"}},
	AttachTCXEgress: {Name: "tcx_egress", Since: "6.6", Types: 1 << ProgTypeSchedCls, Target: TargetInterface,
		Sections: []string{"tcx/egress", "tc/egress"}},
	AttachTraceUprobeMulti: {Name: "trace_uprobe_multi", Since: "6.6", Types: 1 << ProgTypeKprobe, Target: TargetSymbols,
		Sections: []string{"uprobe.multi", "uretprobe.multi"}},
	AttachCgroupUnixConnect: {Name: "cgroup_unix_connect", Since: "6.7", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/connect_unix"},
		Result:   &Range{0, 1}},
	AttachCgroupUnixSendMsg: {Name: "cgroup_unix_sendmsg", Since: "6.7", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/sendmsg_unix"},
		Result:   &Range{0, 1}},
	AttachCgroupUnixRecvMsg: {Name: "cgroup_unix_recvmsg", Since: "6.7", Types: 1 << ProgTypeCgroupSockAddr, Target: TargetCgroup,
		Sections: []string{"cgroup/recvmsg_unix"},
		Result:   &Range{1, 1}},
	AttachCgroupUnixGetPeerName: {Name: "cgroup_unix_getpeername", Since: "6.7", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getpeername_unix"},
		Result: &Range{1, 1}},
	AttachCgroupUnixGetSockName: {Name: "cgroup_unix_getsockname", Since: "6.7", Types: 1 << ProgTypeCgroupSockAddr,
		Target: TargetCgroup, Sections: []string{"cgroup/getsockname_unix"},
		Result: &Range{1, 1}},
	AttachNetkitPrimary: {Name: "netkit_primary", Since: "6.7", Types: 1 << ProgTypeSchedCls, Target: TargetNetkit,
		Sections: []string{"netkit/primary"}},
	AttachNetkitPeer: {Name: "netkit_peer", Since: "6.7", Types: 1 << ProgTypeSchedCls, Target: TargetNetkit,
		Sections: []string{"netkit/peer"}},
	AttachTraceKprobeSession: {Name: "trace_kprobe_session", Since: "6.10", Types: 1 << ProgTypeKprobe, Target: TargetSymbols,
		Sections: []string{"kprobe.session"},
		Result:   &Range{0, 1}},
	AttachTraceUprobeSession: {Name: "trace_uprobe_session", Since: "6.13", Types: 1 << ProgTypeKprobe, Target: TargetSymbols,
		Sections: []string{"uprobe.session"},
		Result:   &Range{0, 1}},
}

// unknownAttach is the row of points that are newer than the table.
var unknownAttach AttachInfo

// AttachTypes ranges over the points, in the order of their numbers.
func AttachTypes() iter.Seq[AttachType] {
	return func(yield func(AttachType) bool) {
		for n := 0; n < len(attachTypes) && yield(AttachType(n)); n++ {
		}
	}
}

// Info is the row of a point; the zero value for one that is newer than the table. Do not change it.
func (t AttachType) Info() *AttachInfo {
	if uint64(t) < uint64(len(attachTypes)) {
		return &attachTypes[t]
	}
	return &unknownAttach
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix. A point that is newer than the
// table prints as its number.
func (t AttachType) String() string { return nameOr(t.Info().Name, "attach type", uint32(t)) }

// A Section is what the name of an ELF section says about the program in it.
type Section struct {
	Type   ProgType
	Attach AttachType // if HasAttach is true
	Target string     // the part after the last slash: "tcp_v4_rcv" of "fentry/tcp_v4_rcv"

	HasAttach bool // the name says where the program is attached
	Sleepable bool // ".s"
	Fragments bool // ".frags": it accepts packets that are not in one piece
}

// ParseSection reads the name of an ELF section in the form that libbpf uses: "xdp", "tcx/ingress", "fentry.s/tcp_v4_rcv". A name
// such as tcp_v4_rcv may follow only where programs are for something with a name.
func ParseSection(name string) (s Section, ok bool) {
	kind, rest, slash := strings.Cut(name, "/")
	kind, s.Fragments = strings.CutSuffix(kind, ".frags")
	kind, s.Sleepable = strings.CutSuffix(kind, ".s")
	if slash {
		kind += "/"
	}
	name = kind + rest
	longest := ""
	consider := func(section string, named bool, t ProgType, a AttachType, placed bool) {
		after, begins := strings.CutPrefix(name, section)
		if begins && len(section) > len(longest) && (after == "" || after[0] == '/' && named) {
			longest, s.Type, s.Attach, s.HasAttach, s.Target = section, t, a, placed, strings.TrimPrefix(after, "/")
		}
	}
	for n := range progTypes {
		row := &progTypes[n]
		for _, section := range row.Sections {
			consider(section, row.Named, ProgType(n), row.Place, row.Place != 0)
		}
	}
	for n := range attachTypes {
		row := &attachTypes[n]
		t, _ := row.Types.One()
		for _, section := range row.Sections {
			consider(section, row.Named(), t, AttachType(n), true)
		}
	}
	if longest == "" {
		return Section{}, false
	}
	return s, true
}

// Named reports whether programs that are attached there are for something with a name: a function, a tracepoint, a hook.
func (i *AttachInfo) Named() bool {
	return i.Prefix != "" || i.Target == TargetNamed || i.Target == TargetSymbols
}

// Sections ranges over the names of ELF sections that ParseSection knows, without the name of what a program is for.
func Sections() iter.Seq[string] {
	return func(yield func(string) bool) {
		for n := range progTypes {
			for _, section := range progTypes[n].Sections {
				if !yield(section) {
					return
				}
			}
		}
		for n := range attachTypes {
			for _, section := range attachTypes[n].Sections {
				if !yield(section) {
					return
				}
			}
		}
	}
}

// ParseAttachType finds an attach type by its name.
func ParseAttachType(name string) (t AttachType, ok bool) {
	for n := range attachTypes {
		if attachTypes[n].Name == name {
			return AttachType(n), true
		}
	}
	return 0, false
}
