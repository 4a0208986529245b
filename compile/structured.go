package compile

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/opt"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// write compiles Go functions to instructions with labels. From there on, they are like functions that were written as instructions.
func write(u *unit) {
	programs := u.program.Programs()
	if !slices.ContainsFunc(programs, (*dsl.Program).Structured) {
		return
	}
	if err := u.prefetch(); err != nil {
		u.unreadable(err)
		return
	}
	for i, p := range programs {
		if p.Structured() {
			u.writeFunction(p, p.Body(i > 0))
		}
	}
}

// items are the items of a program, written or compiled.
func (u *unit) items(p *dsl.Program) []record.Item {
	if p.Structured() {
		return u.written[p]
	}
	return p.Items
}

// functionPasses compile a Go function to items, in this order. Each leaves a writing that the next one relies on.
var functionPasses = [...]struct {
	name string
	run  func(*writing)
}{
	{"lower", (*writing).lower},               // f is in SSA form for the target: it has no names and no variables
	{"optimise", (*writing).optimise},         // f does the same with less code; package opt has a list of its own
	{"split", (*writing).splitCriticalEdges},  // there is a block for the moves along each edge
	{"arrange", (*writing).arrange},           // blocks have an order: each before those that it leads to, loops together
	{"count", (*writing).countUses},           // it is known how often each value is used,
	{"extend", (*writing).markExtended},       // and whether its upper half is used
	{"frame", (*writing).placeObjects},        // the objects of the frame that are used have their places
	{"select", (*writing).selectInstructions}, // machine has instructions on virtual registers
	{"allocate", (*writing).allocate},         // each virtual register is in a register or a slot of the frame at all times
	{"fit", (*writing).fitFrame},              // the frame is not larger than the stack
	{"check", (*writing).checkAllocation},     // each operand reads the right value
	{"fill", (*writing).fill},                 // blocks have items with real registers
	{"tidy", (*writing).tidy},                 // there are fewer items; tidy.go has a list of its own
	{"write", (*writing).write},               // the items are in a row, with labels and jumps
	{"idle", (*writing).dropIdle},             // no may_goto leads to the item after it
}

// A writing is a Go function on its way to items.
type writing struct {
	*selection
	result *regalloc.Result
	tidied tidying
	making []position // by virtual register: where it is made
	items  []record.Item
	wanted []bool // the blocks that jumps lead to: they get labels
	failed bool   // there are mistakes, which were reported
}

func newWriting(u *unit, p *dsl.Program, body *record.Body) *writing {
	return &writing{selection: &selection{unit: u, p: p, body: body, machine: &regalloc.Func{Remat: make([]bool, 1)}}}
}

// writeFunction takes a function through its passes.
func (u *unit) writeFunction(p *dsl.Program, body *record.Body) {
	w := newWriting(u, p, body)
	for _, pass := range functionPasses {
		if pass.run(w); w.failed || u.err != nil {
			return
		}
	}
	if u.written == nil {
		u.written = make(map[*dsl.Program][]record.Item)
	}
	u.written[p] = w.items
}

func (w *writing) lower() {
	mistakes := w.body.Mistakes()
	for _, m := range mistakes {
		w.note(w.p, m.Kind, m)
	}
	if proto := w.p.Proto; proto.Err != nil {
		w.note(w.p, mistake.BadProto, mistake.Finding{Position: proto.Pos, Insn: -1, Detail: proto.Err.Error()})
	}
	if items := w.p.Items; len(items) > 0 {
		w.note(w.p, mistake.Misplaced, mistake.Finding{Position: record.Position(items[0].Site()), Insn: -1,
			Detail: "items are appended to a program that is a Go function, which does not have them",
			Help:   "append them to a program made with dsl.Assembly"})
	}
	if w.failed = w.body.Unfinished || w.p.Proto.Err != nil; w.failed {
		return
	}
	before := len(w.findings)
	w.findInvalidMaps()
	w.f = w.unit.lower(w.p, w.body) // this runs even if there are mistakes, so that what the target lacks is reported together with them
	w.failed = len(mistakes) > 0 || len(w.findings) > before
}

func (w *writing) optimise() {
	opt.Run(w.f, opt.Config{SignedLoads: w.target.has(isa.V4), NarrowJumps: w.target.has(isa.V3)})
}

func (w *writing) allocate() {
	result, err := regalloc.Allocate(w.machine)
	if err != nil {
		w.unreadable(fmt.Errorf("%s: allocating registers: %w", w.p.Name, err))
		return
	}
	w.result = result
}

// checkAllocation shows in another way that each value is where the code reads it. It always runs: it takes a few hundredths of the
// time, and without it a mistake of the allocator would be a program with wrong results.
func (w *writing) checkAllocation() {
	if err := regalloc.Check(w.machine, w.result); err != nil {
		w.unreadable(fmt.Errorf("%s: the compiler has made a mistake, please report it: allocating registers: %w", w.p.Name, err))
	}
}

// dropIdle leaves out a may_goto to the next instruction, which belongs to a loop with nothing left in it. Linux accepts it only since
// 6.14.
func (w *writing) dropIdle() {
	items, kept := w.items, 0
	for i := range items {
		if item := &items[i]; item.Kind == record.JumpTo && isMayGoto(item.Ins) && leadsOn(item.Name(), items[i+1:]) {
			continue
		}
		if kept < i {
			items[kept] = items[i]
		}
		kept++
	}
	w.items = items[:kept]
}

// leadsOn reports whether a label is before the next instruction.
func leadsOn(label string, items []record.Item) bool {
	for i := 0; i < len(items) && items[i].Kind == record.LabelHere; i++ {
		if items[i].Name() == label {
			return true
		}
	}
	return false
}

// has reports whether the target takes instructions of a level: it must not be below it, nor its kernel too old.
func (t *Target) has(level isa.Level) bool {
	return (t.Level == 0 || t.Level >= level) && (t.Kernel == isa.KernelVersion{} || t.Kernel.AtLeast(level.Since()))
}
