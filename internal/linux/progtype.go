package linux

import (
	"iter"
	"strconv"
)

// A ProgType says where a program runs: it decides the context that R1 points to, the helpers and kernel functions that may be
// called, and what the result means (enum bpf_prog_type, include/uapi/linux/bpf.h, 6.18).
type ProgType uint32

// The types of programs. A new one needs a constant and a row of progTypes; `go generate ./syscall` gives it its public name.
const (
	ProgTypeUnspec                ProgType = 0
	ProgTypeSocketFilter          ProgType = 1
	ProgTypeKprobe                ProgType = 2
	ProgTypeSchedCls              ProgType = 3
	ProgTypeSchedAct              ProgType = 4
	ProgTypeTracepoint            ProgType = 5
	ProgTypeXDP                   ProgType = 6
	ProgTypePerfEvent             ProgType = 7
	ProgTypeCgroupSKB             ProgType = 8
	ProgTypeCgroupSock            ProgType = 9
	ProgTypeLWTIn                 ProgType = 10
	ProgTypeLWTOut                ProgType = 11
	ProgTypeLWTXmit               ProgType = 12
	ProgTypeSockOps               ProgType = 13
	ProgTypeSKSKB                 ProgType = 14
	ProgTypeCgroupDevice          ProgType = 15
	ProgTypeSKMsg                 ProgType = 16
	ProgTypeRawTracepoint         ProgType = 17
	ProgTypeCgroupSockAddr        ProgType = 18
	ProgTypeLWTSeg6Local          ProgType = 19
	ProgTypeLIRCMode2             ProgType = 20
	ProgTypeSKReusePort           ProgType = 21
	ProgTypeFlowDissector         ProgType = 22
	ProgTypeCgroupSysctl          ProgType = 23
	ProgTypeRawTracepointWritable ProgType = 24
	ProgTypeCgroupSockOpt         ProgType = 25
	ProgTypeTracing               ProgType = 26
	ProgTypeStructOps             ProgType = 27
	ProgTypeExt                   ProgType = 28
	ProgTypeLSM                   ProgType = 29
	ProgTypeSKLookup              ProgType = 30
	ProgTypeSyscall               ProgType = 31
	ProgTypeNetfilter             ProgType = 32
)

// A ProgInfo is what is known about a program type.
type ProgInfo struct {
	Name     string // as in bpftool: the kernel's name, in lower case and without its prefix
	Since    Version
	Sections []string // names of ELF sections that say only this type; AttachInfo has those that say a place
	Named    bool     // the name of a section may go on with what the program is for: "kprobe/tcp_v4_rcv"

	Context   string // the struct that R1 points to, by its name in C and in BTF (include/linux/bpf_types.h); "" if there is none
	Access    *Access
	Arguments bool // R1 points to an array of u64 instead: the arguments of the function that the program implements or traces

	Place   AttachType // expected_attach_type where none is said; 0 if the type has none
	Target  Target     // what it is attached to, if attaching takes no attach type
	Placed  bool       // the place must be said, because the kernel checks the program for one (bpf_prog_load_check_attach)
	Result  *Range     // what the program may return at some place of the type (see ResultAt); nil if there is no limit
	Structs Structs    // whether it may write structs of the kernel

	Classic bool // packet access of classic BPF, by offset (LD_ABS and LD_IND; may_access_skb, kernel/bpf/verifier.c)
	// WritesPackets says that it may write into packets directly (may_access_direct_pkt_data, kernel/bpf/verifier.c).
	WritesPackets bool

	NoSpinLock   bool // it cannot use maps whose values have a spin lock (check_map_prog_compatibility, kernel/bpf/verifier.c)
	Sleeps       bool // it may always sleep, and must be loaded as sleepable (check_attach_btf_id)
	Sleepable    bool // it may be loaded as sleepable, for some hooks or in some kernels (can_be_sleepable, kernel/bpf/verifier.c)
	PrivateStack bool // larger functions may have a stack of their own (bpf_enable_priv_stack, kernel/bpf/verifier.c, 6.13)
	Void         bool // its result means nothing, and 0 is always right (see MayBeVoid)
	NetAdmin     bool // loading it needs CAP_NET_ADMIN and CAP_BPF (is_net_admin_prog_type, kernel/bpf/syscall.c)
	Perfmon      bool // loading it needs CAP_PERFMON and CAP_BPF (is_perfmon_prog_type)
	NoCopy       bool // a test run does not copy the context: it changes it in place, or not at all (net/bpf/test_run.c)
	NeedsGPL     bool // the kernel accepts it only with a licence that is compatible with the GPL
}

