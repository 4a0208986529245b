// Package compile turns programs written in package dsl into objects that the
// kernel loads.
//
// # What the kernel wants
//
// BPF_PROG_LOAD takes instructions of eight bytes each, in which everything is
// a number: distances between instructions, offsets of struct fields, ids of
// kernel functions. It takes the types that describe the program's functions,
// and records that say which line of which file each instruction comes from; the
// verifier's log, bpftool and perf show these. And it takes a good program: one
// that follows a long list of rules, or it is refused with the first rule that
// it broke.
//
// # What happens here
//
// [Compile] runs a fixed list of passes (compile.go). Each is a plain function
// that leaves something for the next to rely on:
//
//	write     functions of Go → instructions with labels; see below
//	collect   the functions of the object: the program and all that it calls
//	resolve   names → offsets, widths and ids of the target's BTF
//	stretch   jumps farther than 16 bits → gotol, or chains of gotos
//	layout    labels → distances, in slots
//	check     the shape of the code, as the kernel takes it
//	verify    what the kernel is known to refuse on its paths, said at the Go line
//	encode    bytes, types, and records of functions and lines
//
// Compiling is pure: the same program and [Target] give the same bytes, however
// often, on any goroutine.
//
// # Functions of Go
//
// A program made with dsl.Func comes as values in blocks (internal/compiler/ir), and takes
// passes of its own before the others (structured.go):
//
//	lower     names → the target's offsets, widths and ids; variables → SSA form
//	optimise  less code (internal/compiler/opt has the list)
//	select    operations → instructions on virtual registers
//	allocate  virtual registers → registers and slots of the frame (internal/compiler/regalloc)
//	check     each operand reads the value that it should, shown by other means
//	tidy      blocks → shorter where they are alike (tidy.go has the list)
//	write     blocks → instructions in a row
//
// The list there has some smaller steps too, and what holds after each.
//
// # Far jumps
//
// A jump counts slots in 16 bits, and programs may have a million instructions.
// How far a label is need not concern who writes one: where the target has gotol
// (ISA level v4), that is taken, after the opposite condition if there is one;
// elsewhere a jump goes by gotos between other code. What is added has the Go
// line of the jump that needed it. Beside gotox nothing can be added, as the
// places that it may go to are numbers in a map.
//
// Compiling takes time in proportion to the number of instructions, whatever
// the jumps among them look like.
//
// # What is checked
//
// The check pass looks at each instruction and at the shape of the code: operands, jumps, ends, unreachable
// code. Then the verify pass follows all paths as the kernel's verifier does (internal/verify, docs/check.md):
// numbers with their limits and known bits, pointers with what they lead to, the stack, what the program acquired and has to
// give back. It knows at which member the program is to be bound ([Context]), so arguments, results and writes are held
// against that.
//
// It claims only what is certain, and leaves the rest to the kernel. Of code that is too branchy it follows
// a part; [Object.Checked] says whether it came to the end. All findings come back together, as [mistake.Findings].
package compile
