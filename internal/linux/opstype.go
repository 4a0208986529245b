package linux

import (
	"slices"
	"strings"
)

// An OpsType is what a kernel interface that programs implement (struct_ops) requires and its BTF does not say. An interface without a
// row works from BTF alone. Mistakes are then found by the kernel, not before.
type OpsType struct {
	Name     string // of the ops struct
	Since    Version
	Config   string // the kernel options that it needs
	Stubs    string // prefix of functions whose BTF has the names of a member's parameters
	TestOnly bool   // can be run by PROG_TEST_RUN, never registered

	Required    []string   // members that must be set
	RequiredOne [][]string // of each group, one must be set
	Settable    []string   // data members that may be set; nil if not known
	Running     string     // a file with the name of the one that runs; "" where the kernel never ends one that has a link
	NameMember  string     // the data member with the name of the implementation; "" if there is none
	Unsupported []Refusal  // callbacks that cannot be written in BPF
	Sleepable   []string   // callbacks that may sleep; nil if not known
	Params      []Params   // parameter names, for kernels whose BTF has no stubs
	Changed     []Change   // callbacks whose parameters changed
	Added       []Added    // callbacks that newer kernels have, and that took over work of another one

	Writable  []Field // kernel fields that programs may write; nil if not known
	Newer     NewerFields
	Casts     []Cast
	Functions []string          // kernel functions that programs may call; nil if not known
	Helpers   []ForbiddenHelper // helpers that a member may not call

	Restricted []Restricted // kernel functions that only some members may call
	Limits     []Limit      // of data members
	Flags      []OpsFlags   // data members that hold flags
}

// OpsValuePrefix begins the name of the struct that the kernel keeps an implementation of an ops struct in. Programs can implement only an
// ops struct that has such a struct in BTF (VALUE_PREFIX, kernel/bpf/bpf_struct_ops.c).
const OpsValuePrefix = "bpf_struct_ops_"

// A Refusal is a member that no program can implement, with the reason.
type Refusal struct{ Member, Why string }

// Params are the names of the parameters of a member.
type Params struct {
	Member string
	Names  []string
}

// A Change is a member whose parameters changed: all variants, the oldest first.
type Change struct {
	Member   string
	Variants []Variant
}

// An Added is a callback that took over a part of the work of another one. A program for all kernels sets both: a kernel without the new
// one calls the other one for all of it.
type Added struct {
	Member  string
	Since   Version
	Like    string // a callback of all kernels that has the same prototype
	Instead string // the callback that kernels before Since call
	When    string // and when they call it: "with CA_EVENT_TX_START"
	Param   int    // the parameter of Instead that says so, from 0
	Value   int64  // and its value
}

// A Variant is what the kernel passes since a release of Linux.
type Variant struct {
	Since  Version // "" for the first one
	Params []string
}

// A Field names a field of a kernel struct.
type Field struct{ Struct, Path string }

// A Cast says that a pointer to From in a prototype may be used as a pointer to To, whose first member is a From.
type Cast struct{ From, To string }

// NewerFields are writable on kernels whose prototype of a member has a certain number of parameters. The fields and the prototype came
// in one series of patches.
type NewerFields struct {
	Since  Version
	Member string
	Params int
	Fields []Field
}

// A ForbiddenHelper is a helper that a member may not call, with the reason.
type ForbiddenHelper struct{ Member, Helper, Why string }

