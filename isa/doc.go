// Package isa is the BPF instruction set: what instructions there are, their bytes, their text.
//
// # The machine
//
// BPF has eleven 64-bit [Register]s. r0 holds the result of a call and of the program. r1 to r5 hold the arguments of a call;
// when the program starts, r1 holds its context. After a call, r0 holds the result, and the values of r1 to r5 are lost. r6 to
// r9 keep their values across calls. r10 points to the end of 512 bytes of stack and can't be written. A program must not read
// a register before it has written it.
//
// Code is a row of slots, 8 bytes each:
//
//	bits   8       4    4    16     32
//	       opcode  dst  src  off    imm       little-endian code has src in the upper half of the second byte,
//	                                          big-endian code dst
//
// An instruction takes one slot. Only the 64-bit loads ([LoadImm64] and the like) take two: the second slot has the constant's
// upper half in its imm and is otherwise 0. Distances are counted in slots from the next instruction: off 0 goes on with the
// next instruction, off -1 is a loop of one instruction.
//
// The low three bits of the [Opcode] are the class:
//
//	ALU64, ALU   arithmetic in 64 and in 32 bits: dst op= src, or imm. In 32 bits the upper half of dst becomes 0
//	JMP, JMP32   jumps that compare all 64 or the low 32 bits; calls; exit
//	LDX          loads: dst = *(size *)(src + off)
//	ST, STX      stores of imm, of src: *(size *)(dst + off) = …; and atomic operations
//	LD           64-bit constants, and packet access from classic BPF
//
// imm is signed. Operations on 64 bits extend it with its sign: comparing a register with 0xffffffff as imm compares it with
// -1. Some instructions share an opcode and differ in another field: signed division by off 1, atomic operations by imm, kinds
// of calls by src. Unused fields must be 0.
//
// Which instructions a machine has depends on the [Level], LLVM's name for versions of the instruction set, and on the kernel's
// version; [Form.Info] has both for each form.
//
// # The package
//
// All of this is one table, and a [Form] is an index into it. The rest of the package reads the table, and docs/isa.md shows
// it. An [Instruction] is a plain value. There is a constructor for each form, such as [Add64Imm] or [JEQ64Reg]; those that
// access memory take a [Size].
//
//	bytes         Append  ⇄  Decode      strict: what is not an instruction is refused with a reason
//	text          Format  ⇄  Parse       in the dialects of Linux's verifier and of LLVM
//	read back     AppendXlated  ⇄  DecodeXlated, and the dialect Xlated
//
// Each pair is exact: one direction undoes the other. Code that is read back from Linux is a language of its own, which the
// verifier writes for the JIT compilers: it has an eleventh register, instructions that programs must not have, and calls to
// addresses.
//
// The names of functions and their numbers are from RFC 9669 and from Linux (Documentation/bpf/standardization,
// include/uapi/linux/bpf.h).
package isa

//go:generate go run ../internal/gen/isagen
//go:generate go run ../internal/gen/isagen -reference
