package compile

import "github.com/bpfsmith/bpfsmith/isa"

// An effect is what a call does to what a program holds.
type effect uint8

const (
	acquires  effect = 1 << iota // the result is a reference that has to be given back
	releases                     // arg is given back, and gone
	transfers                    // arg belongs to somebody else from now on; the pointer may stay good
	orNil                        // releases and transfers take nil too
	begins                       // arg is the address of a place on the stack that holds something from now on
	uses                         // of such a place
	finishes                     // and it holds nothing any more
	borrows                      // nothing: arguments stay what they are
)

// A nilness says whether what a call acquired may be nil.
type nilness uint8

const (
	never  nilness = iota
	may            // in all kernels that have the function
	varies         // in some kernels, or for some arguments: nothing is claimed that follows from it
)

// A section is code between two calls that must not be left otherwise.
type section uint8

const (
	noSection section = iota
	spinSection
	rcuSection
	preemptSection
	sections
)

// A row is what is known of one helper or kernel function.
type row struct {
	name   string
	helper int32 // its number; 0 for kernel functions
	does   effect
	arg    isa.Register // what is given back, or the address of the place
	nil    nilness      // of what is acquired
	enters section
	leaves section
	thing  string // what is held; of places, what belongs together has the same one
	back   string // what gives it back
	since  string // the first Linux that has it
	source string // the file of Linux that says so
}