// opsTypes lists the kernel interfaces that are known, with the kernel that each row was read from or measured on.
var opsTypes = [...]OpsType{
	{
		// net/ipv4/bpf_tcp_ca.c and net/ipv4/tcp_cong.c, Linux 6.1 to 6.18.
		Name: "tcp_congestion_ops", Since: "5.6", Config: "CONFIG_INET, CONFIG_BPF_JIT", Stubs: "bpf_tcp_ca_",
		Required:    []string{"name", "ssthresh", "undo_cwnd"},
		RequiredOne: [][]string{{"cong_avoid", "cong_control"}},
		Settable:    []string{"name", "flags"},
		NameMember:  "name",
		Unsupported: []Refusal{{"get_info", "the kernel has no place for a BPF program there"}},
		// 6.18 accepts sleepable programs, but calls these members from
		// softirq and with the socket locked: sleeping there breaks the kernel.
		Sleepable: []string{},
		Params: []Params{
			{"ssthresh", []string{"sk"}}, {"cong_avoid", []string{"sk", "ack", "acked"}}, {"set_state", []string{"sk", "new_state"}},
			{"cwnd_event", []string{"sk", "ev"}}, {"cwnd_event_tx_start", []string{"sk"}},
			{"in_ack_event", []string{"sk", "flags"}}, {"pkts_acked", []string{"sk", "sample"}},
			{"min_tso_segs", []string{"sk"}}, {"undo_cwnd", []string{"sk"}}, {"sndbuf_expand", []string{"sk"}},
			{"init", []string{"sk"}}, {"release", []string{"sk"}},
		},
		// Commit d1e59a469737 added it, for CA_EVENT_TX_START alone.
		Added: []Added{{Member: "cwnd_event_tx_start", Since: "7.1", Like: "init", Instead: "cwnd_event",
			When: "with CA_EVENT_TX_START", Param: 1, Value: 0}},
		Changed: []Change{{"cong_control", []Variant{{"", []string{"sk", "rs"}}, {"6.10", []string{"sk", "ack", "flag", "rs"}}}}},
		Writable: []Field{ // bpf_tcp_ca_btf_struct_access
			{Struct: "tcp_sock", Path: "snd_cwnd"}, {Struct: "tcp_sock", Path: "snd_cwnd_cnt"},
			{Struct: "tcp_sock", Path: "snd_ssthresh"}, {Struct: "tcp_sock", Path: "ecn_flags"},
			{Struct: "sock", Path: "sk_pacing_rate"}, {Struct: "sock", Path: "sk_pacing_status"},
			{Struct: "inet_connection_sock", Path: "icsk_ca_priv"}, {Struct: "inet_connection_sock", Path: "icsk_ack.pending"},
		},
		Newer: NewerFields{Since: "6.10", Member: "cong_control", Params: 4, Fields: []Field{
			{Struct: "tcp_sock", Path: "snd_cwnd_stamp"}, {Struct: "tcp_sock", Path: "app_limited"},
		}},
		Casts: []Cast{{From: "sock", To: "tcp_sock"}},
		Functions: []string{ // bpf_tcp_ca_check_kfunc_ids and those that the built-in algorithms register
			"tcp_reno_ssthresh", "tcp_reno_cong_avoid", "tcp_reno_undo_cwnd", "tcp_slow_start", "tcp_cong_avoid_ai",
			"cubictcp_init", "cubictcp_recalc_ssthresh", "cubictcp_cong_avoid", "cubictcp_state", "cubictcp_cwnd_event", "cubictcp_acked",
			"cubictcp_cwnd_event_tx_start", "dctcp_cwnd_event_tx_start", "bbr_cwnd_event_tx_start", // 7.1
			"dctcp_init", "dctcp_update_alpha", "dctcp_cwnd_event", "dctcp_ssthresh", "dctcp_cwnd_undo", "dctcp_state",
			"bbr_init", "bbr_main", "bbr_sndbuf_expand", "bbr_undo_cwnd", "bbr_cwnd_event", "bbr_ssthresh", "bbr_min_tso_segs",
			"bbr_set_state",
		},
		Flags: tcpFlags,
		Helpers: []ForbiddenHelper{
			{"release", "bpf_setsockopt", "a socket option set there could start the algorithm again just before its release"},
		},
	},
	{
		// net/bpf/bpf_dummy_struct_ops.c, Linux 6.1 to 6.18.
		Name: "bpf_dummy_ops", Since: "5.16", Config: "CONFIG_NET, CONFIG_BPF_JIT", Stubs: "bpf_dummy_",
		TestOnly: true, Settable: []string{},
		Sleepable: []string{"test_sleepable"},
		Params: []Params{{"test_1", []string{"cb"}}, {"test_2", []string{"cb", "a1", "a2", "a3", "a4"}}, {"test_sleepable",
			[]string{"cb"}}},
		Writable: []Field{{Struct: "bpf_dummy_ops_state", Path: "val"}},
	},
	{
		// drivers/hid/bpf/hid_bpf_struct_ops.c, Linux 6.12.
		Name: "hid_bpf_ops", Since: "6.11", Config: "CONFIG_HID_BPF", Stubs: "__",
		RequiredOne: [][]string{{"hid_rdesc_fixup", "hid_device_event", "hid_hw_request", "hid_hw_output_report"}},
		Settable:    []string{"hid_id", "flags"},
		Sleepable:   []string{"hid_rdesc_fixup", "hid_hw_request", "hid_hw_output_report"},
	},
	{
		// kernel/sched/ext.c, Linux 6.12.
		Name: "sched_ext_ops", Since: "6.12", Config: "CONFIG_SCHED_CLASS_EXT", Stubs: "sched_ext_ops__",
		Required: []string{"name"}, NameMember: "name", Running: "/sys/kernel/sched_ext/root/ops",
		Sleepable: []string{"init_task", "cgroup_init", "cgroup_exit", "cgroup_prep_move", "cpu_online", "cpu_offline", "init", "exit"},
		Writable: []Field{ // bpf_scx_btf_struct_access, 6.12 and 6.18
			{Struct: "task_struct", Path: "scx.slice"}, {Struct: "task_struct", Path: "scx.dsq_vtime"},
			{Struct: "task_struct", Path: "scx.disallow"},
		},
		Restricted: scxRestricted, Limits: scxLimits, Flags: scxFlags,
	},
	{
		// A second form of sched_ext_ops, whose members get numbers of CPUs of their own (cid). From what was published about Linux 7.3;
		// nothing here was measured.
		Name: "sched_ext_ops_cid", Since: "7.3", Config: "CONFIG_SCHED_CLASS_EXT",
		Required: []string{"name"}, NameMember: "name", Running: "/sys/kernel/sched_ext/root/ops",
		Restricted: scxRestricted, Limits: scxLimits, Flags: scxFlags,
	},
	{
		// net/sched/bpf_qdisc.c, Linux 6.16.
		Name: "Qdisc_ops", Since: "6.16", Config: "CONFIG_NET_SCH_BPF", Stubs: "Qdisc_ops__",
		Required: []string{"id", "enqueue", "dequeue", "init", "reset", "destroy"}, NameMember: "id",
		Settable: []string{"id"}, Sleepable: []string{},
	},
}

