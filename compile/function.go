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
	items   []record.Item // the program's; an instruction has its item's index
	code    []instr
	labels  labels
	callees []*function // an instruction that calls one has its index
	jumps   []int32     // the indexes of labelled instructions, in order
	calls   []int32     // of calling ones
	numbers []int32     // of numbered ones
	inner   []int       // what calls among these lead to, in order; see checkJumps

	first  int  // slot of the first instruction, after layout
	size   int  // in slots
	placed bool // layout is done

}

// An instr is an instruction with what the passes find out about it. Programs have up to millions of them. So data that only a
// few need is in tables of the function, and references are numbers: the garbage collector has nothing to do here.
type instr struct {
	isa.Instruction
	item int32 // that it comes from
	slot int32 // from the function's start

	// to is where it leads. Of jumps: the label's number, after resolve the
	// index of an instruction, len(code) for a label at the end, or nowhere.
	// Of calls of other functions: the index in callees.
	to    int32
	flags flags  // the last ones after check's first look
	site  uint16 // of the item; see sites
}

// nowhere is the target of an instruction that is not a jump, or that names no label.
const nowhere = -1

// flags are what an instruction is.
type flags uint16

const (
	labelled flags = 1 << iota // a jump whose to is set, and whose displacement is not
	calling                    // calls, or takes the address of, another function
	numbered                   // refers to code by a distance that the user gave (dsl.Raw)
	vague                      // an operand could not be resolved: do not judge it further
	added                      // not the user's: a jump needed it to reach its label

	// What the form says; see traits.
	jumps    // may go on elsewhere in the function
	branches // and may also go on with the next instruction
	ends     // never goes on with the next instruction
	exits
	calls // of any kind
)

func (i *instr) is(f flags) bool { return i.flags&f != 0 }

// item is what an instruction comes from.
func (f *function) item(index int) *record.Item { return &f.items[f.code[index].item] }

// callee is the function that an instruction calls, or nil.
func (f *function) callee(index int) *function {
	if in := &f.code[index]; in.is(calling) {
		return f.callees[in.to]
	}
	return nil
}

// labels are a function's. They have numbers in the order of their first
// mention, so that each jump looks its name up once.
type labels struct {
	number map[string]int32
	at     []int32 // index into code of the instruction after the label, or nowhere
	item   []int32 // of the label

	sorted   []string // the names that stand somewhere, once one was looked for in vain
	compared int      // with such names
}

// grow makes room for some labels.
func (l *labels) grow(n int) {
	l.number = make(map[string]int32, n)
	l.at, l.item = make([]int32, 0, n), make([]int32, 0, n)
}

// of is the number of a name.
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

// move follows instructions to their new indexes.
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

// relist finds the instructions that refer to code again.
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

// slotAt is the slot of an instruction from the function's start; of the index
// after the last one, the function's size.
func (f *function) slotAt(index int) int {
	if index == len(f.code) {
		return f.size
	}
	return int(f.code[index].slot)
}

// sites numbers the places in Go where items were made, as long as the numbers suffice: code of millions of instructions comes
// from few lines of Go. 0 is no number.
type sites struct {
	number map[ir.Site]uint16
	recent [64]struct { // the answers of late, by some bits of the site
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
