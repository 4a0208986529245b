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
// When a program for a kernel struct (struct_ops) starts, R1 has the address of an array
// with its arguments, eight bytes each. The program may read kernel memory through
// pointers whose type the verifier knows. It may write only the few fields that the
// kernel allows.
//
// # Functions
//
// [Func] makes a [Program] from a Go function. The function runs once, with values that
// represent the arguments. Its operations on these values become the program:
//
//	// RFC 5681: half the window, at least two segments.
//	func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
//		return tp.SndCwnd().Shr(1).Max(2)
//	}
//
// The Go signature declares the parameters and the result of the program, and is compared
// with the kernel's. A number ([U8] to [S64]) is a value that does not change. A [VarU32]
// can change, and a [CellU32] is in memory. Their methods are Go's operators with Go's
// rules: nothing is promoted, and each conversion is written. [Ptr] is a pointer to a
// struct whose fields have names; packages that bpfsmith gen writes have a type for each
// struct of the kernel. [Fn] has branches, loops, calls and questions to the target: code
// for a field that a kernel does not have is not compiled for that kernel.
//
// Go's own if and for decide which code is written, like macros. f.If and f.For decide
// when the program runs. docs/language.md has all of it.
//
// # The raw layer
//
// [Assembly] makes a [Program] from [Item]s. There is one constructor for each form of
// instruction (generated from the table in package isa). Jumps name [Label]s. Some
// instructions have an operand that is only a name until the program is compiled: a field
// of a kernel struct, a kernel function, another program or a map.
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
// [Proto] declares the parameters and the result of a program. For a member of a kernel
// struct, the compiler compares them with the kernel's prototype. Programs of both layers
// can call each other.
//
// # Maps
//
// A [MapSpec] declares a map with keys and values of Go types. Package maps makes specs,
// and reads and writes maps from user space.
//
// # Positions
//
// Every item knows the line of Go that made it. Mistakes are reported at that line. The
// line is also loaded into the kernel with the instruction, so the verifier's log and
// bpftool show Go code. When a function of yours makes items, their lines are the lines
// in that function.
//
// Nothing in this package looks at the target, and nothing fails. compile.Compile reports
// all mistakes of a program together.
package dsl

//go:generate go run ../internal/gen/numbergen