// OpsTypeNamed finds the row of an ops struct. If the table does not have it, the row has only a name. Do not change it.
func OpsTypeNamed(name string) *OpsType {
	for n := range opsTypes {
		if opsTypes[n].Name == name {
			return &opsTypes[n]
		}
	}
	return &OpsType{Name: name}
}

// WhyUnsupported says why no program can implement a member; "" if one can, or if that is not known.
func (t *OpsType) WhyUnsupported(member string) string {
	for _, r := range t.Unsupported {
		if r.Member == member {
			return r.Why
		}
	}
	return ""
}

// ParamNames are the names of a member's parameters; nil when they are not known.
func (t *OpsType) ParamNames(member string) []string {
	for _, p := range t.Params {
		if p.Member == member {
			return p.Names
		}
	}
	return nil
}

// Variants are what kernels pass to a member, the oldest first; nil if that never changed.
func (t *OpsType) Variants(member string) []Variant {
	for _, c := range t.Changed {
		if c.Member == member {
			return c.Variants
		}
	}
	return nil
}

// AddedMember is the row of a callback that newer kernels have; ok is false if it is not known.
func (t *OpsType) AddedMember(name string) (_ Added, ok bool) {
	i := slices.IndexFunc(t.Added, func(a Added) bool { return a.Member == name })
	if i < 0 {
		return Added{}, false
	}
	return t.Added[i], true
}

// HelperForbidden says why a member may not call a helper; "" if it may, or if that is not known.
func (t *OpsType) HelperForbidden(member string, id int32) (why string) {
	for _, h := range t.Helpers {
		if name, _ := HelperName(id); h.Member == member && h.Helper == name {
			return h.Why
		}
	}
	return ""
}

// FunctionForbidden says why a member may not call a kernel function, and which functions all members may call; "" if it may or if that is
// not known. Functions named bpf_… are offered to many kinds of programs, so only the kernel decides about them.
func (t *OpsType) FunctionForbidden(member, name string) (why string, allowed []string) {
	if why := t.RestrictedFor(member, name); why != "" {
		return why, nil
	}
	if t.Functions == nil || slices.Contains(t.Functions, name) || strings.HasPrefix(name, "bpf_") {
		return "", nil
	}
	return "it is not offered to " + t.Name, t.Functions
}
