package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

const registersText = `The verifier knows of each register whether it holds a number or a pointer, of numbers between which limits they are, and
of pointers where they lead. A register that was never written, or that a call has lost, holds nothing.`

var registers = [...]Mistake{
	{
		Name: "lost_argument",
		Rule: "R%d !read_ok",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.New("lost_argument",
				dsl.CallHelper(ktimeGetNs),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: the context was in R1, and the call has lost it
				dsl.Exit(),
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
				return dsl.At[int32](mark, 0).Get() // wrong: a mark is a number, not an address
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
				count := counts.Lookup(f, 1)
				count.U64("").Inc(1) // wrong: there may be no element 1, and then count is nil
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "pointer_times_two",
		Rule: "R%d pointer arithmetic with %s operator prohibited",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.New("pointer_times_two",
				dsl.Mul64Imm(isa.R1, 2), // wrong: twice an address is the address of nothing
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "address_as_result",
		Rule: "R%d leaks addr as return value",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.New("address_as_result",
				dsl.Mov64Reg(isa.R0, isa.R10), // wrong: user space would learn where the kernel's stack is
				dsl.Exit(),                    // seen: the result is an address
			)
		},
	},
}
