package verifierlog

import (
	"iter"
	"slices"
)

// pathLimit is the number of steps of a path that are kept. A walk may have a million steps, but the cause of a mistake is rarely older.
const pathLimit = 1 << 15

// pathBytes limits the texts of these steps, in bytes. Each text counts as often as it is used, so the real size is smaller.
const pathBytes = 24 << 20

// A Path is the list of instructions from the entry of a function to the place where the verifier stopped. For a refused program this is
// the path to the mistake.
type Path struct {
	Cut bool // the beginning is missing: in the log, or because the path is too long to be kept

	steps   []step
	changes []change // of all steps, in order
	end     Snapshot
	bytes   int // of the texts of steps and changes
	leftOut int // steps that were dropped because of the limits
}

// A step is an instruction on a path. Steps are small: the changes of all steps are in one list. To go back, the ends of two lists are cut
// off.
type step struct {
	code    *code
	line    int
	frame   int
	gap     bool   // instructions before it are not in the log
	changes int    // index of the first change
	refs    string // the references that were held before
}

// A code is the part of an instruction that is the same each time the walk reaches it.
type code struct {
	insn   int
	text   string
	source Source
}

func (c *code) size() int { return len(c.text) + len(c.source.Text) + len(c.source.File) }

// A change is the change of one place by a step.
type change struct {
	cell          int
	before, after string
}

// A Visit is one visit of the walk to an instruction.
type Visit struct {
	Insn   int
	Line   int // of the log
	Frame  int
	Text   string
	Source Source
}

// A Change is a change of a register or stack slot by an instruction. The value may be new, better known, or forgotten. "" means no value.
type Change struct {
	Place         Place
	Before, After string
}

// Len returns the number of instructions on the path.
func (p *Path) Len() int { return len(p.steps) }

// At returns the instruction at an index from 0 to Len()-1, in the order of the walk.
func (p *Path) At(i int) Visit {
	s := &p.steps[i]
	return Visit{Insn: s.code.insn, Line: s.line, Frame: s.frame, Text: s.code.text, Source: s.code.source}
}

// Changes returns the changes of the instruction.
func (p *Path) Changes(i int) []Change {
	var list []Change
	for _, c := range p.changesOf(i) {
		list = append(list, Change{placeOf(c.cell), shown(c.before), shown(c.after)})
	}
	return list
}

// After returns the state at the end of the path.
func (p *Path) After() *Snapshot { return &p.end }

// Before returns the state before the instruction. It goes back from the end of the path. For many states use Backward.
func (p *Path) Before(i int) *Snapshot {
	for at, before := range p.Backward() {
		if at == i {
			return before
		}
	}
	end := p.end
	return &end
}

// Backward goes through the path from the end. It yields the index of each instruction and the state before it. The next round overwrites
// that state.
func (p *Path) Backward() iter.Seq2[int, *Snapshot] {
	return func(yield func(int, *Snapshot) bool) {
		state := p.end
		for i := len(p.steps) - 1; i >= 0; i-- {
			p.undo(i, &state)
			if !yield(i, &state) {
				return
			}
		}
	}
}

func (p *Path) changesOf(i int) []change {
	if i+1 < len(p.steps) {
		return p.changes[p.steps[i].changes:p.steps[i+1].changes]
	}
	return p.changes[p.steps[i].changes:]
}

// undo changes the state after a step into the state before it.
func (p *Path) undo(i int, state *Snapshot) {
	for _, c := range slices.Backward(p.changesOf(i)) {
		state.known[c.cell] = c.before
	}
	state.refs, state.Frame = p.steps[i].refs, p.steps[i].frame
}

// append adds an instruction.
func (p *Path) append(c *code, line int) {
	if len(p.steps) >= pathLimit || p.bytes >= pathBytes {
		p.drop((len(p.steps) + 3) / 4)
	}
	p.bytes += c.size()
	p.steps = append(p.steps, step{code: c, line: line, frame: p.end.Frame, changes: len(p.changes), refs: p.end.refs})
}

// drop forgets the first steps.
func (p *Path) drop(n int) {
	first := len(p.changes)
	if n < len(p.steps) {
		first = p.steps[n].changes
	}
	for _, s := range p.steps[:n] {
		p.bytes -= s.code.size()
	}
	for _, c := range p.changes[:first] {
		p.bytes -= len(c.after)
	}
	p.leftOut += n
	p.steps = slices.Delete(p.steps, 0, n)
	p.changes = slices.Delete(p.changes, 0, first)
	for i := range p.steps {
		p.steps[i].changes -= first
	}
	p.Cut = true
}

// set changes a place; the change belongs to the last step. A change before the first instruction belongs to no step.
func (p *Path) set(cell int, text string) {
	if p.end.known[cell] == text {
		return
	}
	if len(p.steps) > 0 {
		if len(p.changes) > 8*pathLimit || p.bytes > 2*pathBytes { // states without instructions: not a log of the kernel
			p.drop(len(p.steps))
		} else {
			p.changes = append(p.changes, change{cell, p.end.known[cell], text})
			p.bytes += len(text)
		}
	}
	p.end.known[cell] = text
}

// back takes the path back to a step. keep says whether the changes of the step stay.
func (p *Path) back(i int, keep bool) {
	for len(p.steps)-1 > i {
		p.takeBack(len(p.steps) - 1)
		p.bytes -= p.steps[len(p.steps)-1].code.size()
		p.steps = p.steps[:len(p.steps)-1]
	}
	if !keep {
		p.takeBack(i)
	}
}

// takeBack removes the changes of the last step.
func (p *Path) takeBack(last int) {
	p.undo(last, &p.end)
	for _, c := range p.changesOf(last) {
		p.bytes -= len(c.after)
	}
	p.changes = p.changes[:p.steps[last].changes]
}

// restart forgets everything.
func (p *Path) restart() {
	clear(p.steps)
	clear(p.changes)
	*p = Path{steps: p.steps[:0], changes: p.changes[:0]}
}
