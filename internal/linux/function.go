package linux

import "iter"

// A Function is what is known about a function of the kernel that programs may call (a kfunc). Its prototype is in BTF.
type Function struct {
	Name   string
	Does   FunctionEffects
	Arg    int      // which argument is released or passed on, counted from 0
	Held   string   // what the program holds after the call, or, for a function that releases or ends it, before the call: "task"
	Back   []string // the functions that release or end what is held: one of them must be called
	Or     string   // another way, after "or": "pass it to a list that keeps it"
	Since  Version  // the first Linux that has it
	Source string   // the file of Linux that says so
	// NilWith, with FuncNilVaries, is a function of later kernels: where it is too, the result may be nil.
	NilWith string
}

// FunctionEffects are the effects of a call of a kernel function.
type FunctionEffects uint32

const (
	FuncAcquires FunctionEffects = 1 << iota // the result must be released (KF_ACQUIRE)
	FuncMayBeNil                             // the result may be nil, in all kernels that have the function (KF_RET_NULL)
	// the result may be nil in some kernels, or for some arguments: nothing is concluded from it
	FuncNilVaries
	FuncReleases        // an argument is released, and no longer valid (KF_RELEASE)
	FuncTransfers       // an argument then belongs to another owner; the pointer may stay valid
	FuncTrusts          // arguments must be trusted and not nil (KF_TRUSTED_ARGS)
	FuncLocked          // it may be called with a spin lock held
	FuncEntersRCU       // an RCU section begins
	FuncLeavesRCU       // the RCU section ends
	FuncStopsPreemption // a section without preemption begins
	FuncAllowsPreemption
	FuncSavesFlags    // it saves interrupt flags on the stack
	FuncRestoresFlags // it restores them from there
	FuncBegins        // it begins an iterator on the stack (KF_ITER_NEW)
	FuncSteps         // KF_ITER_NEXT
	FuncFinishes      // KF_ITER_DESTROY
	FuncNeedsLock     // its first argument is a list or tree, whose lock must be held
	FuncThrows        // the program ends there
	FuncTrustsRCU     // as FuncTrusts, but arguments that RCU protects are enough (KF_RCU)
	FuncAllocates     // the result is an object of the program's type whose id is the first argument
	FuncPerCPU        // of such an object there is one for each CPU
	FuncNode          // the result is a node of the list or tree; without FuncAcquires, it still owns the node
	FuncLocks         // it takes a lock if the result is 0
	FuncUnlocks
)

