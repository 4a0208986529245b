package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
)

const resourcesText = `A program must release what it acquires, once and on every path: references to kernel objects, records of
a ring buffer, locks, RCU sections, iterators. Some of these are objects on the stack that only their own calls may use. Locks,
timers and kernel pointers in the values of maps also belong to the kernel.`

var resources = [...]Mistake{
	{
		Name: "record_not_submitted",
		Rule: "%s would lead to reference leak",
		In:   xdp,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("record_not_submitted", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				event := maps.Reserve[uint64](f, events)
				f.If(event.IsNil(), f.ReturnConst(2))
				event.U64("").Set(1)
				return f.U32(1) // wrong: the record is neither submitted nor discarded
			})
		},
		Found: Compiling,
	},
	{
		Name: "release_of_an_argument",
		Rule: "release kernel function %s expects refcounted PTR_TO_BTF_ID",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("release_of_an_argument", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				f.Kernel("bpf_task_release", task) // wrong: the program did not acquire the task of the tracepoint
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "release_of_the_packets_socket",
		Rule: "release kernel function %s expects refcounted PTR_TO_BTF_ID",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("release_of_the_packets_socket", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				sk := skb.Sk()
				f.If(sk.IsNil(), f.ReturnConst(0))
				return helper.SkRelease(f, sk).S32() // wrong: the program did not acquire this socket
			})
		},
	},
	{
		Name: "section_left_open",
		Rule: "%s cannot be used inside %s-ed region",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("section_left_open", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				f.Kernel("bpf_preempt_disable")
				f.If(flags.Eq(0), f.ReturnConst(0)) // wrong: on this path preemption is not enabled again
				f.Kernel("bpf_preempt_enable")
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "rcu_left_open",
		Rule: "%s cannot be used inside %s-ed region",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("rcu_left_open", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				f.Kernel("bpf_rcu_read_lock")
				return f.S32(0) // wrong: the section is still open; f.RCU would end it
			})
		},
		Found: Compiling,
	},
	{
		Name: "lock_left_closed",
		Rule: "%s cannot be used inside %s-ed region",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Func("lock_left_closed", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.NotNil(), func() {
					helper.SpinLock(f, value.Part("Lock")) // wrong: nothing unlocks it; f.Locked would do so
					value.U64("Count").Inc(1)
				})
				return f.S32(0) // seen: the lock is still held
			})
		},
		Found: Compiling,
	},
	{
		Name: "interrupts_left_off",
		Rule: "%s cannot be used inside %s-ed region",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("interrupts_left_off", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				saved := dsl.Local[uint64](f)
				f.Kernel("bpf_local_irq_save", saved)
				return f.S32(0) // wrong: interrupts are still disabled; bpf_local_irq_restore is missing
			})
		},
		Found: Compiling,
	},
	{
		Name: "section_never_begun",
		Rule: "unmatched rcu read unlock (kernel function %s)",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("section_never_begun", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				f.Kernel("bpf_rcu_read_unlock") // wrong: call bpf_rcu_read_lock first
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "interrupts_out_of_order",
		Rule: "cannot restore irq state out of order, expected id=%d acquired at insn_idx=%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("interrupts_out_of_order", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				outer, inner := dsl.Local[uint64](f), dsl.Local[uint64](f)
				f.Kernel("bpf_local_irq_save", outer)
				f.Kernel("bpf_local_irq_save", inner)
				f.Kernel("bpf_local_irq_restore", outer) // wrong: the inner flags must be restored first
				f.Kernel("bpf_local_irq_restore", inner)
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "interrupts_not_saved",
		Rule: "expected an initialized irq flag as arg#%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("interrupts_not_saved", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				saved := dsl.Local[uint64](f)
				f.Kernel("bpf_local_irq_restore", saved) // wrong: nothing was saved there
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "iterator_not_begun",
		Rule: "expected an initialized iter_%s as arg #%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("iterator_not_begun", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				numbers := dsl.Local[uint64](f)
				f.Kernel("bpf_iter_num_destroy", numbers) // wrong: call bpf_iter_num_new first
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "iterator_begun_twice",
		Rule: "expected uninitialized iter_%s as arg #%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("iterator_begun_twice", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				numbers := dsl.Local[uint64](f)
				f.Kernel("bpf_iter_num_new", numbers, 0, 10)
				f.Kernel("bpf_iter_num_new", numbers, 0, 20) // wrong: the first one has not ended
				f.Kernel("bpf_iter_num_destroy", numbers)
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "iterator_not_aligned",
		Rule: "cannot pass in %s at an offset",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("iterator_not_aligned", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				memory := dsl.Local[room](f)
				f.Kernel("bpf_iter_num_new", memory.Ptr.Offset(f.U64(4)), 0, 10) // wrong: an iterator begins at a multiple of 8
				return f.S32(0)
			})
		},
	},
	{
		Name: "dynptr_not_made",
		Rule: "Expected an initialized dynptr as arg #%d",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("dynptr_not_made", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				packet, b := dsl.Local[room](f), dsl.Local[uint64](f)
				return helper.DynptrRead(f, b, 8, packet, 0, 0).S32() // wrong: call bpf_dynptr_from_skb first
			})
		},
		Found: Compiling,
	},
	{
		Name: "dynptr_written_over",
		Rule: "cannot overwrite referenced dynptr",
		In:   tc,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("dynptr_written_over", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				event := dsl.Local[room](f)
				helper.RingbufReserveDynptr(f, events.Spec(), 8, 0, event)
				event.Ptr.At(0).U64().Set(0) // wrong: this overwrites the dynptr, and the record would be lost
				helper.RingbufSubmitDynptr(f, event, 0)
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "helper_writes_over_a_dynptr",
		Rule: "potential write to dynptr at off=%d disallowed",
		In:   tc,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("helper_writes_over_a_dynptr", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				event := dsl.Local[room](f)
				helper.RingbufReserveDynptr(f, events.Spec(), 8, 0, event)
				helper.SkbLoadBytes(f, skb, 0, event, 8) // wrong: this writes over the dynptr, not into its record
				helper.RingbufSubmitDynptr(f, event, 0)
				return f.S32(0)
			})
		},
	},
	{
		Name: "lock_at_another_place",
		Rule: "off %d doesn't point to 'struct %s' that is at %d",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Func("lock_at_another_place", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.IsNil(), f.ReturnConst(0))
				f.Locked(value.Part("Count"), func() { // wrong: the lock is the field Lock
					value.U64("Count").Inc(1)
				})
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "lock_of_another_value",
		Rule: "bpf_spin_unlock of different lock",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Func("lock_of_another_value", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				one, other := values.In(f).Lookup(1), values.In(f).Lookup(1)
				f.If(one.IsNil(), f.ReturnConst(0))
				f.If(other.IsNil(), f.ReturnConst(0))
				helper.SpinLock(f, one.Part("Lock"))
				helper.SpinUnlock(f, other.Part("Lock")) // wrong: each look-up may have found another value
				return f.S32(0)
			})
		},
	},
	{
		Name: "lock_read_as_a_number",
		Rule: "%s cannot be accessed directly by load/store",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Func("lock_read_as_a_number", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.IsNil(), f.ReturnConst(0))
				return value.Part("Lock").At(0).S32().Get() // wrong: programs may not read a lock
			})
		},
		Found: Compiling,
	},
	{
		Name: "half_a_kptr",
		Rule: "kptr access size must be BPF_DW",
		In:   tc,
		Build: func() *dsl.Program {
			owners := maps.NewArray[owner]("owners", 1)
			return dsl.Func("half_a_kptr", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := owners.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(0))
				return value.Part("Mask").At(0).S32().Get() // wrong: a pointer must be read as 8 bytes
			})
		},
		Found: Compiling,
	},
	{
		Name: "kptr_set",
		Rule: "kptr access size must be BPF_DW",
		In:   task,
		Build: func() *dsl.Program {
			owners := maps.NewArray[owner]("owners", 1)
			p := dsl.Func("kptr_set", func(f *dsl.Fn, in dsl.ContextOf[uint64]) dsl.S32 {
				value := owners.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(0))
				value.Part("Mask").At(0).U64().Set(in.U64("")) // wrong: the old pointer would be lost; value.Exchange returns it
				return f.S32(0)
			})
			p.Sleepable = true
			return p
		},
	},
	{
		Name: "lock_somewhere",
		Rule: "%s has to be at a constant offset",
		In:   tc,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Func("lock_somewhere", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				value := values.In(f).Lookup(1)
				f.If(value.IsNil(), f.ReturnConst(0))
				f.Locked(value.Offset(skb.Mark().And(4)), func() { // wrong: the offset of a lock must be a constant
					value.U64("Count").Inc(1)
				})
				return f.S32(0)
			})
		},
	},
	{
		Name: "value_without_a_kptr",
		Rule: "map '%s' has no valid kptr",
		In:   tc,
		Build: func() *dsl.Program {
			counts := maps.NewArray[uint64]("counts", 1)
			return dsl.Func("value_without_a_kptr", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				count := counts.In(f).Lookup(0)
				f.If(count.IsNil(), f.ReturnConst(0))
				f.Helper("bpf_kptr_xchg", count, 0) // wrong: the value is a number, not a kptr
				return f.S32(0)
			})
		},
	},
	{
		Name: "value_without_a_lock",
		Rule: "map '%s' has no valid %s",
		In:   tc,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			return dsl.Func("value_without_a_lock", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				count := counts.In(f).Lookup(1)
				f.If(count.IsNil(), f.ReturnConst(0))
				f.Locked(count, func() { // wrong: the value is a number, not a lock
					count.U64("").Inc(1)
				})
				return f.S32(0)
			})
		},
	},
	{
		Name: "lock_in_a_filter",
		Rule: "%s progs cannot use bpf_spin_lock yet",
		In:   socketFilter,
		Build: func() *dsl.Program {
			values := maps.NewHash[uint32, guarded]("values", 16)
			return dsl.Assembly("lock_in_a_filter",
				dsl.LoadMap(isa.R1, values.Spec()), // wrong: socket filters may not use maps with locks
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
		Found: Compiling,
	},
}

// guarded is a value with a lock.
type guarded struct {
	Lock  dsl.SpinLock
	_     [4]uint8
	Count uint64
}

// room is memory for a dynptr.
type room struct{ _ [16]uint8 }

// owner is a value that owns a set of processors.
type owner struct {
	Mask dsl.KernelPtr[scx.BPFCPUMask]
}
