package mistakes

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const shapeText = `Before the verifier follows the paths of a program, it checks each instruction, the targets of jumps and
calls, and the tables that are loaded with the program. Then it follows every path. The number and length of paths are limited.
Programs from Go functions always have a correct shape. So these programs are made of instructions, and some are changed after
they were compiled, because package dsl cannot make them.`

var shape = [...]Mistake{
	{
		Name: "no_exit",
		Rule: "last insn is not an exit or jmp",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_exit",
				dsl.Mov64Imm(isa.R0, 0), // wrong: the exit after it is missing
			)
		},
		Found: Compiling,
		Whole: true,
	},
	{
		Name: "jump_out",
		Rule: "jump out of range from insn %d to %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("jump_out",
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Raw(isa.Jump(7)), // wrong: the program ends before the target
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "jump_into_a_load",
		Rule: "jump into the middle of ldimm64 insn %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("jump_into_a_load",
				dsl.Raw(isa.JEQ64Imm(isa.R1, 0, 1)), // wrong: the target is the second half of the load
				dsl.LoadImm64(isa.R0, 1<<40),        // seen: the load
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "never_reached",
		Rule: "unreachable insn %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("never_reached",
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
				dsl.Mov64Imm(isa.R0, 1), // wrong: no jump leads here
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "endless_loop",
		Rule: "infinite loop detected at insn %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("endless_loop",
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Label("again"),
				dsl.Mov64Imm(isa.R2, 1),          // seen: here nothing has changed since the last turn
				dsl.JNE64Imm(isa.R2, 0, "again"), // wrong: nothing changes R2 in the loop
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "a_million_instructions",
		Rule: "BPF program is too large. Processed %d insn",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("a_million_instructions", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				sum := f.U32(0).Var()
				f.For(450_000, func(i dsl.U32) { // wrong: the verifier walks through each turn; use f.Loop or f.Range
					sum.Set(sum.Xor(i)) // seen: after a million instructions the verifier stops, here or near
				})
				return sum.Get()
			})
		},
	},
	{
		Name: "nine_thousand_branches",
		Rule: "The sequence of %d jumps is too complex.",
		In:   socketFilter,
		Build: func() *dsl.Program {
			items := []dsl.Item{dsl.LoadMem(isa.W, isa.R2, isa.R1, 0), dsl.Mov64Imm(isa.R0, 0)}
			for i := range int32(9000) {
				items = append(items, dsl.JEQ64Imm(isa.R2, i, "out")) // wrong: the other side of each branch is saved for later
			}
			return dsl.Assembly("nine_thousand_branches", append(items, dsl.Label("out"), dsl.Exit())...)
		},
	},
	{
		Name: "nine_frames",
		Rule: "the call stack of %d frames is too deep",
		In:   socketFilter,
		Build: func() *dsl.Program {
			deepest := dsl.Assembly("f9", dsl.Proto("u64"), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
			for i := 8; i > 1; i-- {
				deepest = dsl.Assembly(fmt.Sprint("f", i), dsl.Proto("u64"), dsl.Call(deepest), dsl.Exit()) // wrong: 8 frames is the limit
			}
			return dsl.Assembly("nine_frames", dsl.Call(deepest), dsl.Exit())
		},
		Found: Compiling,
	},
	{
		Name: "shared_stack",
		Rule: "combined stack size of %d calls is %d. Too large",
		In:   socketFilter,
		Build: func() *dsl.Program {
			large := dsl.Assembly("large", dsl.Proto("u64"),
				dsl.StoreImm(isa.DW, isa.R10, -400, 0), // 400 bytes of stack here
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
			return dsl.Assembly("shared_stack",
				dsl.StoreImm(isa.DW, isa.R10, -200, 0), // wrong: with the other 400 bytes this is more than 512
				dsl.Call(large),
				dsl.Exit(),
			)
		},
		Whole: true,
		Found: CompilingToo,
	},
	{
		Name: "tail_call_from_below",
		Rule: "tail_calls are not allowed when call stack of previous frames is %d bytes",
		In:   tc,
		Build: func() *dsl.Program {
			programs := maps.NewProgArray("programs", 1)
			next := dsl.Assembly("next", dsl.Proto("int", "struct __sk_buff *skb"),
				dsl.LoadMap(isa.R2, programs.Spec()),
				dsl.Mov64Imm(isa.R3, 0),
				dsl.CallHelper(tailCall), // wrong: the next program may use 512 more bytes of stack
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
			return dsl.Assembly("tail_call_from_below",
				dsl.StoreImm(isa.DW, isa.R10, -400, 0),
				dsl.Call(next),
				dsl.Exit(),
			)
		},
		Whole: true,
	},
	{
		Name:  "no_such_opcode",
		Rule:  "unknown opcode %02x",
		In:    socketFilter,
		Build: twoInstructions,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[0] = 0xff // wrong: no instruction has this opcode
		},
		Whole: true,
	},
	{
		Name: "reserved_field",
		Rule: "%s uses reserved fields",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("reserved_field",
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(), // seen: an exit with the constant 1
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[8+4] = 1 // wrong: the constant of exit must be 0
		},
	},
	{
		Name: "load_without_its_half",
		Rule: "invalid bpf_ld_imm64 insn",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("load_without_its_half",
				dsl.LoadImm64(isa.R0, 1<<40),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[8] = byte(isa.ClassALU64) // wrong: the second slot of a load must have the opcode 0
		},
		Whole: true,
	},
	{
		Name: "register_twelve",
		Rule: "R%d is invalid",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("register_twelve",
				dsl.Mov64Imm(isa.R0, 0), // seen: the register does not exist
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[1] = 12 // wrong: registers are R0 to R10
		},
	},
	{
		Name: "divided_by_zero",
		Rule: "div by zero",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("divided_by_zero",
				dsl.Mov64Imm(isa.R0, 1),
				dsl.Div64Imm(isa.R0, 0), // wrong: the divisor is the constant 0
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "shifted_by_64",
		Rule: "invalid shift %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("shifted_by_64",
				dsl.Mov64Imm(isa.R0, 1),
				dsl.Lsh64Imm(isa.R0, 64), // wrong: the largest shift is 63
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "packet_by_number_in_xdp",
		Rule: "BPF_LD_[ABS|IND] instructions not allowed for this program type",
		In:   xdp,
		Build: func() *dsl.Program {
			return dsl.Assembly("packet_by_number_in_xdp",
				dsl.Mov64Reg(isa.R6, isa.R1),
				dsl.LoadAbs(isa.H, 12), // wrong: this is for socket filters and traffic control
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "no_such_atomic",
		Rule: "invalid %s opcode %x",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_such_atomic",
				dsl.AtomicAdd64(isa.R10, -8, isa.R1), // seen: the operation does not exist
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[4] = 0x20 // wrong: there is no atomic subtraction
		},
	},
	{
		Name: "frame_pointer_set",
		Rule: "frame pointer is read only",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("frame_pointer_set",
				dsl.Add64Imm(isa.R10, -16), // wrong: R10 cannot be written; the stack needs no allocation
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name:  "line_of_nothing",
		Rule:  "Invalid line_info[%d].insn_off:%d",
		In:    socketFilter,
		Build: twoInstructions,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.LineInfo[16] = 99 // wrong: the second record is for instruction 99, but there are only two
		},
		Whole: true,
	},
	{
		Name:  "function_without_a_line",
		Rule:  "missing bpf_line_info for %d funcs starting from func#%d",
		In:    socketFilter,
		Build: twoFunctions,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.LineInfo = load.LineInfo[:16] // wrong: only the first function has a record
		},
		Whole: true,
	},
	{
		Name:  "function_without_a_name",
		Rule:  "number of funcs in func_info doesn't match number of subprogs",
		In:    socketFilter,
		Build: twoFunctions,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.FuncInfo = load.FuncInfo[:8] // wrong: one record for two functions
		},
		Whole: true,
	},
	{
		Name:  "first_function_not_first",
		Rule:  "Invalid core_relo[%u].insn_off:%u prog->len:%u",
		In:    socketFilter,
		Build: twoFunctions,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.FuncInfo[0] = 1 // wrong: the first function begins at instruction 0
		},
		Whole: true,
	},
	{
		Name: "many_functions",
		Rule: "too many subprograms",
		In:   socketFilter,
		Build: func() *dsl.Program {
			var items []dsl.Item
			for i := range 257 {
				f := dsl.Assembly(fmt.Sprint("f", i), dsl.Proto("u64"), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
				items = append(items, dsl.Call(f)) // wrong: at most 256 functions are allowed
			}
			return dsl.Assembly("many_functions", append(items, dsl.Exit())...)
		},
		Whole: true,
	},
	{
		Name: "call_of_nothing",
		Rule: "call to invalid destination",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("call_of_nothing",
				dsl.Raw(isa.CallRel(100)), // wrong: the program ends before the target
				dsl.Exit(),
			)
		},
		Found: Compiling,
		Whole: true,
	},
	{
		Name: "budget_with_a_number",
		Rule: "invalid BPF_LD mode",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("budget_with_a_number",
				dsl.MayGoto("out"), // seen: the instruction with the constant
				dsl.Label("out"),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[4] = 7 // wrong: the constant of may_goto must be 0; the kernel decides the number of turns
		},
	},
}

// twoInstructions is a correct program.
func twoInstructions() *dsl.Program {
	return dsl.Assembly("two_instructions",
		dsl.Mov64Imm(isa.R0, 0),
		dsl.Exit(),
	)
}

// twoFunctions is a correct program with a second function.
func twoFunctions() *dsl.Program {
	zero := dsl.Assembly("zero", dsl.Proto("u64"),
		dsl.Mov64Imm(isa.R0, 0),
		dsl.Exit(),
	)
	return dsl.Assembly("two_functions",
		dsl.Call(zero),
		dsl.Exit(),
	)
}
