package main

// A source is a kernel's BTF, and what to carve from it.
type source struct {
	fixture string // name of the fixture
	file    string
	parts   []*part
}

// A part has the names of one kernel interface. A kernel may not have all of them.
type part struct {
	structs   []string
	typedefs  []string
	enums     []string
	functions []string // by the beginnings of their names
}

var sources = [...]source{
	{"6.1", "6.1-debian.btf.xz", []*part{&tcp}},
	{"6.12", "6.12-debian-cloud.btf.xz", []*part{&tcp}},
	{"6.12-ops", "6.12-ops.btf.xz", []*part{&scheduler}},
	{"6.18", "6.18.btf.xz", []*part{&tcp, &contexts, &tracepoints, &mistaken, &numbered}},
}

// tcp is for congestion controls; kernel/tcp is generated from it.
var tcp = part{
	structs: []string{
		"bpf_struct_ops_tcp_congestion_ops", "tcp_congestion_ops", "bpf_struct_ops_bpf_dummy_ops", "bpf_dummy_ops",
		"bpf_dummy_ops_state", "bpf_struct_ops_link", "tcp_sock", "inet_connection_sock", "sock", "rate_sample", "ack_sample",
	},
	enums: []string{"tcp_ca_state", "tcp_ca_event", "tcp_ca_ack_event_flags", "inet_csk_ack_state_t", "sk_pacing"},
	functions: []string{
		"bpf_tcp_ca_", "__bpf_tcp_ca_", "bpf_dummy_ops__", "bpf_dummy_test_",
		"tcp_reno_", "tcp_slow_start", "tcp_cong_avoid_ai", "cubictcp_", "dctcp_", "bbr_",
		"tcp_v4_rcv", // one that programs may not call
	},
}

// scheduler is for schedulers; kernel/scx is generated from it.
var scheduler = part{
	structs: []string{
		"bpf_struct_ops_sched_ext_ops", "sched_ext_ops", "bpf_struct_ops_link", "task_struct",
		"scx_init_task_args", "scx_exit_task_args", "scx_cgroup_init_args", "scx_cpu_acquire_args", "scx_cpu_release_args",
		"scx_exit_info", "scx_dump_ctx", "bpf_iter_scx_dsq", "bpf_iter_num", "bpf_cpumask",
	},
	enums: []string{
		"scx_public_consts", "scx_dsq_id_flags", "scx_ops_flags", "scx_enq_flags", "scx_deq_flags", "scx_wake_flags", "scx_kick_flags",
		"scx_pick_idle_cpu_flags", "scx_dsq_iter_flags", "scx_ent_flags", "scx_task_state", "scx_exit_kind", "scx_exit_code",
		"scx_cpu_preempt_reason",
	},
	functions: []string{
		"sched_ext_ops__", "scx_bpf_", "bpf_iter_scx_dsq_", "bpf_cpumask_", "bpf_iter_num_", "bpf_rcu_read_", "bpf_task_acquire",
		"bpf_task_release", "bpf_task_from_",
	},
}

// contexts are the contexts of other programs; kernel/ctx is generated from it.
var contexts = part{
	structs: []string{
		"xdp_md", "__sk_buff", "bpf_sock", "bpf_tcp_sock", "bpf_sk_lookup", "bpf_sock_addr", "bpf_sock_ops", "bpf_sockopt", "bpf_sysctl",
		"bpf_cgroup_dev_ctx", "sk_msg_md", "sk_reuseport_md",
	},
	enums: []string{"xdp_action", "sk_action", "tcx_action_base"},
}

// tracepoints are those that people watch first: tests of such programs need their prototypes.
var tracepoints = part{
	typedefs: []string{
		"btf_trace_sched_process_exec", "btf_trace_sched_process_exit", "btf_trace_sched_process_fork", "btf_trace_sched_switch",
		"btf_trace_sched_wakeup", "btf_trace_sys_enter", "btf_trace_sys_exit", "btf_trace_tcp_retransmit_skb", "btf_trace_tcp_probe",
		"btf_trace_kfree_skb", "btf_trace_netif_receive_skb",
	},
	structs: []string{"pt_regs", "linux_binprm", "sk_buff"},
}

// mistaken has the names in the programs of internal/test/mistakes.
var mistaken = part{
	structs:  []string{"task_struct"},
	typedefs: []string{"btf_trace_task_newtask"},
	functions: []string{
		"bpf_task_acquire", "bpf_task_release", "bpf_task_from_pid", "bpf_cgroup_acquire", "bpf_cgroup_release", "bpf_iter_task_",
		"bpf_iter_num_", "bpf_dynptr_from_skb", "bpf_dynptr_size", "bpf_dynptr_slice", "bpf_wq_", "bpf_cpumask_create",
		"bpf_cpumask_release", "bpf_copy_from_user_str", "bpf_rcu_read_", "bpf_preempt_", "bpf_local_irq_",
	},
}

// recordedKernel is the kernel that the programs of internal/test/recorded were loaded into. recordedTypes are types that they need in
// addition to those that they name.
const recordedKernel = "6.18.btf.xz"

var recordedTypes = []*part{&tcp, &contexts, &mistaken,
	{structs: []string{"Qdisc_ops", "bpf_struct_ops_Qdisc_ops", "cgroup"}, typedefs: []string{"u32"}}}

// numbered are the enums that package internal/linux has rows for.
var numbered = part{
	enums: []string{"bpf_func_id", "bpf_prog_type", "bpf_map_type", "bpf_attach_type", "bpf_link_type"},
}
