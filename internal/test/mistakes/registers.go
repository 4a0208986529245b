package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const registersText = `For each register the verifier knows whether it is a number or a pointer. For numbers it knows the
limits, for pointers the memory that they point to. A register has no value before it is written, or after a call has cleared
it.`

var registers = [...]Mistake{
	{
		Name: "lost_argument",
		Rule: "R%d !read_ok",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("lost_argument",
				dsl.CallHelper(ktimeGetNs),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: R1 was the context, but the call has cleared it
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "no_result",
		Rule: "R%d !read_ok",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_result",
				dsl.LoadMem(isa.W, isa.R2, isa.R1, 0),
				dsl.JEQ64Imm(isa.R2, 0, "out"),
				dsl.Mov64Imm(isa.R0, 1),
				dsl.Label("out"),
				dsl.Exit(), // wrong: the path with the jump has not set a result
			)
		},
		Found: Compiling,
	},
	{
		Name: "number_as_pointer",
		Rule: "R%d invalid mem access 'scalar'",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("number_as_pointer", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				mark := dsl.PtrFrom(skb.Mark().U64(), "")
				return mark.At(0).S32().Get() // wrong: a mark is a number, not an address
			})
		},
		Found: Compiling,
	},
	{
		Name: "used_after_submit",
		Rule: "R%d invalid mem access 'scalar'",
		In:   xdp,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("used_after_submit", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				event := maps.Reserve[uint64](f, events)
				f.If(event.IsNil(), f.ReturnConst(2))
				events.Submit(f, event)
				event.U64("").Set(1) // wrong: the record was submitted, so for the verifier the pointer is now a number
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "unchecked_lookup",
		Rule: "R%d invalid mem access '%s_or_null'",
		In:   xdp,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			return dsl.Func("unchecked_lookup", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				count := counts.In(f).Lookup(1)
				count.U64("").Inc(1) // wrong: element 1 may not exist, then count is nil
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "read_at_the_end",
		Rule: "R%d invalid mem access '%s'",
		In:   xdp,
		Build: func() *dsl.Program {
			return dsl.Func("read_at_the_end", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				return md.Packet().End().At(-4).U32().Get() // wrong: the end pointer is only for comparisons, it cannot be read
			})
		},
		Found: Compiling,
	},
	{
		Name: "offset_of_nil",
		Rule: "R%d pointer arithmetic on %s_or_null prohibited, null-check it first",
		In:   xdp,
		Build: func() *dsl.Program {
			pairs := maps.NewHash[uint32, [2]uint64]("pairs", 16)
			return dsl.Func("offset_of_nil", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				second := pairs.In(f).Lookup(1).Offset(md.RxQueueIndex().U64()) // wrong: nil plus 8 is no longer nil
				f.If(second.NotNil(), func() { second.At(0).U64().Set(1) })
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "into_the_map",
		Rule: "R%d pointer arithmetic on %s prohibited",
		In:   xdp,
		Build: func() *dsl.Program {
			numbers := maps.NewArray[uint64]("numbers", 16)
			return dsl.Assembly("into_the_map",
				dsl.LoadMap(isa.R1, numbers.Spec()),
				dsl.Add64Imm(isa.R1, 8), // wrong: a map is not a C array, look elements up
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "pointer_times_two",
		Rule: "R%d pointer arithmetic with %s operator prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("pointer_times_two",
				dsl.Mul64Imm(isa.R1, 2), // wrong: an address times 2 is not an address
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "masked_pointer",
		Rule: "R%d bitwise operator %s on pointer prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("masked_pointer",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.And64Imm(isa.R2, -64), // wrong: a pointer cannot be aligned with a bitwise operation
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "half_an_add",
		Rule: "R%d 32-bit pointer arithmetic prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("half_an_add",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add32Imm(isa.R2, -8), // wrong: an address has 64 bits, this keeps only 32
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "sum_of_pointers",
		Rule: "R%d pointer %s pointer prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("sum_of_pointers",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Reg(isa.R2, isa.R1), // wrong: the sum of two addresses is not an address
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "number_minus_pointer",
		Rule: "R%d tried to subtract pointer from scalar",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("number_minus_pointer",
				dsl.Mov64Imm(isa.R2, 512),
				dsl.Sub64Reg(isa.R2, isa.R10), // wrong: a number minus an address is not an address
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "minus_from_the_stack",
		Rule: "R%d subtraction from stack pointer prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("minus_from_the_stack",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Sub64Imm(isa.R2, 8), // wrong: adding -8 is the same, and allowed
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "unbounded_step",
		Rule: "math between %s pointer and register with unbounded min value is not allowed",
		In:   xdp,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Func("unbounded_step", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				value := bytes.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(2))
				now := helper.KtimeGetNs(f)
				return value.Offset(now).At(0).U8().U32() // wrong: the time may be any number of 64 bits
			})
		},
		Found: Compiling,
	},
	{
		Name: "far_constant",
		Rule: "math between %s pointer and %d is not allowed",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("far_constant",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, -1<<29), // wrong: 512 MiB below the stack is too far
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "signed_step",
		Rule: "value %d makes %s pointer be out of bounds",
		In:   xdp,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Func("signed_step", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				value := bytes.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(2))
				step := md.RxQueueIndex().S32()
				return value.Offset(step.S64()).At(0).U8().U32() // wrong: the number may be -2147483648
			})
		},
		Found: Compiling,
	},
	{
		Name: "far_in_two_steps",
		Rule: "%s pointer offset %d is not allowed",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("far_in_two_steps",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, 1<<28),
				dsl.Add64Imm(isa.R2, 1<<28), // wrong: each addition alone is allowed, but both together are too far
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "guessed_index",
		Rule: "R%d pointer arithmetic of map value goes out of range, prohibited for !root",
		In:   careful,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Assembly("guessed_index",
				dsl.LoadMem(isa.W, isa.R6, isa.R1, 0),
				dsl.StoreImm(isa.W, isa.R10, -4, 0),
				dsl.LoadMap(isa.R1, bytes.Spec()),
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, -4),
				dsl.CallHelper(mapLookupElem),
				dsl.JEQ64Imm(isa.R0, 0, "out"),
				dsl.JGT64Imm(isa.R6, 100, "out"),
				dsl.Add64Reg(isa.R0, isa.R6), // wrong: the limit is larger than the 64 bytes of the value
				dsl.LoadMem(isa.B, isa.R0, isa.R0, 0),
				dsl.Label("out"),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: CompilingToo,
	},
	{
		Name: "address_above_the_stack",
		Rule: "R%d stack pointer arithmetic goes out of range, prohibited for !root",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("address_above_the_stack",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, 8), // wrong: the stack is below, and without CAP_PERFMON the address alone is refused
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "step_from_two_places",
		Rule: "R%d tried to %s from different maps, paths or scalars, prohibited for !root",
		In:   careful,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Assembly("step_from_two_places",
				dsl.LoadMem(isa.W, isa.R6, isa.R1, 0),
				dsl.LoadMem(isa.W, isa.R7, isa.R1, 4),
				dsl.And64Imm(isa.R7, 15),
				dsl.StoreImm(isa.W, isa.R10, -4, 0),
				dsl.LoadMap(isa.R1, bytes.Spec()),
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Add64Imm(isa.R2, -4),
				dsl.CallHelper(mapLookupElem),
				dsl.JEQ64Imm(isa.R0, 0, "out"),
				dsl.JEQ64Imm(isa.R6, 0, "step"),
				dsl.And64Imm(isa.R7, 7),
				dsl.Label("step"),
				dsl.Add64Reg(isa.R0, isa.R7), // wrong: the limit differs between the two paths to this line
				dsl.LoadMem(isa.B, isa.R0, isa.R0, 0),
				dsl.Label("out"),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "address_as_result",
		Rule: "R%d leaks addr as return value",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("address_as_result",
				dsl.Mov64Reg(isa.R0, isa.R10), // wrong: user space would see the address of the kernel's stack
				dsl.Exit(),                    // seen: the result is an address
			)
		},
		Found: Compiling,
	},
	{
		Name: "address_in_a_map",
		Rule: "R%d leaks addr as return value",
		In:   careful,
		Build: func() *dsl.Program {
			last := maps.NewGlobal("last", uint64(0))
			return dsl.Assembly("address_in_a_map",
				dsl.LoadMapData(isa.R2, last.Spec(), 0),
				dsl.StoreMem(isa.DW, isa.R2, 0, isa.R1), // wrong: user space can read the map
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "compared_address",
		Rule: "R%d pointer comparison prohibited",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("compared_address",
				dsl.Mov64Imm(isa.R0, 0),
				dsl.JLT64Imm(isa.R10, 4096, "low"), // wrong: enough comparisons would show the address
				dsl.Mov64Imm(isa.R0, 1),
				dsl.Label("low"),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "negated_address",
		Rule: "R%d pointer arithmetic prohibited",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("negated_address",
				dsl.Mov64Reg(isa.R2, isa.R10),
				dsl.Neg64(isa.R2), // wrong: a negated address shows the address
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "half_an_address",
		Rule: "R%d partial copy of pointer",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("half_an_address",
				dsl.Mov32Reg(isa.R0, isa.R10), // wrong: half of an address still shows a part of it
				dsl.Exit(),
			)
		},
	},
	{
		Name: "seven_for_a_verdict",
		Rule: "At program exit the register R%d has %s should have been in [%d, %d]",
		In:   Place{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetIngress},
		Build: func() *dsl.Program {
			return dsl.Func("seven_for_a_verdict", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				return f.U32(7) // wrong: 1 lets the packet pass, 0 drops it
			})
		},
		Found: Compiling,
	},
	{
		Name: "turn_gives_five",
		Rule: "At callback return the register R%d has %s should have been in [%d, %d]",
		In:   tc,
		Build: func() *dsl.Program {
			turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, sum dsl.Ref[uint64]) dsl.S64 {
				sum.U64("").Inc(i.U64())
				return f.S64(5) // wrong: a turn returns 0 to continue or 1 to stop
			})
			return dsl.Func("turn_gives_five", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return f.Loop(10, turn, dsl.Local[uint64](f)).S32()
			})
		},
		Found: Compiling,
	},
	{
		Name: "context_for_a_verdict",
		Rule: "At program exit the register R%d is not a known value (%s)",
		In:   Place{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetIngress},
		Build: func() *dsl.Program {
			return dsl.Assembly("context_for_a_verdict",
				dsl.Mov64Reg(isa.R0, isa.R1), // wrong: the result must be 0 or 1
				dsl.Exit(),                   // seen: the result is the context
			)
		},
		Found: Compiling,
	},
	{
		Name: "own_stack_as_result",
		Rule: "cannot return stack pointer to the caller",
		In:   socketFilter,
		Build: func() *dsl.Program {
			scratch := dsl.Assembly("scratch", dsl.Proto("u64"),
				dsl.StoreImm(isa.DW, isa.R10, -8, 0),
				dsl.Mov64Reg(isa.R0, isa.R10), // wrong: the stack of a function ends when it returns
				dsl.Exit(),                    // seen: the function returns an address of its stack
			)
			return dsl.Assembly("own_stack_as_result",
				dsl.Call(scratch),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
}