// A Range is a range of numbers, with both ends.
type Range struct{ Low, High int64 }

// String returns "0 to 3", or just "1".
func (r Range) String() string {
	if r.Low == r.High {
		return strconv.FormatInt(r.Low, 10)
	}
	return strconv.FormatInt(r.Low, 10) + " to " + strconv.FormatInt(r.High, 10)
}

// Structs says whether programs of a type may write the kernel's structs.
type Structs uint8

const (
	StructsUnknown  Structs = iota
	StructsReadOnly         // they may not
	StructsByPlace          // the place says which fields (bpf_verifier_ops.btf_struct_access)
)

// progTypes has the types of programs by their numbers.
var progTypes = [...]ProgInfo{
	ProgTypeUnspec: {Name: "unspec"},
	ProgTypeSocketFilter: {Name: "socket_filter", Since: "3.19", Sections: []string{"socket"},
		Context: "__sk_buff", Access: &socketFilterAccess, Classic: true, NoSpinLock: true,
		Target: TargetSocket},
	ProgTypeKprobe: {Name: "kprobe", Since: "4.1", Sleepable: true, Named: true, Perfmon: true, PrivateStack: true, Void: true,
		Sections: []string{"kprobe", "kretprobe", "uprobe", "uretprobe", "ksyscall", "kretsyscall", "usdt"},
		Context:  "bpf_user_pt_regs_t", Access: &registersAccess, Structs: StructsReadOnly},
	ProgTypeSchedCls: {Name: "sched_cls", WritesPackets: true, Since: "4.1", NetAdmin: true, Sections: []string{"tc", "classifier"},
		Context: "__sk_buff", Access: &controlAccess, Classic: true},
	ProgTypeSchedAct: {Name: "sched_act", WritesPackets: true, Since: "4.1", NetAdmin: true, Sections: []string{"action"},
		Context: "__sk_buff", Access: &controlAccess, Classic: true},
	ProgTypeTracepoint: {Name: "tracepoint", Since: "4.7", Sleepable: true, Named: true, Perfmon: true, PrivateStack: true, Void: true,
		Sections: []string{"tracepoint", "tp"}},
	ProgTypeXDP: {Name: "xdp", WritesPackets: true, Since: "4.8", NetAdmin: true, Sections: []string{"xdp"}, Place: AttachXDP,
		Context: "xdp_md", Access: &xdpAccess},
	ProgTypePerfEvent: {Name: "perf_event", Since: "4.9", Perfmon: true, PrivateStack: true, Void: true,
		Sections: []string{"perf_event"}, Context: "bpf_perf_event_data"},
	ProgTypeCgroupSKB: {Name: "cgroup_skb", Since: "4.10", Sections: []string{"cgroup/skb"},
		Context: "__sk_buff", Access: &cgroupAccess,
		Result: &Range{0, 3}},
	ProgTypeCgroupSock: {Name: "cgroup_sock", Since: "4.10", NetAdmin: true, Sections: []string{"cgroup/sock"},
		Context: "bpf_sock", Result: &Range{0, 1}},
	ProgTypeLWTIn: {Name: "lwt_in", Since: "4.10", NetAdmin: true, Sections: []string{"lwt_in"},
		Context: "__sk_buff", Access: &tunnelAccess},
	ProgTypeLWTOut: {Name: "lwt_out", Since: "4.10", NetAdmin: true, Sections: []string{"lwt_out"},
		Context: "__sk_buff", Access: &tunnelAccess},
	ProgTypeLWTXmit: {Name: "lwt_xmit", WritesPackets: true, Since: "4.10", NetAdmin: true, Sections: []string{"lwt_xmit"},
		Context: "__sk_buff", Access: &tunnelAccess},
	ProgTypeSockOps: {Name: "sock_ops", Since: "4.13", NetAdmin: true, Sections: []string{"sockops"},
		Context: "bpf_sock_ops", Place: AttachCgroupSockOps, Result: &Range{0, 1}},
	ProgTypeSKSKB: {Name: "sk_skb", WritesPackets: true, Since: "4.14", NetAdmin: true, Sections: []string{"sk_skb"},
		Context: "__sk_buff", Access: &streamAccess},
	ProgTypeCgroupDevice: {Name: "cgroup_device", Since: "4.15", NetAdmin: true, Context: "bpf_cgroup_dev_ctx",
		Place: AttachCgroupDevice, Result: &Range{0, 1}},
	ProgTypeSKMsg: {Name: "sk_msg", WritesPackets: true, Since: "4.17", NetAdmin: true, Context: "sk_msg_md", Place: AttachSKMsgVerdict},
	ProgTypeRawTracepoint: {Name: "raw_tracepoint", Since: "4.17", Sleepable: true,
		Named: true, Perfmon: true, PrivateStack: true, Void: true,
		Sections: []string{"raw_tracepoint", "raw_tp"},
		Context:  "bpf_raw_tracepoint_args", Access: &rawTracepointAccess, Arguments: true, Structs: StructsReadOnly, NoCopy: true,
		Target: TargetTracepoint},
	ProgTypeCgroupSockAddr: {Name: "cgroup_sock_addr", Since: "4.17", NetAdmin: true, Context: "bpf_sock_addr", Placed: true,
		Result: &Range{0, 3}},
	ProgTypeLWTSeg6Local: {Name: "lwt_seg6local", Since: "4.18", NetAdmin: true,
		Sections: []string{"lwt_seg6local"}, Context: "__sk_buff"},
	ProgTypeLIRCMode2:     {Name: "lirc_mode2", Since: "4.18", Place: AttachLIRCMode2},
	ProgTypeSKReusePort:   {Name: "sk_reuseport", Since: "4.19", Context: "sk_reuseport_md"},
	ProgTypeFlowDissector: {Name: "flow_dissector", Since: "4.20", NetAdmin: true, Context: "__sk_buff", Place: AttachFlowDissector},
	ProgTypeCgroupSysctl: {Name: "cgroup_sysctl", Since: "5.2", NetAdmin: true, Context: "bpf_sysctl",
		Place: AttachCgroupSysctl, Result: &Range{0, 1}},
	ProgTypeRawTracepointWritable: {Name: "raw_tracepoint_writable", Since: "5.2", Sleepable: true, Named: true, Perfmon: true, Void: true,
		Sections: []string{"raw_tracepoint.w", "raw_tp.w"},
		Context:  "bpf_raw_tracepoint_args", Arguments: true},
	ProgTypeCgroupSockOpt: {Name: "cgroup_sockopt", WritesPackets: true, Since: "5.3", NetAdmin: true, Context: "bpf_sockopt",
		Result: &Range{0, 1},
		Placed: true},
	ProgTypeTracing: {Name: "tracing", Since: "5.5", Sleepable: true,
		Perfmon: true, PrivateStack: true, Arguments: true, Structs: StructsReadOnly,
		Placed: true, NoCopy: true},
	ProgTypeStructOps: {Name: "struct_ops", Since: "5.6", Sleepable: true, Named: true, Perfmon: true, Sections: []string{"struct_ops"},
		Arguments: true, Structs: StructsByPlace, NeedsGPL: true},
	ProgTypeExt: {Name: "ext", Since: "5.6", Sleepable: true, Named: true, NetAdmin: true, Perfmon: true, Sections: []string{"freplace"}},
	ProgTypeLSM: {Name: "lsm", Since: "5.7", Sleepable: true, Perfmon: true, Arguments: true, Place: AttachLSMMAC},
	ProgTypeSKLookup: {Name: "sk_lookup", Since: "5.9", Context: "bpf_sk_lookup",
		Place: AttachSKLookup, Result: &Range{0, 1}},
	ProgTypeSyscall: {Name: "syscall", Since: "5.14", Sleepable: true, Sections: []string{"syscall"},
		Access: &syscallAccess, Structs: StructsReadOnly, Sleeps: true, Void: true, NoCopy: true},
	ProgTypeNetfilter: {Name: "netfilter", Since: "6.4", NetAdmin: true, Context: "bpf_nf_ctx", Place: AttachNetfilter,
		Result: &Range{0, 1}},
}

