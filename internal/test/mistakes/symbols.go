package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

const symbolsText = `Programs name types, variables and functions of the kernel by numbers, and pass it functions of their own. The
verifier looks each number up, and some calls take only constants, functions or memory of one kind.`

var symbols = [...]Mistake{
	{
		Name: "object_of_no_type",
		Rule: "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("object_of_no_type", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				f.Kernel("bpf_obj_new_impl", 1, 0) // wrong: type 1 of the program is an integer
				return f.S32(0)
			})
		},
	},
	{
		Name: "cast_to_no_type",
		Rule: "kfunc bpf_rdonly_cast type ID argument must be of a struct",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("cast_to_no_type", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				f.Kernel("bpf_rdonly_cast", skb, 1) // wrong: type 1 of the kernel is an integer
				return f.S32(0)
			})
		},
	},
	{
		Name: "dynptr_of_the_stack",
		Rule: "Unsupported reg type %s for bpf_dynptr_from_mem data",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("dynptr_of_the_stack", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				bytes, view := dsl.Local[uint64](f), dsl.Local[room](f)
				return helper.DynptrFromMem(f, bytes, 8, 0, view).S32() // wrong: a dynptr is of a map's value, not of the stack
			})
		},
	},
	{
		Name: "path_of_a_new_task",
		Rule: "helper call is not allowed in probe",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("path_of_a_new_task", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				return helper.DPath(f, task, dsl.Local[uint64](f), 8).S32() // wrong: only programs for some functions may call this helper
			})
		},
	},
	{
		Name: "variable_of_another_kernel",
		Rule: "ldimm64 insn specifies invalid btf_id %d.",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("variable_of_another_kernel",
				dsl.Raw(isa.LoadBTFID(isa.R1, 1<<30, 0)), // wrong: this kernel has no type with such a number
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
	},
	{
		Name: "past_the_socket",
		Rule: "R%d invalid %s access off=%d size=%d",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("past_the_socket", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				sk := skb.Sk()
				f.If(sk.IsNil(), f.ReturnConst(0))
				return sk.At(1000).U32().Get() // wrong: struct bpf_sock has no field there
			})
		},
	},
	{
		Name: "visits_a_ring_buffer",
		Rule: "callback function cannot be the main program",
		In:   tc,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			visit := dsl.Func("visit", func(f *dsl.Fn, m, key, value, data dsl.Ptr) dsl.S64 { return f.S64(0) })
			return dsl.Func("visits_a_ring_buffer", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				data := dsl.Local[uint64](f)
				return helper.ForEachMapElem(f, events.Spec(), visit, data, 0).S32() // wrong: a ring buffer has no elements to visit
			})
		},
	},
	{
		Name: "throws_in_a_callback",
		Rule: "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d",
		In:   tc,
		Build: func() *dsl.Program {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ptr) dsl.S64 {
				f.Kernel("bpf_throw", 0) // wrong: a callback cannot throw
				return f.S64(0)
			})
			return dsl.Func("throws_in_a_callback", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return f.Loop(10, turn, dsl.Local[uint64](f)).S32()
			})
		},
	},
	{
		Name: "callback_gives_a_pointer",
		Rule: "R0 not a scalar value",
		In:   tc,
		Build: func() *dsl.Program {
			counts := maps.NewArray[uint64]("counts", 4)
			visit := dsl.Assembly("visit",
				dsl.Mov64Reg(isa.R0, isa.R1),
				dsl.Exit(), // wrong: a callback returns 0 or 1, not a pointer
			)
			return dsl.Func("callback_gives_a_pointer", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return helper.ForEachMapElem(f, counts.Spec(), visit, dsl.Local[uint64](f), 0).S32()
			})
		},
	},
	{
		Name: "address_of_no_arena",
		Rule: "addr_space_cast insn can only be used in a program that has an associated arena",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("address_of_no_arena",
				dsl.Mov64Imm(isa.R1, 8),
				dsl.Raw(isa.AddrSpaceCast(isa.R1, isa.R1, 1)), // wrong: the program uses no arena
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "trap_of_the_compiler",
		Rule: "unexpected __bpf_trap() due to uninitialized variable?",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("trap_of_the_compiler", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				f.Kernel("__bpf_trap") // wrong: compilers call it where a variable was never set
				return f.S32(0)
			})
		},
	},
}
