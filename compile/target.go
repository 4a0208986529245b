package compile

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"

	cbtf "github.com/cilium/ebpf/btf"
)

// A Target is what a program is compiled for. The zero Target is a kernel of
// which nothing is known: programs that name no kernel types compile for it.
type Target struct {
	BTF       *btf.Types    // the kernel's types; nil when there are none
	Level     isa.Level     // the highest ISA level that the kernel takes; 0 stands for all of it
	ByteOrder isa.ByteOrder // of the code and of what describes it
	Context   *Context      // where the program is attached; nil when not known

	// ProgramType is what the kernel calls the type, in lower case, such as socket_filter; "" when not known. With a
	// Context it is struct_ops.
	ProgramType string

	// Tracepoint is what a program of type tracing is for, by its name, such as task_newtask; "" when it is for something
	// else, or that is not known.
	Tracepoint string

	// License is what the program is going to be loaded under; "" when not known.
	License string

	// NoPerfmon says that whoever loads the program lacks CAP_PERFMON: then addresses of the kernel must not get out.
	NoPerfmon bool

	// Kernel is a release of Linux, where what came to Linux after it is not to be
	// used, whatever the level: may_goto is of level 4, which Linux takes since 6.6,
	// and came with 6.9. Zero sets no such bound.
	Kernel isa.KernelVersion

	// Unchecked leaves it to the kernel to judge what was written, where one wants to see what it says, or believes that a
	// finding is wrong. What cannot be encoded is a finding still.
	Unchecked bool

	// Verify derives again, by other means, that each value is where the code looks
	// for it. It is slow, and for tests.
	Verify bool

	// Source gives the text of a line of Go, without its indentation, for the
	// verifier's log and for bpftool; nil leaves the text out. Only file name
	// and line then reach the kernel.
	Source func(file string, line int) string
}

// A Context is a place where programs are attached, as far as checking needs
// to know it: what R1 points to on entry, and what may be done there. R1 points
// to one u64 for each parameter.
type Context struct {
	Name   string    // "tcp_congestion_ops.ssthresh"
	Member string    // "ssthresh"
	Proto  string    // the kernel's prototype, as messages show it
	Params []Param   // in order
	Result cbtf.Type // of the kernel's prototype; nil or void when there is none
	Rules  *Rules    // what may be done; nil when not known
}

// A Param is an argument that the kernel passes.
type Param struct {
	Name     string    // "" when the kernel's BTF has none
	Type     cbtf.Type // as the kernel's prototype has it
	Nullable bool      // the pointer may be nil
	Ref      bool      // the program has to give it back, or on
}

// Rules are what the kernel lets a program do at a place, beyond what holds for
// all programs. Empty parts are not checked.
type Rules struct {
	Writable        []Field                                          // the only kernel fields that may be written
	Casts           []Cast                                           // pointers that are more than their prototype says
	HelperForbidden func(id int32) (why string)                      // "" for helpers that may be called
	KernelForbidden func(name string) (why string, allowed []string) // likewise for kernel functions
}

// A Field names a field of a kernel struct.
type Field struct{ Struct, Path string }

// A Cast says that a pointer to From, as a prototype has it, may be used as
// one to To, whose first member it is.
type Cast struct{ From, To string }
