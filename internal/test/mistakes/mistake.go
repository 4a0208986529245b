package mistakes

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Mistake is a program that the kernel refuses.
type Mistake struct {
	Name  string // name of the program; unique
	Rule  string // Pattern of the verifierlog.Rule that explains the refusal
	In    Place
	Build func() *dsl.Program // nil when only types are loaded

	// Spoil changes the program before it is loaded, for mistakes that package dsl cannot make. It may be nil.
	Spoil func(*syscall.ProgLoadAttr)

	// Types writes the types that are loaded instead of a program, and SpoilTypes changes them; it may be nil.
	Types      func(*btf.Builder)
	SpoilTypes func(blob []byte)

	Found Finder
	Whole bool // the message is about the program as a whole: it names no instruction
}

// A Place is the type and target of a program.
type Place struct {
	Type       syscall.ProgType
	AttachType syscall.AttachType
	Target     string // struct_ops: "tcp_congestion_ops.ssthresh"; tracing: a tracepoint; "" elsewhere
	License    string // "" means GPL

	// Careful loads without CAP_PERFMON: then the verifier also makes sure that user space sees no addresses.
	Careful bool
}

// A Finder says whether compiling finds a mistake before the kernel is asked.
type Finder int

// Who finds a mistake.
const (
	KernelOnly   Finder = iota // compiling says nothing
	Compiling                  // compiling says it, at the wrong line
	CompilingToo               // compiling says it, at another line
)

// Places of several programs.
var (
	socketFilter = Place{Type: syscall.ProgTypeSocketFilter}
	xdp          = Place{Type: syscall.ProgTypeXDP, AttachType: syscall.AttachXDP}
	tc           = Place{Type: syscall.ProgTypeSchedCls}
	task         = Place{Type: syscall.ProgTypeSyscall} // programs that user space calls, and that may sleep
	newTask      = Place{Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, Target: "task_newtask"}
	ssthresh     = Place{Type: syscall.ProgTypeStructOps, Target: "tcp_congestion_ops.ssthresh"}
	congAvoid    = Place{Type: syscall.ProgTypeStructOps, Target: "tcp_congestion_ops.cong_avoid"}
	careful      = Place{Type: syscall.ProgTypeSocketFilter, Careful: true}
)

// A Field is what a file of this package is about.
type Field struct {
	Title    string
	Text     string // an introduction for readers
	File     string
	Mistakes []Mistake
}

// Fields lists all mistakes by subject, in a good order for learning.
func Fields() []Field {
	return []Field{
		{"Registers", registersText, "registers.go", registers[:]},
		{"Memory", memoryText, "memory.go", memory[:]},
		{"Calls", callsText, "calls.go", calls[:]},
		{"Resources", resourcesText, "resources.go", resources[:]},
		{"Structs of the kernel", structsText, "structs.go", structs[:]},
		{"Names of the kernel", symbolsText, "symbols.go", symbols[:]},
		{"Shape and size", shapeText, "shape.go", shape[:]},
		{"Attach targets", attachText, "attach.go", attach[:]},
		{"Types of a program", btfText, "btf.go", types[:]},
	}
}

// All lists all mistakes.
func All() []Mistake {
	var all []Mistake
	for _, f := range Fields() {
		all = append(all, f.Mistakes...)
	}
	return slices.Clip(all)
}
