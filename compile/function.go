package compile

import (
	"math"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A function is one of a unit's functions.
type function struct {
	program *dsl.Program
	items   []record.Item // of the program; instructions have indexes into it
	code    []instr
	labels  labels
	callees []*function // instructions that call a function have its index
	jumps   []int32     // the indexes of jumps to labels, in order
	calls   []int32     // the indexes of calls
	numbers []int32     // the indexes of numbered instructions
	inner   []int       // the targets of calls among these, in order; see checkJumps

	first  int  // slot of the first instruction, after layout
	size   int  // in slots
	placed bool // layout is done

}

// An instr is an instruction with what the passes find out about it. A program may have millions of them. So data that only few need is
// in tables of the function, and references are numbers, which the garbage collector need not follow.
type instr struct {
	isa.Instruction
	item int32 // the item that it comes from
	slot int32 // counted from the start of the function

	// to is the target. For a jump it is the number of the label. After resolve it is the index of an instruction, len(code) for a
	// label at the end, or nowhere. For a call of another function it is the index in callees.
	to    int32
	flags flags  // the last ones are known after the first look of the check pass
	site  uint16 // where the item is in the source; see sites
}

// nowhere is the target of an instruction that does not jump, or of a jump that names no label.
const nowhere = -1

// flags say what kind of instruction it is.
type flags uint16

const (
	labelled flags = 1 << iota // a jump whose to is set, but whose displacement is not
	calling                    // it calls another function or takes its address
	numbered                   // it refers to code by a distance that the user wrote (dsl.Raw)
	vague                      // an operand could not be resolved, so it is not checked further
	added                      // it was added: a jump needs it to reach its label

	// What the form says; see traits.
	jumps    // it may go on elsewhere in the function
	branches // and it may also go on with the next instruction
	ends     // it never goes on with the next instruction
	exits
	calls // a call of any kind
)

func (i *instr) is(f flags) bool { return i.flags&f != 0 }

// item is the item that an instruction comes from.
func (f *function) item(index int) *record.Item { return &f.items[f.code[index].item] }

// callee is the function that an instruction calls, or nil.
func (f *function) callee(index int) *function {
	if in := &f.code[index]; in.is(calling) {
		return f.callees[in.to]
	}
	return nil
}

// labels are the labels of a function. They are numbered in the order in which they are first named, so that each jump looks its name
// up only once.
type labels struct {
	number map[string]int32
	at     []int32 // the index in code of the instruction after the label, or nowhere
	item   []int32 // of the label

	sorted   []string // the labels that exist; set when a name is first missing
	compared int      // how many names were compared with missing ones
}

// grow makes room for some labels.
func (l *labels) grow(n int) {
	l.number = make(map[string]int32, n)
	l.at, l.item = make([]int32, 0, n), make([]int32, 0, n)
}

// of returns the number of a name.
func (l *labels) of(name string) int32 {
	n, known := l.number[name]
	if !known {
		n = int32(len(l.at))
		l.number[name] = n
		l.at = append(l.at, nowhere)
		l.item = append(l.item, nowhere)
	}
	return n
}

// move updates the labels after instructions moved to new indexes.
func (l *labels) move(moved []int32) {
	for n, at := range l.at {
		if at != nowhere {
			l.at[n] = moved[at]
		}
	}
}

// renumber gives every instruction its slot.
func (f *function) renumber() {
	slot := int32(0)
	for i := range f.code {
		in := &f.code[i]
		in.slot = slot
		slot += int32(in.Slots())
	}
	f.size = int(slot)
}

// relist finds the instructions that refer to code again, after instructions moved.
func (f *function) relist() {
	f.jumps, f.calls, f.numbers = f.jumps[:0], f.calls[:0], f.numbers[:0]
	for i := range f.code {
		switch in := &f.code[i]; {
		case in.is(labelled):
			f.jumps = append(f.jumps, int32(i))
		case in.is(calling):
			f.calls = append(f.calls, int32(i))
		case in.is(numbered):
			f.numbers = append(f.numbers, int32(i))
		}
	}
}

// slotAt is the slot of an instruction, counted from the function's start. For the index after the last instruction it is the
// function's size.
func (f *function) slotAt(index int) int {
	if index == len(f.code) {
		return f.size
	}
	return int(f.code[index].slot)
}

// sites gives numbers to the places in Go where items were made, as long as there are numbers. Code of millions of instructions comes
// from few lines of Go. 0 means that a place has no number.
type sites struct {
	number map[ir.Site]uint16
	recent [64]struct { // the latest answers, by some bits of the site
		site   ir.Site
		number uint16
	}
}

func (s *sites) of(site ir.Site) uint16 {
	last := &s.recent[(site.PC>>2+uintptr(site.Line))%uintptr(len(s.recent))]
	if last.site == site {
		return last.number
	}
	n, known := s.number[site]
	if !known && len(s.number) < math.MaxUint16 {
		if s.number == nil {
			s.number = make(map[ir.Site]uint16)
		}
		n = uint16(len(s.number) + 1)
		s.number[site] = n
	}
	last.site, last.number = site, n
	return n
}
