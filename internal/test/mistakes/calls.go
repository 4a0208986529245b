package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const callsText = `Each helper and kernel function has a list of the arguments that it accepts and of the programs that may call
it. The verifier compares the arguments with what it knows about each register. It follows the program's own functions like the
rest of the code. Only calls of global functions are compared with the prototype instead.`

var calls = [...]Mistake{
	{
		Name: "redirect_from_a_filter",
		Rule: "program of this type cannot use helper %s#%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Func("redirect_from_a_filter", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return helper.Redirect(f, 1, f.U64(0)).S32() // wrong: socket filters may not redirect packets
			})
		},
		Found: Compiling,
	},
	{
		Name: "no_such_helper",
		Rule: "invalid func %s#%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_such_helper",
				dsl.CallHelper(9999), // wrong: no helper has this number
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "number_for_a_map",
		Rule: "R%d type=%s expected=%s",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("number_for_a_map",
				dsl.StoreImm(isa.W, isa.R10, -4, 0),
				dsl.Mov64Imm(isa.R1, 3), // a descriptor, as user space would pass it
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, -4),
				dsl.CallHelper(mapLookupElem), // wrong: programs pass the map itself, with dsl.LoadMap
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "submit_unchecked",
		Rule: "R%d type=%s_or_null expected=%s",
		In:   xdp,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("submit_unchecked", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				event := maps.Reserve[uint64](f, events)
				events.Submit(f, event) // wrong: when the buffer is full, event is nil
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "push_onto_a_hash",
		Rule: "cannot pass map_type %d into func %s#%d",
		In:   xdp,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			return dsl.Func("push_onto_a_hash", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				helper.MapPushElem(f, counts.Spec(), dsl.Local[uint64](f), 0) // wrong: this is for queues and stacks
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "tail_call_by_an_array",
		Rule: "expected prog array map for tail call",
		In:   xdp,
		Build: func() *dsl.Program {
			next := maps.NewArray[uint32]("next", 4)
			return dsl.Func("tail_call_by_an_array", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				f.TailCall(md, next.Spec(), 0) // wrong: use a map from maps.NewProgArray
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "gpl_only",
		Rule: "cannot call GPL-restricted function from non-GPL compatible program",
		In:   Place{Type: syscall.ProgTypeSchedCls, License: "MIT"},
		Build: func() *dsl.Program {
			return dsl.Func("gpl_only", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				b := dsl.Local[uint64](f)
				return helper.ProbeReadKernel(f, b, 8, f.U64(0)).S32() // wrong: this helper is for programs under the GPL
			})
		},
		Found: Compiling,
	},
	{
		Name: "kernel_function_under_mit",
		Rule: "cannot call GPL-restricted function from non-GPL compatible program",
		In:   Place{Type: syscall.ProgTypeSchedCls, License: "MIT"},
		Build: func() *dsl.Program {
			return dsl.Func("kernel_function_under_mit", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				packet := dsl.Local[dynptr](f)
				return f.Kernel("bpf_dynptr_from_skb", skb, 0, packet).S32() // wrong: kernel functions are for programs under the GPL
			})
		},
		Whole: true,
		Found: Compiling,
	},
	{
		Name: "congestion_control_under_mit",
		Rule: "struct ops programs must have a GPL compatible license",
		In:   Place{Type: syscall.ProgTypeStructOps, Target: "tcp_congestion_ops.ssthresh", License: "MIT"},
		Build: func() *dsl.Program {
			return dsl.Func("congestion_control_under_mit", func(f *dsl.Fn, sk dsl.Ptr) dsl.U32 {
				return f.U32(2) // wrong: the code is right, but the licence is not compatible with the GPL
			})
		},
		Whole: true,
		Found: CompilingToo,
	},
	{
		Name: "sleep_in_a_tracepoint",
		Rule: "helper call might sleep in a non-sleepable prog",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("sleep_in_a_tracepoint", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				b := dsl.Local[uint64](f)
				return helper.CopyFromUser(f, b, 8, flags).S32() // wrong: this may sleep, and tracepoints must not
			})
		},
		Found: Compiling,
	},
	{
		Name: "string_from_user_space",
		Rule: "helper call might sleep in a non-sleepable prog",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("string_from_user_space", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				name := dsl.Local[[16]uint8](f)
				return f.Kernel("bpf_copy_from_user_str", name, 16, task, 0).S32() // wrong: this may sleep too
			})
		},
		Found: Compiling,
	},
	{
		Name: "sleep_under_rcu",
		Rule: "helper call might sleep in a non-sleepable prog",
		In:   task,
		Build: func() *dsl.Program {
			p := dsl.Func("sleep_under_rcu", func(f *dsl.Fn, in dsl.ContextOf[uint64]) dsl.S32 {
				b := dsl.Local[uint64](f)
				f.RCU(func() {
					helper.CopyFromUser(f, b, 8, in.U64("")) // wrong: call it before or after the section
				})
				return f.S32(0)
			})
			p.Sleepable = true
			return p
		},
		Found: Compiling,
	},
	{
		Name: "not_for_programs",
		Rule: "calling kernel function %s is not allowed",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("not_for_programs", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return f.Kernel("tcp_reno_undo_cwnd", skb).S32() // wrong: only congestion controls may call it
			})
		},
		Found: Compiling,
	},
	{
		Name: "id_of_a_type",
		Rule: "kernel btf_id %d is not a function",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("id_of_a_type",
				dsl.Raw(isa.CallKfunc(1, 0)), // wrong: type 1 of the kernel's BTF is an integer
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
		Found: Compiling,
	},
	{
		Name: "task_for_a_cgroup",
		Rule: "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("task_for_a_cgroup", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				group := f.Kernel("bpf_cgroup_acquire", task).Ptr("cgroup") // wrong: a task is not a cgroup
				f.If(group.NotNil(), func() { f.Kernel("bpf_cgroup_release", group) })
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "context_for_a_task",
		Rule: "arg#%d pointer type %s %s must point to scalar, or struct with scalar",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("context_for_a_task", func(f *dsl.Fn, c dsl.Context) dsl.S32 {
				kept := f.Kernel("bpf_task_acquire", c).Ptr("task_struct") // wrong: the context has the task's address in it
				f.If(kept.NotNil(), func() { f.Kernel("bpf_task_release", kept) })
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "walked_task",
		Rule: "R%d must be referenced or trusted",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("walked_task", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				last := task.To("task_struct").Field("last_wakee").Ptr("task_struct")
				kept := f.Kernel("bpf_task_acquire", last).Ptr("task_struct") // wrong: that task may already be freed
				f.If(kept.NotNil(), func() { f.Kernel("bpf_task_release", kept) })
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "threads_of_a_walked_task",
		Rule: "R%d must be referenced or trusted",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("threads_of_a_walked_task", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				threads := dsl.Local[[3]uint64](f)
				last := task.To("task_struct").Field("last_wakee").Ptr("task_struct")
				f.Kernel("bpf_iter_task_new", threads, last, 1) // wrong: the task must be an argument or a held reference
				f.Kernel("bpf_iter_task_destroy", threads)
				return f.S32(0)
			})
		},
	},
	{
		Name: "middle_of_a_task",
		Rule: "R%d must have zero offset when passed to release func",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("middle_of_a_task", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				first := f.Kernel("bpf_task_from_pid", 1).Ptr("task_struct")
				f.If(first.NotNil(), func() {
					f.Kernel("bpf_task_release", first.Offset(8)) // wrong: this points eight bytes into the task
				})
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "release_unchecked",
		Rule: "Possibly NULL pointer passed to trusted arg%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("release_unchecked", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				first := f.Kernel("bpf_task_from_pid", 1).Ptr("task_struct")
				f.Kernel("bpf_task_release", first) // wrong: first may be nil
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "kept_unchecked",
		Rule: "Possibly NULL pointer passed to helper arg%d",
		In:   task,
		Build: func() *dsl.Program {
			owners := maps.NewArray[owner]("owners", 1)
			p := dsl.Func("kept_unchecked", func(f *dsl.Fn, in dsl.ContextOf[uint64]) dsl.S32 {
				value := owners.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(0))
				fresh := scx.CpumaskCreate(f)
				old := scx.BPFCPUMask{Ptr: value.Exchange("Mask", fresh)} // wrong: fresh may be nil when there is no memory
				f.If(old.NotNil(), old.CpumaskRelease)
				return f.S32(0)
			})
			p.Sleepable = true
			return p
		},
	},
	{
		Name: "pointer_for_a_pid",
		Rule: "R%d is not a scalar",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("pointer_for_a_pid",
				dsl.CallKernel("bpf_task_from_pid"), // wrong: R1 is still the context, not a number
				dsl.JEQ64Imm(isa.R0, 0, "none"),
				dsl.Mov64Reg(isa.R1, isa.R0),
				dsl.CallKernel("bpf_task_release"),
				dsl.Label("none"),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "packet_by_number",
		Rule: "at the time of BPF_LD_ABS|IND R6 != pointer to skb",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("packet_by_number",
				dsl.Mov64Imm(isa.R6, 0),
				dsl.LoadAbs(isa.H, 12), // wrong: this needs the context in R6
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "number_for_an_argument",
		Rule: "Caller passes invalid args into func#%d ('%s')",
		In:   tc,
		Build: func() *dsl.Program {
			sum := dsl.GlobalFunc("sum", func(f *dsl.Fn, pair dsl.Ref[pair]) dsl.U32 {
				f.If(pair.IsNil(), f.ReturnConst(0))
				return pair.U32("Left").Add(pair.U32("Right"))
			})
			return dsl.Func("number_for_an_argument", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				mark := dsl.PtrFrom(skb.Mark().U64(), "")
				return f.Call(sum, dsl.RefTo[pair](mark)).U32() // wrong: the prototype needs a pointer to a pair
			})
		},
		Found: Compiling,
	},
	{
		Name: "address_from_a_global",
		Rule: "At subprogram exit the register R%d is not a scalar value (%s)",
		In:   tc,
		Build: func() *dsl.Program {
			where := dsl.GlobalFunc("where", func(f *dsl.Fn, skb ctx.SKB) dsl.U64 {
				return skb.Address() // wrong: global functions must return a number, this is a pointer
			})
			return dsl.Func("address_from_a_global", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				return f.Call(where, skb).U64().U32()
			})
		},
		Found: Compiling,
	},
	{
		Name: "global_without_a_result",
		Rule: "Global function %s() doesn't return scalar",
		In:   tc,
		Build: func() *dsl.Program {
			count := dsl.GlobalFunc("count", func(f *dsl.Fn, n dsl.Ref[uint32]) { // wrong: global functions must return a number
				f.If(n.IsNil(), f.Exit)
				n.U32("").Inc(1)
			})
			return dsl.Func("global_without_a_result", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				n := dsl.Local[uint32](f)
				f.Call(count, n) // seen: at the first call
				return n.U32("").Get()
			})
		},
		Found: CompilingToo,
	},
	{
		Name: "call_under_a_lock",
		Rule: "function calls are not allowed while holding a lock",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, locked]("values", 16)
			return dsl.Func("call_under_a_lock", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.IsNil(), f.ReturnConst(0))
				f.Locked(value.Part("Lock"), func() {
					value.U64("Time").Set(helper.KtimeGetNs(f)) // wrong: read the time before the section
				})
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "global_under_a_lock",
		Rule: "global function calls are not allowed while holding a lock",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, locked]("values", 16)
			next := dsl.GlobalFunc("next", func(f *dsl.Fn, n dsl.U32) dsl.U32 { return n.Add(1) })
			return dsl.Func("global_under_a_lock", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.IsNil(), f.ReturnConst(0))
				f.Locked(value.Part("Lock"), func() {
					value.U64("Time").Set(f.Call(next, skb.Mark()).U32().U64()) // wrong: the verifier checks next separately
				})
				return f.S32(0)
			})
		},
	},
	{
		Name: "map_without_types",
		Rule: "map '%s' has to have BTF in order to use %s",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.New(&dsl.MapSpec{Name: "values", Type: dsl.MapHash, KeySize: 4, ValueSize: 16, MaxEntries: 16})
			return dsl.Func("map_without_types", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := dsl.MapLookup[locked](f, values.Spec(), dsl.Local[uint32](f))
				f.If(value.IsNil(), f.ReturnConst(0))
				f.Locked(value.Part("Lock"), func() { // wrong: the map has no BTF that shows the lock
					value.U64("Time").Set(1)
				})
				return f.S32(0)
			})
		},
	},
	{
		Name: "stack_for_the_context",
		Rule: "arg#%d expected pointer to ctx, but got %s",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("stack_for_the_context", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				packet := dsl.Local[dynptr](f)
				return f.Kernel("bpf_dynptr_from_skb", dsl.Local[uint64](f), 0, packet).S32() // wrong: the context must be first
			})
		},
	},
	{
		Name: "context_for_a_dynptr",
		Rule: "arg#%d expected pointer to stack or const struct bpf_dynptr",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("context_for_a_dynptr", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return f.Kernel("bpf_dynptr_size", skb).S32() // wrong: make a dynptr first, with bpf_dynptr_from_skb
			})
		},
		Found: Compiling,
	},
	{
		Name: "work_on_the_stack",
		Rule: "arg#%d doesn't point to a map value",
		In:   tc,
		Build: func() *dsl.Program {
			jobs := maps.NewArray[job]("jobs", 1)
			return dsl.Func("work_on_the_stack", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				work := dsl.Local[[2]uint64](f)
				return f.Kernel("bpf_wq_init", work, jobs.Spec(), 0).S32() // wrong: a work queue must be in a map's value
			})
		},
	},
	{
		Name: "value_for_a_function",
		Rule: "arg%d expected pointer to func",
		In:   tc,
		Build: func() *dsl.Program {
			jobs := maps.NewArray[job]("jobs", 1)
			return dsl.Func("value_for_a_function", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := jobs.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(0))
				return f.Kernel("bpf_wq_set_callback_impl", value.Part("Work"), value, 0, value).S32() // wrong: this is not a function
			})
		},
	},
	{
		Name: "address_of_a_tracepoint",
		Rule: "func %s#%d supported only for fentry/fexit/fmod_ret programs",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("address_of_a_tracepoint", func(f *dsl.Fn, c dsl.Context) dsl.S32 {
				return helper.GetFuncIp(f, c).S32() // wrong: a tracepoint is not a function
			})
		},
	},
	{
		Name: "no_btf_of_a_module",
		Rule: "invalid module BTF fd specified",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_btf_of_a_module",
				dsl.Raw(isa.CallKfunc(1, 1)), // a function of the module whose types are entry 1 of FDArray
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.FDArray = []int32{0, 1} // wrong: descriptor 1 is the standard output
		},
		Whole: true,
	},
	{
		Name: "arena_without_the_right",
		Rule: "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN",
		In:   Place{Type: syscall.ProgTypeSyscall, Careful: true},
		Build: func() *dsl.Program {
			pages := maps.NewArena("pages", 16)
			p := dsl.Assembly("arena_without_the_right",
				dsl.LoadMap(isa.R1, pages.Spec()), // wrong: arenas need CAP_PERFMON
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
			p.Sleepable = true
			return p
		},
		Whole: true,
	},
	{
		Name: "tail_call_for_nothing",
		Rule: "tail_call is only allowed in functions that return 'int'.",
		In:   tc,
		Build: func() *dsl.Program {
			programs := maps.NewProgArray("programs", 1)
			next := dsl.Assembly("next", dsl.Proto("void", "struct __sk_buff *skb"),
				dsl.LoadMap(isa.R2, programs.Spec()),
				dsl.Mov64Imm(isa.R3, 0),
				dsl.CallHelper(tailCall), // wrong: the other program returns a number, but this function has no result
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
			return dsl.Assembly("tail_call_for_nothing",
				dsl.Call(next),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
	},
	{
		Name: "tasks_without_rcu",
		Rule: "kernel func %s requires RCU critical section protection",
		In:   task,
		Build: func() *dsl.Program {
			p := dsl.Func("tasks_without_rcu", func(f *dsl.Fn, in dsl.ContextOf[uint64]) dsl.S32 {
				tasks := dsl.Local[[3]uint64](f)
				f.Kernel("bpf_iter_task_new", tasks, 0, 0) // wrong: this needs an RCU section
				f.Kernel("bpf_iter_task_destroy", tasks)
				return f.S32(0)
			})
			p.Sleepable = true
			return p
		},
	},
}

// pair is an argument of 8 bytes.
type pair struct{ Left, Right uint32 }

// locked is a value with a lock.
type locked struct {
	Lock dsl.SpinLock
	_    [4]uint8
	Time uint64
}

// dynptr has the size of struct bpf_dynptr.
type dynptr struct{ _ [16]uint8 }

// job is a value with a work queue.
type job struct {
	Work dsl.WorkQueue
	Runs uint64
}
