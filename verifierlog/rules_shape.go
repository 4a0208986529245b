package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about the shape of a program: the checks before the verifier walks through the code, and the limits of that walk.
var shapeRules = [...]Rule{
	{
		Kind:    mistake.NoExit,
		Pattern: "last insn is not an exit or jmp",
		Explanation: "Each function must end with an exit or a jump. This one continues after its last instruction, into the next " +
			"function or out of the program.",
		Fix: "End the function with dsl.Exit() or a jump. For a Go function, the compiler adds the exit. When a compiler made the code, " +
			"the end of a function was lost: a function without a return, undefined behaviour (such as a variable that is never set), a " +
			"call of a function that was not inlined or linked (memcpy, memset, a panic of Rust). Compile with -O2, or --release.",
		Example: "no_exit",
	},
	{
		Kind:        mistake.JumpOutside,
		Pattern:     "jump out of range from insn %d to %d",
		Explanation: "The jump at instruction {1} goes to {2}, which is not in the same function.",
		Fix:         "Put the label into the same function, or call the other function.",
		Example:     "jump_out_of_range",
	},
	{
		Kind:        mistake.JumpOutside,
		Pattern:     "jump into the middle of ldimm64 insn %d",
		Explanation: "A 64-bit load takes two slots, and the jump goes to the second slot of the load at {1}.",
		Fix:         "Use labels instead of distances: labels are resolved in slots.",
		Example:     "jump_into_ldimm64",
	},
	{
		Kind:        mistake.Unreachable,
		Pattern:     "unreachable insn %d",
		Also:        []string{"unreachable instruction %d"},
		Explanation: "No path leads to instruction {1}: it is after a jump or an exit, and nothing jumps to it.",
		Fix:         "Remove it, or add a label and jump to it.",
		Example:     "unreachable",
	},
	{
		Kind:        mistake.EndlessLoop,
		Pattern:     "back-edge from insn %d to %d",
		Explanation: "The jump from {1} back to {2} makes a loop. Loops need CAP_BPF and Linux 5.3 or newer.",
		Fix:         "Load with CAP_BPF, or write each turn of the loop as code of its own.",
	},
	{
		Kind:    mistake.EndlessLoop,
		Pattern: "infinite loop detected at insn %d",
		Explanation: "The verifier came back to instruction {1}, and nothing had changed since it was there before. The loop changes " +
			"nothing that its condition reads, so it never ends.",
		Fix: "In each turn, change a value that the condition compares, or give the loop a limit: f.For(n, ...), f.While " +
			"(may_goto), or f.Loop (bpf_loop).",
		Example: "infinite_loop",
	},
	{
		Kind:    mistake.TooComplex,
		Pattern: "BPF program is too large. Processed %d insn",
		Also: []string{
			"BPF program is too large. Proccessed %d insn",
		},
		Explanation: "The verifier walks through every turn of a loop and every combination of branches. It stopped after {1} " +
			"instructions. The number of states is too large, not the size of the program.",
		Fix: "Use loops whose body the verifier walks through only a few times: f.Loop (bpf_loop), an iterator, or f.While. " +
			"Move code with many branches into a global function, which is verified separately.",
		Example: "too_many_insns",
	},
	{
		Kind:    mistake.TooComplex,
		Pattern: "The sequence of %d jumps is too complex.",
		Also: []string{
			"The sequence of %d jumps is too complex for async cb.",
			"BPF program is too complex",
		},
		Explanation: "At each branch the verifier saves the other side to check it later. Here too many are saved: the limit is " +
			"{MostPending}, or less in old kernels.",
		Fix: "Split the function, use a table instead of a chain of comparisons, or move a part into a global function.",
	},
	{
		Kind:    mistake.Recursion,
		Pattern: "the call stack of %d frames is too deep",
		Also: []string{
			"call stack of %d frames is too deep",
			"recursive call from %s() to %s()",
		},
		Explanation: "Calls may be at most {MostFrames} functions deep, and a function may not call itself, directly or through others.",
		Fix:         "Use a loop instead. If it needs a stack, use an array in a map.",
		Example:     "subprog_recursion",
	},
	{
		Kind:        mistake.FrameTooLong,
		Pattern:     "combined stack size of %d calls is %d. Too large",
		Explanation: "Functions that call each other share {StackSize} bytes of stack. These {1} need {2} bytes.",
		Fix:         "Put large objects into a map's value: use a per-CPU array with one element as working memory.",
		Example:     "stack_combined",
	},
	{
		Kind:    mistake.FrameTooLong,
		Pattern: "stack size of subprog %d is %d. Too large",
		Also: []string{
			"stack of subprog %d is %d. Too large",
			"stack size %d(extra %d) is too large",
		},
		Explanation: "A function has {StackSize} bytes of stack. This one needs {2}.",
		Fix:         "Put large objects into a map's value: use a per-CPU array with one element as working memory.",
	},
	{
		Kind:    mistake.FrameTooLong,
		Pattern: "tail_calls are not allowed when call stack of previous frames is %d bytes",
		Explanation: "A function that is called and makes tail calls may have at most {TailCallStack} bytes of stack in the functions " +
			"that called it. Here they have {1}.",
		Fix: "Make the tail call in the entry function, or use less stack.",
	},
	{
		Kind:        mistake.JumpTooFar,
		Pattern:     "insn %d cannot be patched due to 16-bit range",
		Explanation: "The kernel makes some instructions longer, and with them a jump over instruction {1} no longer fits its 16 bits.",
		Fix:         "Make the function shorter: split it with tail calls or functions that are not inlined, or unroll fewer loops.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "unknown opcode %02x",
		Explanation: "The opcode {1} does not exist in this kernel.",
		Fix: "Use package isa, which makes correct encodings. A compiler for a newer set of instructions may also be the reason: 32-bit " +
			"jumps (v3) are new in Linux 5.1, and v4 in 6.6. Choose an older set, as with clang -mcpu=v2.",
		Example: "unknown_opcode",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "BPF_STX uses reserved fields",
		Also:    []string{"BPF_XADD uses reserved fields"},
		Explanation: "A field of the store must be zero in this kernel, but it is not. If it is an atomic operation, the kernel is too " +
			"old for it: before Linux 5.12 there is only an atomic addition without a result. Those with a result, and, or, xor, " +
			"exchange and compare are newer.",
		Fix: "Use a newer kernel. For older ones, do not use the result of __sync_fetch_and_add, and protect other changes with " +
			"bpf_spin_lock or keep a value for each processor. Choose an older set of instructions, as with clang -mcpu=v2, to find " +
			"these places.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "BPF_LD_IMM64 uses reserved fields",
		Explanation: "A 64-bit load has a number in a field that must be zero. Compilers leave these fields empty, and the loader " +
			"writes to them: descriptors of maps and modules, or numbers of types. This one wrote something that this kernel does not " +
			"know.",
		Fix: "Use a current version of the loader, and report it there if that does not help. Code that asks with bpf_ksym_exists for a " +
			"function of a module needs a loader that knows this.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "%s uses reserved fields",
		Also: []string{
			"BPF_%s uses reserved fields",
			"%s uses reserved field",
			"%s uses reserved opcode",
		},
		Explanation: "A field of the instruction must be zero in this kernel, but it is not.",
		Fix: "Use the constructors of package dsl or isa: they set unused fields to zero. If a compiler made it, the instruction is " +
			"newer than the kernel: choose an older set of instructions, as with clang -mcpu=v2.",
		Example: "st_reserved",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "invalid bpf_ld_imm64 insn",
		Also: []string{
			"invalid insn idx %d",
			"unrecognized bpf_ld_imm64 insn",
		},
		Explanation: "A 64-bit load takes two slots. Here the second one is missing or wrong.",
		Fix:         "Use dsl.LoadImm64, dsl.LoadMap and similar functions, which write both slots.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "R%d is invalid",
		Explanation: "R{1} does not exist: the registers are R0 to R10.",
		Fix:         "Use a register that exists.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "div by zero",
		Explanation: "The program divides by the constant 0.",
		Fix:         "Use another divisor. If a register is 0 at run time, the result of the division is 0.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "invalid shift %d",
		Explanation: "The program shifts by the constant {1}, which is not less than the width of the register.",
		Fix:         "Shift by less than 32 bits, or less than 64 for 64-bit instructions.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "BPF_LD_[ABS|IND] instructions not allowed for this program type",
		Explanation: "Packet access by number (BPF_LD_ABS, BPF_LD_IND) is only for socket filters and traffic control.",
		Fix:         "Read the packet through pointers with dsl.Header, or with bpf_skb_load_bytes.",
		Example:     "ldabs_xdp",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "invalid %s opcode %x",
		Also: []string{
			"invalid BPF_ATOMIC insn %x",
			"BPF_ATOMIC uses invalid atomic opcode %02x",
			"invalid atomic operand size",
		},
		Explanation: "This operation does not exist.",
		Fix:         "Use package isa, which makes correct encodings.",
	},
	{
		Kind:        mistake.FramePointer,
		Pattern:     "frame pointer is read only",
		Explanation: "R10 points to the end of the stack. Programs cannot write it.",
		Fix:         "Copy it to another register and add to the copy: r2 = r10; r2 += -8.",
		Example:     "write_r10",
	},
	{
		Kind:    mistake.BadDebugInfo,
		Pattern: "Invalid line_info[%d].insn_off:%d",
		Also: []string{
			"Invalid line_info",
			"invalid line_info",
			"nonzero tailing record in line_info",
			"Invalid insn code at line_info",
		},
		Explanation: "The table of source lines (line_info) is wrong: a record is not in order, or its string is not in the BTF.",
		Fix: "If package compile made the program, this is a bug of bpfsmith: please report it. Otherwise write the records in " +
			"the order of the instructions, with offsets of strings that are in the BTF.",
		Example: "lineinfo_bad_off",
	},
	{
		Kind:        mistake.BadDebugInfo,
		Pattern:     "missing bpf_line_info for %d funcs starting from func#%d",
		Also:        []string{"missing bpf_line_info for func#%d"},
		Explanation: "If a program has line_info, each function must have a record at its first instruction.",
		Fix:         "Add the record.",
		Example:     "lineinfo_missing_func",
	},
	{
		Kind:    mistake.BadDebugInfo,
		Pattern: "number of funcs in func_info doesn't match number of subprogs",
		Also: []string{
			"func_info",
			"invalid type id %d in func info",
			"same insn_off",
			"invalid func info",
			"same or smaller insn offset (%d) than previous func info record",
		},
		Explanation: "The table of functions (func_info) must have one record for each function of the program. Loaders make it from " +
			"the object. When the entry function is not in a section of its own, the section .text with all functions is loaded as the " +
			"program, and the table does not fit it.",
		Fix: "Add the record. Package compile writes these records. In C, put the entry function into a section of its type, " +
			"SEC(\"xdp\") or the like, and compile with BTF (-g).",
		Example: "funcinfo_count",
	},
	{
		Kind:    mistake.BadDebugInfo,
		Pattern: "missing btf func_info",
		Explanation: "The program takes the address of a function, as a callback needs it (bpf_loop, bpf_for_each_map_elem, timers). " +
			"For that the kernel needs func_info, the table of functions with their BTF types, and the program was loaded without it.",
		Fix: "Compile and link with BTF: clang -g, or for Rust bpf-linker with --btf and debug information. The loader must pass " +
			"func_info to the kernel. Without BTF, write the loop out instead of a callback.",
	},
	{
		Kind:        mistake.TooComplex,
		Pattern:     "too many subprograms",
		Explanation: "A program has at most {MostFunctions} functions.",
		Fix:         "Use fewer functions, or split the program with tail calls: f.TailCall.",
	},
	{
		Kind:        mistake.JumpOutside,
		Pattern:     "call to invalid destination",
		Explanation: "The target of a call is not the beginning of a function.",
		Fix:         "Use labels: dsl.Call, or f.Call in a Go function.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "invalid BPF_LD mode",
		Also: []string{
			"invalid BPF_LD_IMM insn",
			"unknown insn class %d",
			"invalid may_goto imm %d",
			"invalid may_goto off %d imm %d",
		},
		Explanation: "This instruction does not exist.",
		Fix:         "Use package isa, which makes correct encodings. Only instructions that are made by hand can have this mistake.",
	},
	{
		Kind:    mistake.BadDebugInfo,
		Pattern: "Invalid core_relo[%u].insn_off:%u prog->len:%u",
		Also: []string{
			"nonzero tailing record in core_relo",
			"nonzero tailing record in func info",
			"nonzero insn_off %u for the first func info record",
			"invalid btf id for main subprog in func_info",
		},
		Explanation: "A table that is loaded with the program (func_info or core_relo) does not match it.",
		Fix: "Package compile writes func_info and resolves fields. If you write records yourself, begin at instruction 0 and " +
			"keep them in order.",
	},
	{
		Kind:    mistake.KernelBug,
		Pattern: "verifier bug",
		Also: []string{
			"verifier internal error",
			"kernel subsystem misconfigured",
			"bpf verifier is misconfigured",
			"bpf verifier narrow ctx",
			"backtracking ",
			"BUG ",
			"BUG: ",
			"visit_insn internal bug",
			"pop stack internal bug",
			"insn state internal bug",
			"REG INVARIANTS VIOLATION (%s)",
			"verifier BUG",
			"bug: ",
			"R%d has non-overwritten BPF_PTR_POISON type",
			"func %s has non-overwritten BPF_PTR_POISON return type",
			"mark_reg_known_zero(regs, %u)",
			"mark_reg_not_init(regs, %u)",
			"mark_reg_unknown(regs, %u)",
			"invalid return type %u of func %s#%d",
			"unknown return type %u of func %s#%d",
			"kfunc %s#%d failed callback verification",
			"invalid arg_type for sockmap/sockhash",
			"invalid map_ptr to access map->",
			"more than one arg with ref_obj_id R%d %u %u",
			"Verifier bug",
			"Please fix kernel include/",
		},
		Explanation: "The verifier found a state that should be impossible. This is a bug in the kernel; the program may be correct.",
		Fix: "Report it to the BPF developers (bpf@vger.kernel.org) with the program, the log and the kernel's version. " +
			"Meanwhile, write the instruction, or the code before it, in another way.",
	},
}