// References lists the calls that acquire something or give it back. Acquiring and
// releasing helpers are those of is_acquire_function and of arguments with
// OBJ_RELEASE (kernel/bpf/verifier.c), kernel functions those with KF_ACQUIRE and
// KF_RELEASE. What may be nil is KF_RET_NULL, "varies" where that came later.
//
// A kernel function that is not here may do anything with its arguments. Of
// helpers that is not so: their numbers end.
var references = [...]row{
	{name: "bpf_sk_lookup_tcp", helper: 84, does: acquires, nil: may, thing: "socket", back: "bpf_sk_release", since: "4.20", source: "net/core/filter.c"},
	{name: "bpf_sk_lookup_udp", helper: 85, does: acquires, nil: may, thing: "socket", back: "bpf_sk_release", since: "4.20", source: "net/core/filter.c"},
	{name: "bpf_skc_lookup_tcp", helper: 99, does: acquires, nil: may, thing: "socket", back: "bpf_sk_release", since: "5.2", source: "net/core/filter.c"},
	{name: "bpf_sk_release", helper: 86, does: releases, arg: isa.R1, thing: "socket", since: "4.20", source: "net/core/filter.c"},
	{name: "bpf_ringbuf_reserve", helper: 131, does: acquires, nil: may, thing: "record", back: "bpf_ringbuf_submit or bpf_ringbuf_discard", since: "5.8", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_ringbuf_submit", helper: 132, does: releases, arg: isa.R1, thing: "record", since: "5.8", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_ringbuf_discard", helper: 133, does: releases, arg: isa.R1, thing: "record", since: "5.8", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_ringbuf_reserve_dynptr", helper: 198, does: begins, arg: isa.R4, thing: "dynptr of a ring buffer", back: "bpf_ringbuf_submit_dynptr or bpf_ringbuf_discard_dynptr, also when it failed", since: "5.19", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_ringbuf_submit_dynptr", helper: 199, does: finishes, arg: isa.R1, thing: "dynptr of a ring buffer", since: "5.19", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_ringbuf_discard_dynptr", helper: 200, does: finishes, arg: isa.R1, thing: "dynptr of a ring buffer", since: "5.19", source: "kernel/bpf/ringbuf.c"},
	{name: "bpf_kptr_xchg", helper: 194, does: acquires | transfers | orNil, arg: isa.R2, nil: may, thing: "object", back: "what releases its type, or bpf_kptr_xchg into a map", since: "5.19", source: "kernel/bpf/helpers.c"},
	{name: "bpf_spin_lock", helper: 93, enters: spinSection, since: "5.1", source: "kernel/bpf/helpers.c"},
	{name: "bpf_spin_unlock", helper: 94, leaves: spinSection, since: "5.1", source: "kernel/bpf/helpers.c"},

	{name: "bpf_rcu_read_lock", enters: rcuSection, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rcu_read_unlock", leaves: rcuSection, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_preempt_disable", enters: preemptSection, since: "6.10", source: "kernel/bpf/helpers.c"},
	{name: "bpf_preempt_enable", leaves: preemptSection, since: "6.10", source: "kernel/bpf/helpers.c"},
	{name: "bpf_local_irq_save", does: begins, arg: isa.R1, thing: irqFlags, back: "bpf_local_irq_restore", since: "6.14", source: "kernel/bpf/helpers.c"},
	{name: "bpf_local_irq_restore", does: finishes, arg: isa.R1, thing: irqFlags, since: "6.14", source: "kernel/bpf/helpers.c"},

	{name: "bpf_task_acquire", does: acquires, nil: varies, thing: "task", back: "bpf_task_release", since: "6.2", source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{name: "bpf_task_from_pid", does: acquires, nil: may, thing: "task", back: "bpf_task_release", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_from_vpid", does: acquires, nil: may, thing: "task", back: "bpf_task_release", since: "6.14", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_release", does: releases, arg: isa.R1, thing: "task", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_under_cgroup", does: borrows, since: "6.5", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_acquire", does: acquires, nil: varies, thing: "cgroup", back: "bpf_cgroup_release", since: "6.2", source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{name: "bpf_cgroup_ancestor", does: acquires, nil: may, thing: "cgroup", back: "bpf_cgroup_release", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_from_id", does: acquires, nil: may, thing: "cgroup", back: "bpf_cgroup_release", since: "6.4", source: "kernel/bpf/helpers.c"},
	{name: "bpf_task_get_cgroup1", does: acquires, nil: may, thing: "cgroup", back: "bpf_cgroup_release", since: "6.8", source: "kernel/bpf/helpers.c"},
	{name: "bpf_cgroup_release", does: releases, arg: isa.R1, thing: "cgroup", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_obj_new_impl", does: acquires, nil: may, thing: "object", back: "bpf_obj_drop, or a list, tree or map that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_obj_drop_impl", does: releases, arg: isa.R1, thing: "object", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_percpu_obj_new_impl", does: acquires, nil: may, thing: "object", back: "bpf_percpu_obj_drop", since: "6.7", source: "kernel/bpf/helpers.c"},
	{name: "bpf_percpu_obj_drop_impl", does: releases, arg: isa.R1, thing: "object", since: "6.7", source: "kernel/bpf/helpers.c"},
	{name: "bpf_refcount_acquire_impl", does: acquires, nil: varies, thing: "object", back: "bpf_obj_drop", since: "6.4", source: "kernel/bpf/helpers.c"}, // of what the program owns it is not
	{name: "bpf_list_push_front_impl", does: transfers, arg: isa.R2, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_push_back_impl", does: transfers, arg: isa.R2, since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_pop_front", does: acquires, nil: may, thing: "list node", back: "bpf_obj_drop, or a list that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_list_pop_back", does: acquires, nil: may, thing: "list node", back: "bpf_obj_drop, or a list that takes it", since: "6.2", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rbtree_add_impl", does: transfers, arg: isa.R2, since: "6.3", source: "kernel/bpf/helpers.c"},
	{name: "bpf_rbtree_remove", does: acquires, nil: varies, thing: "tree node", back: "bpf_obj_drop, or a tree that takes it", since: "6.3", source: "kernel/bpf/helpers.c"}, // nil since 6.5
	{name: "bpf_lookup_user_key", does: acquires, nil: may, thing: "key", back: "bpf_key_put", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_lookup_system_key", does: acquires, nil: may, thing: "key", back: "bpf_key_put", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_key_put", does: releases, arg: isa.R1, thing: "key", since: "6.1", source: "kernel/trace/bpf_trace.c"},
	{name: "bpf_get_task_exe_file", does: acquires, nil: may, thing: "file", back: "bpf_put_file", since: "6.12", source: "fs/bpf_fs_kfuncs.c"},
	{name: "bpf_put_file", does: releases, arg: isa.R1, thing: "file", since: "6.12", source: "fs/bpf_fs_kfuncs.c"},
	{name: "bpf_crypto_ctx_create", does: acquires, nil: may, thing: "crypto context", back: "bpf_crypto_ctx_release", since: "6.10", source: "kernel/bpf/crypto.c"},
	{name: "bpf_crypto_ctx_acquire", does: acquires, nil: may, thing: "crypto context", back: "bpf_crypto_ctx_release", since: "6.10", source: "kernel/bpf/crypto.c"},
	{name: "bpf_crypto_ctx_release", does: releases, arg: isa.R1, thing: "crypto context", since: "6.10", source: "kernel/bpf/crypto.c"},

	{name: "bpf_cpumask_create", does: acquires, nil: may, thing: "CPU mask", back: "bpf_cpumask_release", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_acquire", does: acquires, thing: "CPU mask", back: "bpf_cpumask_release", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_release", does: releases, arg: isa.R1, thing: "CPU mask", since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_first", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_set_cpu", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_clear_cpu", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_test_cpu", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_setall", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_clear", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_empty", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},
	{name: "bpf_cpumask_copy", does: borrows, since: "6.3", source: "kernel/bpf/cpumask.c"},

	{name: "bpf_skb_ct_alloc", does: acquires, nil: may, thing: "connection", back: "bpf_ct_insert_entry", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_ct_alloc", does: acquires, nil: may, thing: "connection", back: "bpf_ct_insert_entry", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_skb_ct_lookup", does: acquires, nil: may, thing: "connection", back: "bpf_ct_release", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_ct_lookup", does: acquires, nil: may, thing: "connection", back: "bpf_ct_release", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_ct_insert_entry", does: releases | acquires, arg: isa.R1, nil: may, thing: "connection", back: "bpf_ct_release", since: "6.0", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_ct_release", does: releases, arg: isa.R1, thing: "connection", since: "5.18", source: "net/netfilter/nf_conntrack_bpf.c"},
	{name: "bpf_xdp_get_xfrm_state", does: acquires, nil: may, thing: "xfrm state", back: "bpf_xdp_xfrm_state_release", since: "6.8", source: "net/xfrm/xfrm_state_bpf.c"},
	{name: "bpf_xdp_xfrm_state_release", does: releases, arg: isa.R1, thing: "xfrm state", since: "6.8", source: "net/xfrm/xfrm_state_bpf.c"},
	{name: "bpf_kfree_skb", does: releases, arg: isa.R1, thing: "packet", since: "6.16", source: "net/sched/bpf_qdisc.c"},
	{name: "bpf_qdisc_skb_drop", does: releases, arg: isa.R1, thing: "packet", since: "6.16", source: "net/sched/bpf_qdisc.c"},
	{name: "hid_bpf_allocate_context", does: acquires, nil: may, thing: "HID context", back: "hid_bpf_release_context", since: "6.3", source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{name: "hid_bpf_release_context", does: releases, arg: isa.R1, thing: "HID context", since: "6.3", source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{name: "scx_bpf_get_idle_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_idle_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_idle_smtmask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_idle_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_put_idle_cpumask", does: releases, arg: isa.R1, thing: "CPU mask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_online_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_get_possible_cpumask", does: acquires, thing: "CPU mask", back: "scx_bpf_put_cpumask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_put_cpumask", does: releases, arg: isa.R1, thing: "CPU mask", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "scx_bpf_task_cgroup", does: acquires, thing: "cgroup", back: "bpf_cgroup_release", since: "6.12", source: "kernel/sched/ext.c"},

	{name: "bpf_iter_num_new", does: begins, arg: isa.R1, thing: "iterator of numbers", back: "bpf_iter_num_destroy", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_num_next", does: uses, arg: isa.R1, thing: "iterator of numbers", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_num_destroy", does: finishes, arg: isa.R1, thing: "iterator of numbers", since: "6.4", source: "kernel/bpf/bpf_iter.c"},
	{name: "bpf_iter_bits_new", does: begins, arg: isa.R1, thing: "iterator of bits", back: "bpf_iter_bits_destroy", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_bits_next", does: uses, arg: isa.R1, thing: "iterator of bits", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_bits_destroy", does: finishes, arg: isa.R1, thing: "iterator of bits", since: "6.11", source: "kernel/bpf/helpers.c"},
	{name: "bpf_iter_task_new", does: begins, arg: isa.R1, thing: "iterator of tasks", back: "bpf_iter_task_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_next", does: uses, arg: isa.R1, thing: "iterator of tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_destroy", does: finishes, arg: isa.R1, thing: "iterator of tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_new", does: begins, arg: isa.R1, thing: "iterator of VMAs", back: "bpf_iter_task_vma_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_next", does: uses, arg: isa.R1, thing: "iterator of VMAs", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_task_vma_destroy", does: finishes, arg: isa.R1, thing: "iterator of VMAs", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_new", does: begins, arg: isa.R1, thing: "iterator of cgroups", back: "bpf_iter_css_destroy", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_next", does: uses, arg: isa.R1, thing: "iterator of cgroups", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_destroy", does: finishes, arg: isa.R1, thing: "iterator of cgroups", since: "6.7", source: "kernel/bpf/cgroup_iter.c"},
	{name: "bpf_iter_css_task_new", does: begins, arg: isa.R1, thing: "iterator of a cgroup's tasks", back: "bpf_iter_css_task_destroy", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_task_next", does: uses, arg: isa.R1, thing: "iterator of a cgroup's tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_css_task_destroy", does: finishes, arg: isa.R1, thing: "iterator of a cgroup's tasks", since: "6.7", source: "kernel/bpf/task_iter.c"},
	{name: "bpf_iter_scx_dsq_new", does: begins, arg: isa.R1, thing: "iterator of a dispatch queue", back: "bpf_iter_scx_dsq_destroy", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_iter_scx_dsq_next", does: uses, arg: isa.R1, thing: "iterator of a dispatch queue", since: "6.12", source: "kernel/sched/ext.c"},
	{name: "bpf_iter_scx_dsq_destroy", does: finishes, arg: isa.R1, thing: "iterator of a dispatch queue", since: "6.12", source: "kernel/sched/ext.c"},
}

const irqFlags = "saved interrupt flags"

// rowOfHelper finds a helper's row, counted from 1, or 0.
func rowOfHelper(id int64) int {
	for n := range references {
		if r := &references[n]; r.helper != 0 && int64(r.helper) == id {
			return n + 1
		}
	}
	return 0
}

// rowOfFunction finds a kernel function's row, counted from 1, or 0.
func rowOfFunction(name string) int {
	for n := range references {
		if r := &references[n]; r.helper == 0 && r.name == name {
			return n + 1
		}
	}
	return 0
}

// ofSection names a section, and the calls around it.
func ofSection(s section) (name, enter, leave string) {
	switch s {
	case spinSection:
		return "a spin lock", "bpf_spin_lock", "bpf_spin_unlock"
	case rcuSection:
		return "the RCU read lock", "bpf_rcu_read_lock", "bpf_rcu_read_unlock"
	}
	return "preemption disabled", "bpf_preempt_disable", "bpf_preempt_enable"
}

// Helpers by number that the check knows more of (enum bpf_func_id,
// include/uapi/linux/bpf.h).
const (
	helperMapLookup = 1
	helperTailCall  = 12
	helperUnlock    = 94
	helperXchg      = 194
)

// callsBack reports whether a helper runs functions of the program, which may do
// something about what is held.
func callsBack(helper int64) bool {
	switch helper {
	case 164, 170, 180, 181, 209: // for_each_map_elem, timer_set_callback, find_vma, loop, user_ringbuf_drain
		return true
	}
	return false
}

// sleeps reports whether a helper may wait (might_sleep of its bpf_func_proto),
// as all kernels that know of sections have it.
func sleeps(helper int64) bool {
	switch helper {
	case 148, 161, 191, 193: // copy_from_user, ima_inode_hash, copy_from_user_task, ima_file_hash
		return true
	}
	return false
}

// anyResult reports whether the kernel knows nothing of the number that a
// helper returns. Others give pointers, or numbers within bounds.
func anyResult(helper int64) bool {
	switch helper {
	case 2, 3, 4, 5, 7, 9, 10, 11, 13, 14, 15, 16, 25, 26, 34, 39, 44, 46, 50, 54, 69, 80, 87, 88, 89, 112, 113, 118, 125, 130, 134, 160, 201, 202:
		return true
	}
	return false
}
