package linux

import "slices"

// MayCall reports whether programs of a type may call a kernel function. sure is false where that is not known: the kernel decides by the
// struct or the hook that the program is for, or the function is not in the table.
func (t ProgType) MayCall(function string) (allowed, sure bool) {
	if !judged.Has(t) {
		return true, false
	}
	for n := range functionCallers {
		if row := &functionCallers[n]; slices.Contains(row.functions, function) {
			return row.types.Has(t), true
		}
	}
	return true, false
}

// Sets of types that are offered the same functions (bpf_prog_type_to_kfunc_hook, kernel/bpf/btf.c).
const (
	cgroups = cgroupSKB | 1<<ProgTypeCgroupSock | 1<<ProgTypeSockOps | 1<<ProgTypeCgroupDevice | 1<<ProgTypeCgroupSockAddr |
		1<<ProgTypeCgroupSysctl | 1<<ProgTypeCgroupSockOpt
	tracers = 1<<ProgTypeTracepoint | 1<<ProgTypePerfEvent | 1<<ProgTypeTracing
	tunnels = 1<<ProgTypeLWTIn | 1<<ProgTypeLWTOut | lwtXmit | 1<<ProgTypeLWTSeg6Local

	// judged are the types for which the table was measured. Of the others, the kernel asks the struct, the hook or the target.
	judged = socketFilter | trafficControl | xdp | cgroups | tracers | tunnels | skSKB | 1<<ProgTypeKprobe | 1<<ProgTypeSKMsg |
		1<<ProgTypeRawTracepoint | 1<<ProgTypeRawTracepointWritable | 1<<ProgTypeSKReusePort | 1<<ProgTypeFlowDissector |
		1<<ProgTypeSKLookup | 1<<ProgTypeSyscall | 1<<ProgTypeNetfilter
)