// functions lists the kernel functions that acquire or release something, and others that are often called. Effects are those of their
// BTF_ID_FLAGS (KF_ACQUIRE and so on, include/linux/btf.h). FuncNilVaries marks a result that may be nil only since a later Linux.
//
// A function that is not here may do anything with its arguments. To add one, add a row.
var functions = [...]Function{
	{Name: "bpf_rcu_read_lock", Does: FuncEntersRCU, Held: "RCU read lock", Back: []string{"bpf_rcu_read_unlock"},
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rcu_read_unlock", Does: FuncLeavesRCU, Held: "RCU read lock", Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_preempt_disable", Does: FuncStopsPreemption,
		Held: "lock against preemption", Back: []string{"bpf_preempt_enable"},
		Since: "6.10", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_preempt_enable", Does: FuncAllowsPreemption, Held: "lock against preemption",
		Since: "6.10", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_local_irq_save", Does: FuncSavesFlags, Held: "saved interrupt flags", Back: []string{"bpf_local_irq_restore"},
		Since: "6.14", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_local_irq_restore", Does: FuncRestoresFlags, Held: "saved interrupt flags",
		Since: "6.14", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_task_acquire", Does: FuncAcquires | FuncTrustsRCU | FuncMayBeNil, Held: "task", Back: []string{"bpf_task_release"},
		Since: "6.2", Source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{Name: "bpf_task_from_pid", Does: FuncAcquires | FuncMayBeNil, Held: "task", Back: []string{"bpf_task_release"},
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_task_from_vpid", Does: FuncAcquires | FuncMayBeNil, Held: "task", Back: []string{"bpf_task_release"},
		Since: "6.14", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_task_release", Does: FuncReleases, Held: "task", Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_task_under_cgroup", Does: FuncTrustsRCU, Since: "6.5", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_cgroup_acquire", Does: FuncAcquires | FuncTrustsRCU | FuncMayBeNil, Held: "cgroup", Back: []string{"bpf_cgroup_release"},
		Since: "6.2", Source: "kernel/bpf/helpers.c"}, // nil since 6.4
	{Name: "bpf_cgroup_ancestor", Does: FuncAcquires | FuncTrustsRCU | FuncMayBeNil, Held: "cgroup", Back: []string{"bpf_cgroup_release"},
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_cgroup_from_id", Does: FuncAcquires | FuncMayBeNil, Held: "cgroup", Back: []string{"bpf_cgroup_release"},
		Since: "6.4", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_task_get_cgroup1", Does: FuncAcquires | FuncMayBeNil | FuncTrustsRCU, Held: "cgroup", Back: []string{"bpf_cgroup_release"},
		Since: "6.8", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_cgroup_release", Does: FuncReleases, Held: "cgroup", Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_obj_new_impl", Does: FuncAcquires | FuncMayBeNil | FuncAllocates,
		Held: "object", Back: []string{"bpf_obj_drop_impl"}, Or: "pass it to a list, tree or map that keeps it", Since: "6.2",
		Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_obj_drop_impl", Does: FuncReleases, Held: "object", Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_percpu_obj_new_impl", Does: FuncAcquires | FuncMayBeNil | FuncAllocates | FuncPerCPU,
		Held: "object", Back: []string{"bpf_percpu_obj_drop_impl"}, Since: "6.7", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_percpu_obj_drop_impl", Does: FuncReleases | FuncPerCPU, Held: "object", Since: "6.7", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_refcount_acquire_impl", Does: FuncAcquires | FuncNilVaries | FuncLocked | FuncTrustsRCU,
		Held: "object", Back: []string{"bpf_obj_drop_impl"}, NilWith: "bpf_iter_task_new",
		Since: "6.4", Source: "kernel/bpf/helpers.c"}, // not nil for an object that the program owns
	{Name: "bpf_list_push_front_impl", Does: FuncNeedsLock | FuncTransfers | FuncLocked, Arg: 1,
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_list_push_back_impl", Does: FuncNeedsLock | FuncTransfers | FuncLocked, Arg: 1,
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_list_pop_front", Does: FuncNeedsLock | FuncAcquires | FuncNode | FuncMayBeNil | FuncLocked,
		Held: "list node", Back: []string{"bpf_obj_drop_impl"}, Or: "pass it to a list that keeps it",
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_list_pop_back", Does: FuncNeedsLock | FuncAcquires | FuncNode | FuncMayBeNil | FuncLocked,
		Held: "list node", Back: []string{"bpf_obj_drop_impl"}, Or: "pass it to a list that keeps it",
		Since: "6.2", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_list_front", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.16", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_list_back", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.16", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_add_impl", Does: FuncNeedsLock | FuncTransfers | FuncLocked, Arg: 1,
		Since: "6.3", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_remove", Does: FuncNeedsLock | FuncAcquires | FuncNode | FuncNilVaries | FuncLocked,
		// nil since 6.5
		NilWith: "bpf_iter_task_new", Held: "tree node", Back: []string{"bpf_obj_drop_impl"}, Or: "pass it to a tree that keeps it",
		Since: "6.3", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_first", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.3", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_root", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.16", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_left", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.16", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_rbtree_right", Does: FuncNeedsLock | FuncNode | FuncMayBeNil | FuncLocked, Since: "6.16", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_res_spin_lock", Does: FuncLocks | FuncLocked, Held: "lock", Back: []string{"bpf_res_spin_unlock"}, Since: "6.15",
		Source: "kernel/bpf/rqspinlock.c"},
	{Name: "bpf_res_spin_unlock", Does: FuncUnlocks | FuncLocked, Held: "lock", Since: "6.15", Source: "kernel/bpf/rqspinlock.c"},
	{Name: "bpf_res_spin_lock_irqsave", Does: FuncLocks | FuncSavesFlags | FuncLocked, Held: "lock",
		Back: []string{"bpf_res_spin_unlock_irqrestore"}, Since: "6.15", Source: "kernel/bpf/rqspinlock.c"},
	{Name: "bpf_res_spin_unlock_irqrestore", Does: FuncUnlocks | FuncRestoresFlags | FuncLocked, Held: "lock", Since: "6.15",
		Source: "kernel/bpf/rqspinlock.c"},
	{Name: "bpf_lookup_user_key", Does: FuncAcquires | FuncMayBeNil, Held: "key", Back: []string{"bpf_key_put"},
		Since: "6.1", Source: "kernel/trace/bpf_trace.c"},
	{Name: "bpf_lookup_system_key", Does: FuncAcquires | FuncMayBeNil, Held: "key", Back: []string{"bpf_key_put"},
		Since: "6.1", Source: "kernel/trace/bpf_trace.c"},
	{Name: "bpf_key_put", Does: FuncReleases, Held: "key", Since: "6.1", Source: "kernel/trace/bpf_trace.c"},
	{Name: "bpf_get_task_exe_file", Does: FuncAcquires | FuncMayBeNil, Held: "file", Back: []string{"bpf_put_file"},
		Since: "6.12", Source: "fs/bpf_fs_kfuncs.c"},
	{Name: "bpf_put_file", Does: FuncReleases, Held: "file", Since: "6.12", Source: "fs/bpf_fs_kfuncs.c"},
	{Name: "bpf_crypto_ctx_create", Does: FuncAcquires | FuncMayBeNil,
		Held: "crypto context", Back: []string{"bpf_crypto_ctx_release"}, Since: "6.10", Source: "kernel/bpf/crypto.c"},
	{Name: "bpf_crypto_ctx_acquire", Does: FuncAcquires | FuncMayBeNil, Held: "crypto context", Back: []string{"bpf_crypto_ctx_release"},
		Since: "6.10", Source: "kernel/bpf/crypto.c"},
	{Name: "bpf_crypto_ctx_release", Does: FuncReleases, Held: "crypto context", Since: "6.10", Source: "kernel/bpf/crypto.c"},
	{Name: "bpf_cpumask_create", Does: FuncAcquires | FuncMayBeNil, Held: "CPU mask", Back: []string{"bpf_cpumask_release"},
		Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_acquire", Does: FuncAcquires | FuncTrusts, Held: "CPU mask", Back: []string{"bpf_cpumask_release"},
		Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_release", Does: FuncReleases, Held: "CPU mask", Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_first", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_set_cpu", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_clear_cpu", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_test_cpu", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_setall", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_clear", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_empty", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_copy", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_first_zero", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_first_and", Does: FuncTrustsRCU, Since: "6.5", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_test_and_set_cpu", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_test_and_clear_cpu", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_and", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_or", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_xor", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_equal", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_intersects", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_subset", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_full", Does: FuncTrustsRCU, Since: "6.3", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_any_distribute", Does: FuncTrustsRCU, Since: "6.5", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_any_and_distribute", Does: FuncTrustsRCU, Since: "6.5", Source: "kernel/bpf/cpumask.c"},
	{Name: "bpf_cpumask_weight", Does: FuncTrustsRCU, Since: "6.8", Source: "kernel/bpf/cpumask.c"},

	{Name: "bpf_skb_ct_alloc", Does: FuncAcquires | FuncMayBeNil, Held: "connection", Back: []string{"bpf_ct_insert_entry"},
		Since: "6.0", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_xdp_ct_alloc", Does: FuncAcquires | FuncMayBeNil, Held: "connection", Back: []string{"bpf_ct_insert_entry"},
		Since: "6.0", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_skb_ct_lookup", Does: FuncAcquires | FuncMayBeNil, Held: "connection", Back: []string{"bpf_ct_release"},
		Since: "5.18", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_xdp_ct_lookup", Does: FuncAcquires | FuncMayBeNil, Held: "connection", Back: []string{"bpf_ct_release"},
		Since: "5.18", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_ct_insert_entry", Does: FuncReleases | FuncAcquires | FuncMayBeNil, Held: "connection", Back: []string{"bpf_ct_release"},
		Since: "6.0", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_ct_release", Does: FuncReleases, Held: "connection", Since: "5.18", Source: "net/netfilter/nf_conntrack_bpf.c"},
	{Name: "bpf_xdp_get_xfrm_state", Does: FuncAcquires | FuncMayBeNil, Held: "xfrm state", Back: []string{"bpf_xdp_xfrm_state_release"},
		Since: "6.8", Source: "net/xfrm/xfrm_state_bpf.c"},
	{Name: "bpf_xdp_xfrm_state_release", Does: FuncReleases, Held: "xfrm state", Since: "6.8", Source: "net/xfrm/xfrm_state_bpf.c"},
	{Name: "bpf_kfree_skb", Does: FuncReleases, Held: "packet", Since: "6.16", Source: "net/sched/bpf_qdisc.c"},
	{Name: "bpf_qdisc_skb_drop", Does: FuncReleases, Held: "packet", Since: "6.16", Source: "net/sched/bpf_qdisc.c"},
	{Name: "hid_bpf_allocate_context", Does: FuncAcquires | FuncMayBeNil, Held: "HID context", Back: []string{"hid_bpf_release_context"},
		Since: "6.3", Source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{Name: "hid_bpf_release_context", Does: FuncReleases, Held: "HID context",
		Since: "6.3", Source: "drivers/hid/bpf/hid_bpf_dispatch.c"},
	{Name: "scx_bpf_get_idle_cpumask", Does: FuncAcquires, Held: "CPU mask", Back: []string{"scx_bpf_put_idle_cpumask"},
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_get_idle_smtmask", Does: FuncAcquires, Held: "CPU mask", Back: []string{"scx_bpf_put_idle_cpumask"},
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_put_idle_cpumask", Does: FuncReleases, Held: "CPU mask", Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_get_online_cpumask", Does: FuncAcquires, Held: "CPU mask", Back: []string{"scx_bpf_put_cpumask"},
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_get_possible_cpumask", Does: FuncAcquires, Held: "CPU mask", Back: []string{"scx_bpf_put_cpumask"},
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_put_cpumask", Does: FuncReleases, Held: "CPU mask", Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "scx_bpf_task_cgroup", Does: FuncAcquires, Held: "cgroup", Back: []string{"bpf_cgroup_release"},
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "bpf_iter_num_new", Does: FuncBegins | FuncLocked,
		Held: "iterator of numbers", Back: []string{"bpf_iter_num_destroy"},
		Since: "6.4", Source: "kernel/bpf/bpf_iter.c"},
	{Name: "bpf_iter_num_next", Does: FuncSteps | FuncLocked, Held: "iterator of numbers",
		Since: "6.4", Source: "kernel/bpf/bpf_iter.c"},
	{Name: "bpf_iter_num_destroy", Does: FuncFinishes | FuncLocked, Held: "iterator of numbers",
		Since: "6.4", Source: "kernel/bpf/bpf_iter.c"},
	{Name: "bpf_iter_bits_new", Does: FuncBegins, Held: "iterator of bits", Back: []string{"bpf_iter_bits_destroy"},
		Since: "6.11", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_iter_bits_next", Does: FuncSteps, Held: "iterator of bits",
		Since: "6.11", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_iter_bits_destroy", Does: FuncFinishes, Held: "iterator of bits",
		Since: "6.11", Source: "kernel/bpf/helpers.c"},
	{Name: "bpf_iter_task_new", Does: FuncBegins, Held: "iterator of tasks", Back: []string{"bpf_iter_task_destroy"},
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_task_next", Does: FuncSteps, Held: "iterator of tasks",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_task_destroy", Does: FuncFinishes, Held: "iterator of tasks",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_task_vma_new", Does: FuncBegins, Held: "iterator of VMAs", Back: []string{"bpf_iter_task_vma_destroy"},
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_task_vma_next", Does: FuncSteps, Held: "iterator of VMAs",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_task_vma_destroy", Does: FuncFinishes, Held: "iterator of VMAs",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_css_new", Does: FuncBegins, Held: "iterator of cgroups", Back: []string{"bpf_iter_css_destroy"},
		Since: "6.7", Source: "kernel/bpf/cgroup_iter.c"},
	{Name: "bpf_iter_css_next", Does: FuncSteps, Held: "iterator of cgroups",
		Since: "6.7", Source: "kernel/bpf/cgroup_iter.c"},
	{Name: "bpf_iter_css_destroy", Does: FuncFinishes, Held: "iterator of cgroups",
		Since: "6.7", Source: "kernel/bpf/cgroup_iter.c"},
	{Name: "bpf_iter_css_task_new", Does: FuncBegins,
		Held: "iterator of a cgroup's tasks", Back: []string{"bpf_iter_css_task_destroy"}, Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_css_task_next", Does: FuncSteps, Held: "iterator of a cgroup's tasks",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_css_task_destroy", Does: FuncFinishes, Held: "iterator of a cgroup's tasks",
		Since: "6.7", Source: "kernel/bpf/task_iter.c"},
	{Name: "bpf_iter_scx_dsq_new", Does: FuncBegins,
		Held: "iterator of a dispatch queue", Back: []string{"bpf_iter_scx_dsq_destroy"}, Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "bpf_iter_scx_dsq_next", Does: FuncSteps, Held: "iterator of a dispatch queue",
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "bpf_iter_scx_dsq_destroy", Does: FuncFinishes, Held: "iterator of a dispatch queue",
		Since: "6.12", Source: "kernel/sched/ext.c"},
	{Name: "bpf_throw", Does: FuncThrows, Since: "6.7", Source: "kernel/bpf/helpers.c"},
	{Name: "tcp_slow_start", Does: FuncTrusts, Since: "5.6", Source: "net/ipv4/bpf_tcp_ca.c"},
	{Name: "tcp_cong_avoid_ai", Does: FuncTrusts, Since: "5.6", Source: "net/ipv4/bpf_tcp_ca.c"},
	{Name: "tcp_reno_ssthresh", Does: FuncTrusts, Since: "5.6", Source: "net/ipv4/bpf_tcp_ca.c"},
	{Name: "tcp_reno_cong_avoid", Does: FuncTrusts, Since: "5.6", Source: "net/ipv4/bpf_tcp_ca.c"},
	{Name: "tcp_reno_undo_cwnd", Does: FuncTrusts, Since: "5.6", Source: "net/ipv4/bpf_tcp_ca.c"},
}

// unknownFunction is the row of functions that are not in the table.
var unknownFunction Function

// FunctionNamed finds the row of a kernel function. If the table does not have it, the row has no name. Do not change it.
func FunctionNamed(name string) *Function {
	for n := range functions {
		if functions[n].Name == name {
			return &functions[n]
		}
	}
	return &unknownFunction
}

// Functions ranges over the kernel functions of the table.
func Functions() iter.Seq[*Function] {
	return func(yield func(*Function) bool) {
		for n := 0; n < len(functions) && yield(&functions[n]); n++ {
		}
	}
}

// Has reports whether the function has any of some effects.
func (f *Function) Has(some FunctionEffects) bool { return f.Does&some != 0 }

// Takes reports whether argument n, counted from 0, is released or passed on.
func (f *Function) Takes(n int) bool { return f.Has(FuncReleases|FuncTransfers) && n == f.Arg }