// unknownProgram is the row of types that are newer than the table.
var unknownProgram ProgInfo

// Info is the row of a type; the zero value for a type that is newer than the table. Do not change it.
func (t ProgType) Info() *ProgInfo {
	if uint64(t) < uint64(len(progTypes)) {
		return &progTypes[t]
	}
	return &unknownProgram
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix. A type that is newer than
// the table prints as its number.
func (t ProgType) String() string { return nameOr(t.Info().Name, "prog type", uint32(t)) }

// Attach lists the places that programs of the type are attached to, as far as they have names.
func (t ProgType) Attach() []AttachType {
	var list []AttachType
	for n := range attachTypes {
		if attachTypes[n].Types.Has(t) {
			list = append(list, AttachType(n))
		}
	}
	return list
}

// ProgTypes ranges over the types, in the order of their numbers.
func ProgTypes() iter.Seq[ProgType] {
	return func(yield func(ProgType) bool) {
		for n := 1; n < len(progTypes) && yield(ProgType(n)); n++ {
		}
	}
}

// ParseProgType finds a type of programs by its name.
func ParseProgType(name string) (t ProgType, ok bool) {
	for n := 1; n < len(progTypes); n++ {
		if progTypes[n].Name == name {
			return ProgType(n), true
		}
	}
	return 0, false
}

// ProgSet is a set of types of programs.
type ProgSet uint64

// Has reports whether a type is in the set.
func (s ProgSet) Has(t ProgType) bool { return t < 64 && s>>t&1 != 0 }

// One is the only type of the set; ok is false if there are several, or none.
func (s ProgSet) One() (t ProgType, ok bool) {
	for t = range ProgType(len(progTypes)) {
		if s == 1<<t {
			return t, true
		}
	}
	return 0, false
}

// Names are the names of the types in the set, by their numbers.
func (s ProgSet) Names() []string {
	var names []string
	for t := range ProgType(len(progTypes)) {
		if s.Has(t) {
			names = append(names, t.String())
		}
	}
	return names
}

// ProgramsOf are the program types whose R1 points to a struct, by its name in BTF: XDP for xdp_md, ten for __sk_buff.
func ProgramsOf(context string) ProgSet {
	var s ProgSet
	for n := range progTypes {
		if context != "" && progTypes[n].Context == context {
			s |= 1 << n
		}
	}
	return s
}

// IsContext reports whether a struct has the name of the context of some type of programs.
func IsContext(name string) bool {
	return name == "pt_regs" || name == "user_pt_regs" || ProgramsOf(name) != 0
}

// Forbids reports whether programs of a type cannot use maps whose values have a field that belongs to the kernel, by its struct
// (is_tracing_prog_type and check_map_prog_compatibility, kernel/bpf/verifier.c, 6.18).
func (t ProgType) Forbids(field string) bool {
	switch field {
	case "bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_list_head", "bpf_rb_root":
		return probes.Has(t)
	}
	return false
}

// Sets of types, for the rows of helpers.
const (
	probes ProgSet = 1<<ProgTypeKprobe | 1<<ProgTypeTracepoint | 1<<ProgTypePerfEvent | 1<<ProgTypeRawTracepoint |
		1<<ProgTypeRawTracepointWritable
	socketFilter   ProgSet = 1 << ProgTypeSocketFilter
	trafficControl ProgSet = 1<<ProgTypeSchedCls | 1<<ProgTypeSchedAct
	xdp            ProgSet = 1 << ProgTypeXDP
	cgroupSKB      ProgSet = 1 << ProgTypeCgroupSKB
	lwtXmit        ProgSet = 1 << ProgTypeLWTXmit
	skSKB          ProgSet = 1 << ProgTypeSKSKB
	structOps      ProgSet = 1 << ProgTypeStructOps
)
