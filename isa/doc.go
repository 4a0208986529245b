// Package isa is the BPF instruction set: what instructions there are, their bytes, their text.
//
// # The machine
//
// BPF has eleven 64-bit [Register]s. r0 takes the results of calls and of the program; r1 to r5 take the arguments of
// calls, and r1 the program's context when it starts; a call leaves nothing in r0 to r5 but its result in r0. r6 to
// r9 are kept across calls. r10 points to the end of 512 bytes of stack and can't be written. A program must not read a register
// before it has written it.
//
// Code is a row of slots, 8 bytes each:
//
//	bits   8       4    4    16     32
//	       opcode  dst  src  off    imm       little-endian code has src in the upper half of the second byte,
//	                                          big-endian code dst
//
// An instruction takes one slot. Only the 64-bit loads ([LoadImm64] and its kin) take two, the second of which has the
// constant's upper half in its imm and is otherwise 0. Distances are counted in slots from the next one: off 0 goes on with
// the next instruction, off -1 is a loop of one instruction.
//
// The low three bits of the [Opcode] are the class:
//
//	ALU64, ALU   arithmetic in 64 and in 32 bits: dst op= src, or imm. In 32 bits the upper half of dst becomes 0
//	JMP, JMP32   jumps that compare all 64 or the low 32 bits; calls; exit
//	LDX          loads: dst = *(size *)(src + off)
//	ST, STX      stores of imm, of src: *(size *)(dst + off) = …; and atomic operations
//	LD           64-bit constants, and packet access from classic BPF
//
// imm is signed, and is extended with its sign where it meets 64 bits: comparing a register with 0xffffffff as imm
// compares it with -1. Some instructions share an opcode and are told apart by another field: signed division by off 1, atomic
// operations by imm, kinds of calls by src. Fields without a use must be 0.
//
// Which of it a machine has is a matter of the [Level], LLVM's name for versions of the instruction set, and of the
// kernel's version; [Form.Info] has both for each form.
//
// # The package
//
// All of this is one table, which [Form] is the index of; the rest of the package reads it, and docs/isa.md shows it. An
// [Instruction] is a plain value. There is a constructor for each form, such as [Add64Imm] or [JEQ64Reg]; those that access memory
// take a [Size].
//
//	bytes         Append  ⇄  Decode      strict: what is no instruction is refused with a reason
//	text          Format  ⇄  Parse       in the dialects of Linux's verifier and of LLVM
//	read back     AppendXlated  ⇄  DecodeXlated, and the dialect Xlated
//
// Each pair gives back exactly what it was given. Code that is read back from Linux is a language of its own, in which the verifier
// and the JIT compilers talk to each other: with an eleventh register, instructions that no program may have, and calls to
// addresses.
//
// The names of functions and the numbers behind them are from RFC 9669 and from Linux (Documentation/bpf/standardization,
// include/uapi/linux/bpf.h).
package isa

//go:generate go run ../internal/gen/isagen
//go:generate go run ../internal/gen/isagen -reference
