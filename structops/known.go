package structops

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/place"
)

// A knownType is what a kernel interface wants beyond what its BTF says. An
// interface that is not in the table works from BTF alone: its mistakes then
// come back from the kernel instead of being found here.
type knownType struct {
	name     string // of the ops struct
	since    string // the first Linux that has it
	config   string // the kernel options behind it
	stubs    string // functions named this plus a member carry its parameter names, where BTF has them
	testOnly bool   // can be run by PROG_TEST_RUN, never registered

	required    []string            // members that must be set
	requiredOne [][]string          // of each group, one must be set
	settable    []string            // data members that may be set
	nameMember  string              // the data member that names the implementation; nil when there is none
	unsupported map[string]string   // callbacks that cannot be written in BPF, with the reason
	sleepable   []string            // callbacks that may sleep
	params      map[string][]string // parameter names, for kernels whose BTF has no stubs

	changed map[string][]place.Variant // callbacks whose parameters changed: all that there were, the oldest first

	writable  []place.Field // kernel fields that programs may write; nil when not known
	newer     newerFields
	casts     []place.Cast
	functions []string                    // kernel functions that programs may call; nil when not known
	helpers   map[string]map[int32]string // by member: helpers that it may not call, with the reason
}

// newerFields are writable on kernels whose prototype of a member has that
// many arguments: fields and prototype came in one series of patches.
type newerFields struct {
	member string
	params int
	fields []place.Field
}

// known lists the kernel interfaces that we know, with the kernel that each
// row was read from or measured on.
var known = [...]knownType{
	{
		// net/ipv4/bpf_tcp_ca.c and net/ipv4/tcp_cong.c, Linux 6.1 to 6.18.
		name: "tcp_congestion_ops", since: "5.6", config: "CONFIG_INET, CONFIG_BPF_JIT", stubs: "bpf_tcp_ca_",
		required:    []string{"name", "ssthresh", "undo_cwnd"},
		requiredOne: [][]string{{"cong_avoid", "cong_control"}},
		settable:    []string{"name", "flags"},
		nameMember:  "name",
		unsupported: map[string]string{"get_info": "the kernel has no place for a BPF program there"},
		// 6.18 accepts sleepable programs, but calls these members from
		// softirq and with the socket locked: sleeping there breaks the kernel.
		sleepable: []string{},
		params: map[string][]string{
			"ssthresh": {"sk"}, "cong_avoid": {"sk", "ack", "acked"}, "set_state": {"sk", "new_state"},
			"cwnd_event": {"sk", "ev"}, "in_ack_event": {"sk", "flags"}, "pkts_acked": {"sk", "sample"},
			"min_tso_segs": {"sk"}, "undo_cwnd": {"sk"}, "sndbuf_expand": {"sk"},
			"init": {"sk"}, "release": {"sk"},
		},
		changed: map[string][]place.Variant{"cong_control": {{Params: []string{"sk", "rs"}}, {Since: "6.10", Params: []string{"sk", "ack", "flag", "rs"}}}},
		writable: []place.Field{ // bpf_tcp_ca_btf_struct_access
			{Struct: "tcp_sock", Path: "snd_cwnd"}, {Struct: "tcp_sock", Path: "snd_cwnd_cnt"},
			{Struct: "tcp_sock", Path: "snd_ssthresh"}, {Struct: "tcp_sock", Path: "ecn_flags"},
			{Struct: "sock", Path: "sk_pacing_rate"}, {Struct: "sock", Path: "sk_pacing_status"},
			{Struct: "inet_connection_sock", Path: "icsk_ca_priv"}, {Struct: "inet_connection_sock", Path: "icsk_ack.pending"},
		},
		newer: newerFields{"cong_control", 4, []place.Field{ // Linux 6.10
			{Struct: "tcp_sock", Path: "snd_cwnd_stamp"}, {Struct: "tcp_sock", Path: "app_limited"},
		}},
		casts: []place.Cast{{From: "sock", To: "tcp_sock"}},
		functions: []string{ // bpf_tcp_ca_check_kfunc_ids and what the built-in algorithms register
			"tcp_reno_ssthresh", "tcp_reno_cong_avoid", "tcp_reno_undo_cwnd", "tcp_slow_start", "tcp_cong_avoid_ai",
			"cubictcp_init", "cubictcp_recalc_ssthresh", "cubictcp_cong_avoid", "cubictcp_state", "cubictcp_cwnd_event", "cubictcp_acked",
			"dctcp_init", "dctcp_update_alpha", "dctcp_cwnd_event", "dctcp_ssthresh", "dctcp_cwnd_undo", "dctcp_state",
			"bbr_init", "bbr_main", "bbr_sndbuf_expand", "bbr_undo_cwnd", "bbr_cwnd_event", "bbr_ssthresh", "bbr_min_tso_segs", "bbr_set_state",
		},
		helpers: map[string]map[int32]string{
			"release": {49: "a socket option set there could start the algorithm again, whose release comes next"}, // setsockopt
		},
	},
	{
		// net/bpf/bpf_dummy_struct_ops.c, Linux 6.1 to 6.18.
		name: "bpf_dummy_ops", since: "5.16", config: "CONFIG_NET, CONFIG_BPF_JIT", stubs: "bpf_dummy_",
		testOnly: true, settable: []string{},
		sleepable: []string{"test_sleepable"},
		params:    map[string][]string{"test_1": {"cb"}, "test_2": {"cb", "a1", "a2", "a3", "a4"}, "test_sleepable": {"cb"}},
		writable:  []place.Field{{Struct: "bpf_dummy_ops_state", Path: "val"}},
	},
	{
		// drivers/hid/bpf/hid_bpf_struct_ops.c, Linux 6.12.
		name: "hid_bpf_ops", since: "6.11", config: "CONFIG_HID_BPF", stubs: "__",
		requiredOne: [][]string{{"hid_rdesc_fixup", "hid_device_event", "hid_hw_request", "hid_hw_output_report"}},
		settable:    []string{"hid_id", "flags"},
		sleepable:   []string{"hid_rdesc_fixup", "hid_hw_request", "hid_hw_output_report"},
	},
	{
		// kernel/sched/ext.c, Linux 6.12.
		name: "sched_ext_ops", since: "6.12", config: "CONFIG_SCHED_CLASS_EXT", stubs: "sched_ext_ops__",
		required: []string{"name"}, nameMember: "name",
		sleepable: []string{"init_task", "cgroup_init", "cgroup_exit", "cgroup_prep_move", "cpu_online", "cpu_offline", "init", "exit"},
	},
	{
		// net/sched/bpf_qdisc.c, Linux 6.16.
		name: "Qdisc_ops", since: "6.16", config: "CONFIG_NET_SCH_BPF", stubs: "Qdisc_ops__",
		required: []string{"id", "enqueue", "dequeue", "init", "reset", "destroy"}, nameMember: "id",
		settable: []string{"id"}, sleepable: []string{},
	},
}

// knownOf finds what is known of an ops struct; the zero value when nothing is.
func knownOf(name string) knownType {
	for _, k := range known {
		if k.name == name {
			return k
		}
	}
	return knownType{name: name}
}

// kernelFunctionForbidden says why programs may not call a kernel function
// here, "" when they may or when that is not known. Functions named bpf_… are
// offered to many kinds of programs and left to the kernel.
func (k knownType) kernelFunctionForbidden(name string) (why string, allowed []string) {
	if k.functions == nil || slices.Contains(k.functions, name) || strings.HasPrefix(name, "bpf_") {
		return "", nil
	}
	return "it is not offered to " + k.name, k.functions
}
