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
// # Functions
//
// [Func] makes a [Program] of a Go function over typed values. The function is run
// once, with values that stand for the arguments, and what it does with them is
// the program:
//
//	// RFC 5681: half the window, at least two segments.
//	func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
//		return tp.SndCwnd().Shr(1).Max(2)
//	}
//
// The Go signature is what the program takes and gives, and is compared with the
// kernel's. Numbers ([U8] to [S64]) are values that do not change; a [VarU32] is one
// that does, and a [CellU32] is one in memory. Their methods are Go's operators with
// Go's rules: no promotions, conversions written out. [Ptr] is a pointer, with
// fields by name; packages that bpfsmith gen writes have a type for each struct of
// the kernel. [Fn] has branches, loops, calls, and what asks the target: the arm for
// a field that a kernel lacks is not compiled for it.
//
// Go's own if and for decide what is written, like macros do; f.If and f.For are
// decided when the program runs. docs/language.md has all of it.
//
// # The raw layer
//
// [Assembly] makes a [Program] of [Item]s: one constructor for each form of
// instruction (generated from the table in package isa), [Label]s that jumps
// name, and instructions with an operand that is known by name until the program
// is compiled: fields of kernel structs, kernel functions, other programs, maps.
//
//	ssthresh := dsl.Assembly("ssthresh",
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
// compared with the kernel's prototype. Both layers mix: programs of either kind
// call each other.
//
// # Maps
//
// A [MapSpec] declares a map, with keys and values that are Go types; package maps
// makes them, and reads and writes the maps from user space.
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

//go:generate go run ../internal/gen/numbergen
