// Package compile turns programs written in package dsl into objects that the
// kernel loads.
//
// # What the kernel expects
//
// BPF_PROG_LOAD takes instructions of eight bytes each. Everything in them is a number: distances between instructions, offsets of
// struct fields, ids of kernel functions. It also takes the types that describe the program's functions, and records that say which
// line of which file each instruction comes from; the verifier's log, bpftool and perf show these. And the program must follow a long
// list of rules. If it breaks one, the kernel refuses it and names the first rule that it broke.
//
// # What happens here
//
// [Compile] runs a fixed list of passes (compile.go). Each pass is a plain function, and the next passes rely on its result:
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
// Compiling is pure: the same program and [Target] always give the same bytes, on any goroutine.
//
// # Functions of Go
//
// A program made with dsl.Func is values in blocks (internal/compiler/ir). It first goes through passes of its own (structured.go):
//
//	lower     names → the target's offsets, widths and ids; variables → SSA form
//	optimise  less code (internal/compiler/opt has the list)
//	select    operations → instructions on virtual registers
//	allocate  virtual registers → registers and slots of the frame (internal/compiler/regalloc)
//	check     each operand reads the value that it should, shown by other means
//	tidy      blocks → shorter where they are alike (tidy.go has the list)
//	write     blocks → instructions in a row
//
// The list in structured.go also has some smaller steps, and says what holds after each step.
//
// # Far jumps
//
// A jump counts slots in 16 bits, and programs may have a million instructions. Authors need not care how far a label is. Where
// the target has gotol (ISA level v4), the compiler uses that, after the opposite condition if there is one. Elsewhere a far
// jump uses gotos between other code. Added instructions have the Go line of the jump that needed them. In a function with
// gotox nothing can be added, because its targets are numbers in a map.
//
// The time of compiling is proportional to the number of instructions, whatever the jumps between them look like.
//
// # What is checked
//
// The check pass looks at each instruction and at the shape of the code: operands, jumps, ends, unreachable code. Then the
// verify pass follows all paths as the kernel's verifier does (internal/verify, docs/check.md): numbers with their limits and
// known bits, pointers with what they point to, the stack, and what the program acquired and must release. It knows where the
// program goes ([Place]), so it compares arguments, results and writes with that.
//
// It reports only what is certain, and leaves the rest to the kernel. If the code has too many branches, it follows only a
// part; [Object.Checked] tells whether it followed everything. All findings are returned together, as [mistake.Findings].
package compile
