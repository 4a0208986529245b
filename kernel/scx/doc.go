// Package scx has the kernel's types for schedulers (sched_ext, Linux 6.12), as Go
// types that programs are written with. It is generated from the kernel's own
// types with bpfsmith gen.
//
// A scheduler implements members of struct sched_ext_ops, which is [Ops] here. The kernel passes tasks. Kernel functions for tasks are
// methods of [Task]: p.Dispatch(scx.DSQGlobal, …) is scx_bpf_dispatch. Other functions take the dsl.Fn of the program:
//
//	func enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
//		p.Dispatch(scx.DSQGlobal, scx.SliceDfl, flags)
//	}
//
//	func initialize(f *dsl.Fn) dsl.S32 {
//		return scx.CreateDSQ(f, shared, -1)
//	}
//
// The fields of a task that schedulers may write have methods that write: scx.slice, scx.dsq_vtime and scx.disallow. Linux 7.0 has
// scx_bpf_task_set_slice and scx_bpf_task_set_dsq_vtime for the first two, and writing them directly is deprecated since then. It still
// works; for later kernels, write dsl.Fn.IfKfunc with a call of the function, and Else with the field.
//
// Names are those of Linux 6.12. Later kernels renamed some functions (scx_bpf_dispatch
// is scx_bpf_dsq_insert since 6.13): use dsl.Fn.IfKfunc to write code for both. For the
// types of a newer kernel run bpfsmith gen.
package scx

//go:generate go run ../../cmd/bpfsmith gen --btf ../../internal/test/fixture/6.12-ops.btf --strip scx_bpf_,scx_bpf_task_,bpf_,bpf_iter_scx_dsq_ --type task_struct=Task,scx_init_task_args,scx_exit_task_args,scx_cpu_acquire_args,scx_cpu_release_args,scx_cgroup_init_args,scx_exit_info,scx_dump_ctx,bpf_iter_scx_dsq=DSQIterator,cpumask=CPUMask,bpf_cpumask=BPFCPUMask --func scx_bpf_*,bpf_iter_scx_dsq_*,bpf_cpumask_create,bpf_cpumask_acquire,bpf_cpumask_release,bpf_cpumask_first,bpf_cpumask_first_zero,bpf_cpumask_first_and,bpf_cpumask_set_cpu,bpf_cpumask_clear_cpu,bpf_cpumask_test_cpu,bpf_cpumask_test_and_set_cpu,bpf_cpumask_test_and_clear_cpu,bpf_cpumask_setall,bpf_cpumask_clear,bpf_cpumask_and,bpf_cpumask_or,bpf_cpumask_xor,bpf_cpumask_equal,bpf_cpumask_intersects,bpf_cpumask_subset,bpf_cpumask_empty,bpf_cpumask_full,bpf_cpumask_copy,bpf_cpumask_any_distribute,bpf_cpumask_any_and_distribute,bpf_cpumask_weight --enum scx_public_consts,scx_dsq_id_flags,scx_ops_flags,scx_enq_flags,scx_deq_flags,scx_wake_flags,scx_kick_flags,scx_pick_idle_cpu_flags,scx_dsq_iter_flags,scx_ent_flags,scx_task_state,scx_exit_kind,scx_exit_code,scx_cpu_preempt_reason --member scx_*.*,bpf_cpumask.cpumask,cpumask.*,bpf_iter_scx_dsq.*,task_struct.scx.* --member task_struct.pid,task_struct.tgid,task_struct.comm,task_struct.flags,task_struct.prio,task_struct.static_prio,task_struct.normal_prio,task_struct.rt_priority,task_struct.policy,task_struct.nr_cpus_allowed,task_struct.cpus_ptr,task_struct.on_cpu,task_struct.on_rq,task_struct.wake_cpu,task_struct.recent_used_cpu,task_struct.mm,task_struct.parent,task_struct.real_parent,task_struct.group_leader,task_struct.start_time,task_struct.utime,task_struct.stime,task_struct.nvcsw,task_struct.nivcsw,task_struct.exit_state,task_struct.__state,task_struct.se.* --set task_struct.scx.slice,task_struct.scx.dsq_vtime,task_struct.scx.disallow --ops sched_ext_ops=Ops -o .
