package verify

// An effect is what calling a kernel function does.
type effect uint32

const (
	acquires        effect = 1 << iota // the result has to be given back
	mayBeNil                           // the result, in all kernels that have the function
	nilVaries                          // the result may be nil in some kernels, or for some arguments: nothing is claimed that follows from it
	releases                           // an argument is given back, and gone
	transfers                          // an argument belongs to somebody else from now on; the pointer may stay good
	trusts                             // arguments must be known to be good, and not nil
	sleeps                             // it may sleep
	common                             // any program may call it, whatever its type
	locked                             // it may be called with a spin lock held
	entersRCU                          // a section begins
	leavesRCU                          // and ends
	stopsPreemption                    // likewise
	allowsPreemption
	savesFlags // interrupt flags, to the stack
	restoresFlags
	begins // an iterator on the stack
	steps
	finishes
)

// A functionRow is what is known of a kernel function besides its prototype.
type functionRow struct {
	name   string
	does   effect
	arg    int    // of what is given back, counted from 0
	thing  string // what is held
	back   string // what gives it back
	since  string // the first Linux that has it
	source string // the file of Linux that says so
}

const irqFlags = "saved interrupt flags"

// functions lists the kernel functions that acquire something or give it back, and others that are often called. Flags are those of
// their BTF_ID_FLAGS (KF_ACQUIRE, KF_RELEASE, KF_RET_NULL, KF_TRUSTED_ARGS, KF_SLEEPABLE); what may be nil since a later Linux
// only is nilVaries.
//
// A function that is not here may do anything with its arguments.
var functions = [...]functionRow{
	{name: "bpf_rcu_read_lock", does: entersRCU | common, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rcu_read_unlock", does: leavesRCU | common, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_preempt_disable", does: stopsPreemption | common, since: "6.10", source: "kernel/bpf/helpers.c"},
	{name: "bpf_preempt_enable", does: allowsPreemption | common, since: "6.10", source: "kernel/bpf/helpers.c"},
	{name: "bpf_local_irq_save", does: savesFlags | common, thing: irqFlags, back: "bpf_local_irq_restore", since: "6.14", source: "kernel/bpf/helpers.c"},
	{name: "bpf_local_irq_restore", does: restoresFlags | common, thing: irqFlags, since: "6.14", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_acquire", does: acquires | trusts | mayBeNil, thing: "task", back: "bpf_task_release", since: "6.2", source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{name: "bpf_task_from_pid", does: acquires | mayBeNil, thing: "task", back: "bpf_task_release", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_from_vpid", does: acquires | mayBeNil, thing: "task", back: "bpf_task_release", since: "6.14", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_release", does: releases, thing: "task", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_under_cgroup", does: trusts, since: "6.5", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_acquire", does: acquires | trusts | mayBeNil, thing: "cgroup", back: "bpf_cgroup_release", since: "6.2", source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{name: "bpf_cgroup_ancestor", does: acquires | trusts | mayBeNil, thing: "cgroup", back: "bpf_cgroup_release", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_from_id", does: acquires | mayBeNil, thing: "cgroup", back: "bpf_cgroup_release", since: "6.4", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_get_cgroup1", does: acquires | mayBeNil | trusts, thing: "cgroup", back: "bpf_cgroup_release", since: "6.8", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_release", does: releases, thing: "cgroup", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_obj_new_impl", does: acquires | mayBeNil, thing: "object", back: "bpf_obj_drop, or a list, tree or map that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_obj_drop_impl", does: releases, thing: "object", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_percpu_obj_new_impl", does: acquires | mayBeNil, thing: "object", back: "bpf_percpu_obj_drop", since: "6.7", source: "kernel/bpf/helpers.c"},
	{name: "bpf_percpu_obj_drop_impl", does: releases, thing: "object", since: "6.7", source: "kernel/bpf/helpers.c"},
	{name: "bpf_refcount_acquire_impl", does: acquires | nilVaries | locked, thing: "object", back: "bpf_obj_drop", since: "6.4", source: "kernel/bpf/helpers.c"}, // of what the program owns it is not
	{name: "bpf_list_push_front_impl", does: transfers | locked, arg: 1, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_push_back_impl", does: transfers | locked, arg: 1, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_pop_front", does: acquires | mayBeNil | locked, thing: "list node", back: "bpf_obj_drop, or a list that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_pop_back", does: acquires | mayBeNil | locked, thing: "list node", back: "bpf_obj_drop, or a list that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rbtree_add_impl", does: transfers | locked, arg: 1, since: "6.3", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rbtree_remove", does: acquires | nilVaries | locked, thing: "tree node", back: "bpf_obj_drop, or a tree that takes it", since: "6.3", source: "kernel/bpf/helpers.c"}, // nil since 6.5
	{name: "bpf_lookup_user_key", does: acquires | mayBeNil | sleeps, thing: "key", back: "bpf_key_put", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_lookup_system_key", does: acquires | mayBeNil, thing: "key", back: "bpf_key_put", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_key_put", does: releases, thing: "key", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_get_task_exe_file", does: acquires | mayBeNil, thing: "file", back: "bpf_put_file", since: "6.12", source: "fs/bpf_fs_kfuncs.c"},
	{name: "bpf_put_file", does: releases, thing: "file", since: "6.12", source: "fs/bpf_fs_kfuncs.c"},
	{name: "bpf_crypto_ctx_create", does: acquires | mayBeNil | sleeps, thing: "crypto context", back: "bpf_crypto_ctx_release", since: "6.10", source: "kernel/bpf/crypto.c"},
	{name: "bpf_crypto_ctx_acquire", does: acquires | mayBeNil, thing: "crypto context", back: "bpf_crypto_ctx_release", since: "6.10", source: "kernel/bpf/crypto.c"},
	{name: "bpf_crypto_ctx_release", does: releases, thing: "crypto context", since: "6.10", source: "kernel/bpf/crypto.c"},
	{name: "bpf_cpumask_create", does: acquires | mayBeNil, thing: "CPU mask", back: "bpf_cpumask_release", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_acquire", does: acquires | trusts, thing: "CPU mask", back: "bpf_cpumask_release", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_release", does: releases, thing: "CPU mask", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_first", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_set_cpu", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_clear_cpu", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_test_cpu", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_setall", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_clear", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_empty", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_copy", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_first_zero", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_first_and", does: trusts, since: "6.5", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_test_and_set_cpu", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_test_and_clear_cpu", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_and", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_or", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_xor", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_equal", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_intersects", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_subset", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_full", does: trusts, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_any_distribute", does: trusts, since: "6.5", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_any_and_distribute", does: trusts, since: "6.5", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_weight", does: trusts, since: "6.8", source: "kernel/bpf/cpumask.c"},

	{name: "bpf_skb_ct_alloc", does: acquires | mayBeNil, thing: "connection", back: "bpf_ct_insert_entry", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_ct_alloc", does: acquires | mayBeNil, thing: "connection", back: "bpf_ct_insert_entry", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_skb_ct_lookup", does: acquires | mayBeNil, thing: "connection", back: "bpf_ct_release", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_ct_lookup", does: acquires | mayBeNil, thing: "connection", back: "bpf_ct_release", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_ct_insert_entry", does: releases | acquires | mayBeNil, thing: "connection", back: "bpf_ct_release", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_ct_release", does: releases, thing: "connection", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_get_xfrm_state", does: acquires | mayBeNil, thing: "xfrm state", back: "bpf_xdp_xfrm_state_release", since: "6.8", source: "net/xfrm/xfrm_state_bpf.c"},
	{name: "bpf_xdp_xfrm_state_release", does: releases, thing: "xfrm state", since: "6.8", source: "net/xfrm/xfrm_state_bpf.c"},
	{name: "bpf_kfree_skb", does: releases, thing: "packet", since: "6.16", source: "net/sched/bpf_qdisc.c"},
	{name: "bpf_qdisc_skb_drop", does: releases, thing: "packet", since: "6.16", source: "net/sched/bpf_qdisc.c"},
	{name: "hid_bpf_allocate_context", does: acquires | mayBeNil, thing: "HID context", back: "hid_bpf_release_context", since: "6.3", source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{name: "hid_bpf_release_context", does: releases, thing: "HID context", since: "6.3", source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{name: "scx_bpf_get_idle_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_idle_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_idle_smtmask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_idle_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_put_idle_cpumask", does: releases, thing: "CPU mask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_online_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_possible_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_put_cpumask", does: releases, thing: "CPU mask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_task_cgroup", does: acquires, thing: "cgroup", back: "bpf_cgroup_release", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_iter_num_new", does: begins | common | common | locked, thing: "iterator of numbers", back: "bpf_iter_num_destroy", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_num_next", does: steps | common | common | locked, thing: "iterator of numbers", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_num_destroy", does: finishes | common | common | locked, thing: "iterator of numbers", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_bits_new", does: begins | common, thing: "iterator of bits", back: "bpf_iter_bits_destroy", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_bits_next", does: steps | common, thing: "iterator of bits", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_bits_destroy", does: finishes | common, thing: "iterator of bits", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_task_new", does: begins | common, thing: "iterator of tasks", back: "bpf_iter_task_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_next", does: steps | common, thing: "iterator of tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_destroy", does: finishes | common, thing: "iterator of tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_new", does: begins | common, thing: "iterator of VMAs", back: "bpf_iter_task_vma_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_next", does: steps | common, thing: "iterator of VMAs", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_destroy", does: finishes | common, thing: "iterator of VMAs", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_new", does: begins | common, thing: "iterator of cgroups", back: "bpf_iter_css_destroy", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_next", does: steps | common, thing: "iterator of cgroups", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_destroy", does: finishes | common, thing: "iterator of cgroups", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_task_new", does: begins | common, thing: "iterator of a cgroup's tasks", back: "bpf_iter_css_task_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_task_next", does: steps | common, thing: "iterator of a cgroup's tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_task_destroy", does: finishes | common, thing: "iterator of a cgroup's tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_scx_dsq_new", does: begins, thing: "iterator of a dispatch queue", back: "bpf_iter_scx_dsq_destroy", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_iter_scx_dsq_next", does: steps, thing: "iterator of a dispatch queue", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_iter_scx_dsq_destroy", does: finishes, thing: "iterator of a dispatch queue", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_copy_from_user_str", does: sleeps, since: "6.12", source: "kernel/bpf/helpers.c"},
	{name: "tcp_slow_start", does: trusts, since: "5.6", source: "net/ipv4/bpf_tcp_ca.c"},
	{name: "tcp_cong_avoid_ai", does: trusts, since: "5.6", source: "net/ipv4/bpf_tcp_ca.c"},
	{name: "tcp_reno_ssthresh", does: trusts, since: "5.6", source: "net/ipv4/bpf_tcp_ca.c"},
	{name: "tcp_reno_cong_avoid", does: trusts, since: "5.6", source: "net/ipv4/bpf_tcp_ca.c"},
	{name: "tcp_reno_undo_cwnd", does: trusts, since: "5.6", source: "net/ipv4/bpf_tcp_ca.c"},
}

// unknownFunction stands for those that are not in the table.
var unknownFunction functionRow

// rowOf finds what is known of a kernel function.
func rowOf(name string) *functionRow {
	for n := range functions {
		if functions[n].name == name {
			return &functions[n]
		}
	}
	return &unknownFunction
}

func (r *functionRow) has(e effect) bool { return r.does&e != 0 }

// takes reports whether argument n is given back, or to somebody else.
func (r *functionRow) takes(n int) bool { return r.has(releases|transfers) && n == r.arg }