// functionCallers has the functions that Linux 6.18 offers to programs, by the types of programs that may call them (the calls of
// register_btf_kfunc_id_set). TestFunctionCallers holds it to the running kernel. Functions that the kernel offers only for some hooks or
// targets of a type are not here.
var functionCallers = [...]struct {
	types     ProgSet
	functions []string
}{
	{judged, []string{
		"__bpf_trap", "bpf_arena_alloc_pages", "bpf_arena_free_pages", "bpf_arena_reserve_pages", "bpf_cast_to_kern_ctx",
		"bpf_cgroup_read_xattr", "bpf_copy_from_user_dynptr", "bpf_copy_from_user_str", "bpf_copy_from_user_str_dynptr",
		"bpf_copy_from_user_task_dynptr", "bpf_copy_from_user_task_str", "bpf_copy_from_user_task_str_dynptr", "bpf_dynptr_adjust",
		"bpf_dynptr_clone", "bpf_dynptr_copy", "bpf_dynptr_is_null", "bpf_dynptr_is_rdonly", "bpf_dynptr_memset", "bpf_dynptr_size",
		"bpf_dynptr_slice", "bpf_dynptr_slice_rdwr", "bpf_get_kmem_cache", "bpf_iter_bits_destroy", "bpf_iter_bits_new",
		"bpf_iter_bits_next", "bpf_iter_css_destroy", "bpf_iter_css_new", "bpf_iter_css_next", "bpf_iter_css_task_destroy",
		"bpf_iter_css_task_new", "bpf_iter_css_task_next", "bpf_iter_dmabuf_destroy", "bpf_iter_dmabuf_new", "bpf_iter_dmabuf_next",
		"bpf_iter_kmem_cache_destroy", "bpf_iter_kmem_cache_new", "bpf_iter_kmem_cache_next", "bpf_iter_num_destroy",
		"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_task_destroy", "bpf_iter_task_new", "bpf_iter_task_next",
		"bpf_iter_task_vma_destroy", "bpf_iter_task_vma_new", "bpf_iter_task_vma_next", "bpf_local_irq_restore", "bpf_local_irq_save",
		"bpf_map_sum_elem_count", "bpf_preempt_disable", "bpf_preempt_enable",
		"bpf_probe_read_kernel_dynptr", "bpf_probe_read_kernel_str_dynptr", "bpf_probe_read_user_dynptr",
		"bpf_probe_read_user_str_dynptr", "bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_rdonly_cast", "bpf_res_spin_lock",
		"bpf_res_spin_lock_irqsave", "bpf_res_spin_unlock", "bpf_res_spin_unlock_irqrestore", "bpf_strcasecmp", "bpf_strchr",
		"bpf_strchrnul", "bpf_strcmp", "bpf_strcspn", "bpf_stream_vprintk_impl", "bpf_strlen", "bpf_strnchr", "bpf_strnlen",
		"bpf_strnstr", "bpf_strrchr", "bpf_strspn", "bpf_strstr", "bpf_task_work_schedule_resume_impl",
		"bpf_task_work_schedule_signal_impl", "bpf_wq_init", "bpf_wq_set_callback_impl", "bpf_wq_start"}},
	{cgroups | tracers | 1<<ProgTypeSchedCls | 1<<ProgTypeSyscall | xdp, []string{
		"bpf_cgroup_acquire", "bpf_cgroup_ancestor", "bpf_cgroup_from_id", "bpf_cgroup_release", "bpf_key_put", "bpf_list_back",
		"bpf_list_front", "bpf_list_pop_back", "bpf_list_pop_front", "bpf_list_push_back_impl", "bpf_list_push_front_impl",
		"bpf_lookup_system_key", "bpf_lookup_user_key", "bpf_obj_drop_impl", "bpf_obj_new_impl", "bpf_percpu_obj_drop_impl",
		"bpf_percpu_obj_new_impl", "bpf_rbtree_add_impl", "bpf_rbtree_first", "bpf_rbtree_left", "bpf_rbtree_remove",
		"bpf_rbtree_right", "bpf_rbtree_root", "bpf_refcount_acquire_impl", "bpf_send_signal_task", "bpf_task_acquire",
		"bpf_task_from_pid", "bpf_task_from_vpid", "bpf_task_get_cgroup1", "bpf_task_release", "bpf_task_under_cgroup", "bpf_throw",
	}},
	{tracers | 1<<ProgTypeSyscall, []string{
		"bpf_cpumask_acquire", "bpf_cpumask_and", "bpf_cpumask_any_and_distribute", "bpf_cpumask_any_distribute", "bpf_cpumask_clear",
		"bpf_cpumask_clear_cpu", "bpf_cpumask_copy", "bpf_cpumask_create", "bpf_cpumask_empty", "bpf_cpumask_equal",
		"bpf_cpumask_first", "bpf_cpumask_first_and", "bpf_cpumask_first_zero", "bpf_cpumask_full", "bpf_cpumask_intersects",
		"bpf_cpumask_or", "bpf_cpumask_populate", "bpf_cpumask_release", "bpf_cpumask_set_cpu", "bpf_cpumask_setall",
		"bpf_cpumask_subset", "bpf_cpumask_test_and_clear_cpu", "bpf_cpumask_test_and_set_cpu", "bpf_cpumask_test_cpu",
		"bpf_cpumask_weight", "bpf_cpumask_xor",
	}},
	{0, []string{
		"bbr_cwnd_event", "bbr_init", "bbr_main", "bbr_min_tso_segs", "bbr_set_state", "bbr_sndbuf_expand", "bbr_ssthresh",
		"bbr_undo_cwnd", "cubictcp_acked", "cubictcp_cong_avoid", "cubictcp_cwnd_event", "cubictcp_init", "cubictcp_recalc_ssthresh",
		"cubictcp_state", "tcp_cong_avoid_ai", "tcp_reno_cong_avoid", "tcp_reno_ssthresh", "tcp_reno_undo_cwnd", "tcp_slow_start",
	}},
	{1<<ProgTypeSchedCls | xdp, []string{
		"bpf_ct_change_status", "bpf_ct_change_timeout", "bpf_ct_insert_entry", "bpf_ct_release", "bpf_ct_set_nat_info",
		"bpf_ct_set_status", "bpf_ct_set_timeout", "bpf_skb_ct_alloc", "bpf_skb_ct_lookup", "bpf_xdp_ct_alloc", "bpf_xdp_ct_lookup",
	}},
	{xdp, []string{
		"bpf_dynptr_from_xdp", "bpf_xdp_get_xfrm_state", "bpf_xdp_pull_data", "bpf_xdp_xfrm_state_release",
	}},
	{1 << ProgTypeSyscall, []string{
		"bpf_crypto_ctx_acquire", "bpf_crypto_ctx_create", "bpf_crypto_ctx_release",
	}},
	{trafficControl | xdp, []string{
		"bpf_crypto_decrypt", "bpf_crypto_encrypt",
	}},
	{tracers | 1<<ProgTypeSchedCls | 1<<ProgTypeSyscall, []string{
		"bpf_kfunc_call_memb_release", "bpf_kfunc_call_test_release",
	}},
	{cgroups, []string{
		"bpf_sock_addr_set_sun_path", "bpf_sock_ops_enable_tx_tstamp",
	}},
	{tracers, []string{
		"css_rstat_flush", "css_rstat_updated",
	}},
	{cgroups | tracers | tunnels | trafficControl | 1<<ProgTypeNetfilter | skSKB | socketFilter, []string{
		"bpf_dynptr_from_skb",
	}},
	{trafficControl, []string{
		"bpf_dynptr_from_skb_meta",
	}},
	{1 << ProgTypeSchedCls, []string{
		"bpf_sk_assign_tcp_reqsk",
	}},
}
