// Package dsl is the language that BPF programs are written in: Go.
//
// # The machine
//
// A BPF program is a function of the kernel. It has eleven registers of 64 bits:
//
//	R0        result of calls and of the program
//	R1 – R5   arguments of calls, lost at each call; R1 is the program's own
//	R6 – R9   kept across calls
//	R10       frame pointer: the 512 bytes below it are the stack; read-only
//
// A program for a kernel struct (struct_ops) finds in R1 the address of an array
// with its arguments, eight bytes each. It may read kernel memory through
// pointers whose type the verifier knows, and write the few fields that the
// kernel offers for it.
//
// # The raw layer
//
// [New] makes a [Program] of [Item]s: one constructor for each form of
// instruction (generated from the table in package isa), [Label]s that jumps
// name, and instructions with an operand that is known by name until the program
// is compiled: fields of kernel structs, kernel functions, other programs.
//
//	ssthresh := dsl.New("ssthresh",
//		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),                // sk = the first argument
//		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), // offset and width: the target's
//		dsl.Rsh32Imm(isa.R0, 1),
//		dsl.JGE32Imm(isa.R0, 2, "out"),
//		dsl.Mov64Imm(isa.R0, 2),
//		dsl.Label("out"),
//		dsl.Exit(),
//	)
//
// [Proto] declares what a program takes and gives; bound to a member, that is
// compared with the kernel's prototype.
//
// # Positions
//
// Every item knows the line of Go that made it. Mistakes are reported there, and
// the line travels with the instruction into the kernel, so that the verifier's
// log and bpftool speak of Go code. Functions of yours that make items are like
// macros: the line is the one in them.
//
// Nothing here looks at the target or fails: what is wrong with a program is
// found by compile.Compile, all at once.
package dsl
