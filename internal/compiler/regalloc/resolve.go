package regalloc

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// allRegs are the registers that values can have.
const allRegs isa.RegisterSet = 1<<numRegs - 1

// A place is a register, or firstSlot + a slot, or nowhere, for a value that is to be made again.
type place int32

const (
	firstSlot place = 16
	nowhere   place = -1
)

// A shift is one of several moves that happen at once.
type shift struct {
	dst, src place
	v        V
}

// noUses is Step.Uses of an instruction without any.
var noUses = [maxUses]isa.Register{AnyReg, AnyReg, AnyReg, AnyReg, AnyReg}

// A writer writes the code.
type writer struct {
	*scan
	steps      []Step
	slotOf     []int32 // by V: its slot, or -1
	spilled    []V
	storedFrom []isa.Register   // by slot: the register from which it was written last, so that the edges to one block end alike
	cur        []int32          // by V: its piece at the current place
	starts     [][numRegs]int32 // by block: the pieces in the registers at its beginning, or -1
	ends       [][numRegs]int32 // … and at its end
	held       [numRegs]V       // the values that registers are known to hold, even if they are not used any more
	group      []shift
	when       moment          // the group is written before the instruction of this moment; or -1: free is known
	free       isa.RegisterSet // registers that the group may use in between
	busy       isa.RegisterSet // … except these

	readers []int32 // by place: how many shifts that are not written yet read it
	writes  []int32 // by place: the number of the shift that writes it, plus 1
	ready   []int32
	scratch [2]int32 // slots for exchanging values, or -1
}

// Allocate finds a register for every operand.
func Allocate(f *Func) (*Result, error) {
	l, err := analyze(f)
	if err != nil {
		return nil, err
	}
	s, err := allocate(l)
	if err != nil {
		return nil, err
	}
	w := &writer{scan: s, scratch: [2]int32{-1, -1}}
	w.prepare()
	res := &Result{Blocks: make([]Code, len(f.Blocks))}
	ends := make([]int, len(f.Blocks))
	for b := range f.Blocks {
		w.block(b)
		ends[b] = len(w.steps)
	}
	from := 0
	for b, to := range ends {
		res.Blocks[b].Steps = w.steps[from:to:to]
		from = to
	}
	res.Spilled = w.spilled
	res.Slots = len(w.spilled)
	return res, nil
}

// prepare numbers the slots and finds which pieces are in registers where blocks meet.
func (w *writer) prepare() {
	n := w.f.Values + 1
	w.slotOf = make([]int32, n)
	for v := range w.slotOf {
		w.slotOf[v] = -1
		if w.slot[v] {
			w.slotOf[v] = int32(len(w.spilled))
			w.spilled = append(w.spilled, V(v))
			w.storedFrom = append(w.storedFrom, AnyReg)
		}
	}
	w.readers = make([]int32, int(firstSlot)+len(w.spilled)+2)
	w.writes = make([]int32, len(w.readers))
	w.cur = slices.Clone(w.head)
	w.starts = make([][numRegs]int32, len(w.f.Blocks))
	w.ends = make([][numRegs]int32, len(w.f.Blocks))
	for b := range w.starts {
		for r := range w.starts[b] {
			w.starts[b][r], w.ends[b][r] = -1, -1
		}
	}
	live := w.order[:0]
	for _, i := range w.order {
		p := &w.pieces[i]
		if p.dead {
			continue
		}
		live = append(live, i)
		for k := p.lo; k < p.hi && w.ranges[k].from < p.to; k++ {
			w.mark(i, max(p.from, w.ranges[k].from), min(p.to, w.ranges[k].to))
		}
	}
	w.order = live
	w.steps = make([]Step, 0, len(w.at)+len(w.at)/4)
}

// mark records at which starts and ends of blocks piece i, which is alive from…to-1, is in its register.
func (w *writer) mark(i int32, from, to moment) {
	if from >= to {
		return
	}
	r := w.pieces[i].reg
	for b := w.blockAt(from); int(b) < len(w.f.Blocks) && w.start[b] < to; b++ {
		if w.start[b] >= from {
			w.starts[b][r] = i
		}
		if w.start[b+1] <= to {
			w.ends[b][r] = i
		}
	}
}

// find returns the piece in which v is in a register at the moment c, or -1. For each v, the moments must be asked in rising order.
func (w *writer) find(v V, c moment) int32 {
	i := w.cur[v]
	for i >= 0 && (w.pieces[i].dead || w.pieces[i].reg == AnyReg || w.pieces[i].to <= c) {
		i = w.pieces[i].next
	}
	w.cur[v] = i
	if i >= 0 && w.pieces[i].from <= c {
		return i
	}
	return -1
}

// stacked returns where v is when it is not in a register.
func (w *writer) stacked(v V) place {
	if s := w.slotOf[v]; s >= 0 {
		return firstSlot + place(s)
	}
	return nowhere
}

// where returns where v is directly before the moment c.
func (w *writer) where(v V, c moment) place {
	if i := w.find(v, c-1); i >= 0 {
		return place(w.pieces[i].reg)
	}
	return w.stacked(v)
}

// block writes block b.
func (w *writer) block(b int) {
	blk := &w.f.Blocks[b]
	preds := w.preds[w.predAt[b]:w.predAt[b+1]]
	if len(preds) != 1 || preds[0] != int32(b-1) {
		// Nothing is known about old contents of registers, unless only one way leads here.
		w.held = [numRegs]V{}
		if len(preds) == 1 {
			for r, i := range w.ends[preds[0]] {
				if i >= 0 {
					w.held[r] = w.pieces[i].v
				}
			}
		}
	}
	if len(preds) == 1 && len(w.f.Blocks[preds[0]].Succs) > 1 {
		w.edge(int(preds[0]), b)
	}
	for r, i := range w.starts[b] {
		if i >= 0 {
			w.held[r] = w.pieces[i].v
		}
	}
	for _, v := range blk.Params {
		if w.slotOf[v] < 0 {
			continue
		}
		if i := w.find(v, w.start[b]); i >= 0 {
			w.emit(Step{Kind: Spill, Src: w.pieces[i].reg, V: v, Slot: w.slotOf[v]})
		}
	}
	first := 0
	if b == 0 {
		first = w.f.entries()
		w.entry(first)
	}
	for i := first; i < len(blk.Instrs); i++ {
		w.instr(b, i)
	}
	if n := len(blk.Instrs); n == 0 || !blk.Instrs[n-1].Branch {
		w.leaveBlock(b)
	}
}

// leaveBlock writes the moves for the edge out of block b, if there is exactly one.
func (w *writer) leaveBlock(b int) {
	if succs := w.f.Blocks[b].Succs; len(succs) == 1 {
		w.edge(b, succs[0].To)
	}
}

// entry writes the parameters of the function and moves them to where they will be.
func (w *writer) entry(n int) {
	c := w.entered(n)
	for i := range n {
		in := &w.f.Blocks[0].Instrs[i]
		w.emit(Step{Kind: Original, Instr: int32(i), Dst: in.DefReg, Uses: noUses})
		w.held[in.DefReg] = in.Def
	}
	for i := range n {
		in := &w.f.Blocks[0].Instrs[i]
		if s := w.slotOf[in.Def]; s >= 0 {
			w.emit(Step{Kind: Spill, Src: in.DefReg, V: in.Def, Slot: s})
		}
		if k := w.find(in.Def, c); k >= 0 {
			w.group = append(w.group, shift{place(w.pieces[k].reg), place(in.DefReg), in.Def})
		}
	}
	w.when, w.free = -1, allRegs
	w.run()
}

// instr writes instruction i of block b, and the moves before and after it.
func (w *writer) instr(b, i int) {
	in := &w.f.Blocks[b].Instrs[i]
	p := w.instrAt(b, i)
	step := Step{Kind: Original, Instr: int32(i), Dst: AnyReg, Uses: noUses}
	if in.Def != 0 {
		if in.DefReg != AnyReg {
			step.Dst = in.DefReg
		} else if k := w.head[in.Def]; k >= 0 && w.pieces[k].first {
			step.Dst = w.pieces[k].reg
		}
	}
	tied, first := in.Tied, V(0)
	if len(in.Uses) > 0 {
		first = in.Uses[0].V
	}
	if w.swapped[p.row()] {
		step.Swapped = true
		tied, first = first, tied
	}

	// Everything that must be somewhere else before the instruction.
	fixed := isa.RegisterSet(0)
	for len(w.order) > 0 && w.pieces[w.order[0]].from <= p {
		k := w.order[0]
		w.order = w.order[1:]
		q := &w.pieces[k]
		if q.from < p || q.first {
			continue // at the start of the block, or with the definition
		}
		w.group = append(w.group, shift{place(q.reg), w.where(q.v, p), q.v})
	}
	for _, u := range in.Uses {
		if u.Reg != AnyReg && !fixed.Has(u.Reg) {
			fixed = fixed.With(u.Reg)
			w.group = append(w.group, shift{place(u.Reg), w.where(u.V, p), u.V})
		}
	}
	if tied != 0 && !fixed.Has(step.Dst) {
		w.group = append(w.group, shift{place(step.Dst), w.where(tied, p), tied})
	}
	w.when = p
	w.run()

	for k, u := range in.Uses {
		v := u.V
		if k == 0 {
			v = first
		}
		switch {
		case u.Reg != AnyReg:
			step.Uses[k] = u.Reg
		case v == tied:
			step.Uses[k] = step.Dst
		default:
			step.Uses[k] = w.pieces[w.find(v, p)].reg
		}
	}
	if in.Branch {
		w.leaveBlock(b)
	}
	if in.Def != 0 && step.Dst == AnyReg {
		return // it is made again where it is needed
	}
	w.emit(step)
	for r := range in.Clobbers.All() {
		w.forget(r)
	}
	if in.Def != 0 {
		w.made(in, step.Dst, p)
	}
}

// made writes the moves and stores for a value that was just made in r.
func (w *writer) made(in *Instr, r isa.Register, p moment) {
	w.hold(r, in.Def)
	for o := range w.held {
		if w.held[o] == in.Def && isa.Register(o) != r {
			w.held[o] = 0 // it is from the previous round of a loop
		}
	}
	if s := w.slotOf[in.Def]; s >= 0 {
		w.emit(Step{Kind: Spill, Src: r, V: in.Def, Slot: s})
	}
	if in.DefReg == AnyReg {
		return
	}
	if k := w.find(in.Def, p+over); k >= 0 && w.pieces[k].reg != r {
		w.emit(Step{Kind: Move, Dst: w.pieces[k].reg, Src: r, V: in.Def})
		w.hold(w.pieces[k].reg, in.Def)
	}
}

// findFree finds the registers that hold no live value at the moment p, within a block. Registers that values are moved to from
// elsewhere are in busy.
func (w *writer) findFree(p moment) {
	w.free = 0
	for r := isa.R0; r < numRegs; r++ {
		// A register is in use if the value that it holds is alive in it.
		if v := w.held[r]; v == 0 || !w.isIn(v, r, p) {
			w.free = w.free.With(r)
		}
	}
}

// isIn reports whether v is alive in r at the moment c.
func (w *writer) isIn(v V, r isa.Register, c moment) bool {
	i := w.find(v, c)
	return i >= 0 && w.pieces[i].reg == r
}

// edge writes the moves from the end of block b to the start of block t.
func (w *writer) edge(b, t int) {
	ends, starts := &w.ends[b], &w.starts[t]
	w.when, w.free = -1, allRegs
	var args []V
	for k := range w.f.Blocks[b].Succs {
		if w.f.Blocks[b].Succs[k].To == t {
			args = w.f.Blocks[b].Succs[k].Args
		}
	}
	params := w.f.Blocks[t].Params
	for r := range numRegs {
		if ends[r] >= 0 {
			w.free = w.free.Without(isa.Register(r))
		}
		i := starts[r]
		if i < 0 {
			continue
		}
		w.free = w.free.Without(isa.Register(r))
		v := w.pieces[i].v
		if w.def[v] == defParam && w.defAt[v] == w.start[t] {
			continue
		}
		if ends[r] < 0 || w.pieces[ends[r]].v != v {
			w.group = append(w.group, shift{place(r), w.atEnd(v, ends), v})
		}
	}
	for k, v := range params {
		dst := nowhere
		if i := w.head[v]; i >= 0 && w.pieces[i].first && !w.pieces[i].dead {
			dst = place(w.pieces[i].reg)
		} else if s := w.slotOf[v]; s >= 0 {
			dst = firstSlot + place(s)
		} else {
			continue // not needed
		}
		if src := w.atEnd(args[k], ends); src != dst {
			w.group = append(w.group, shift{dst, src, args[k]})
		}
	}
	w.run()
}

// atEnd returns where v is at the end of a block. ends has the pieces in registers there.
func (w *writer) atEnd(v V, ends *[numRegs]int32) place {
	for r, i := range ends {
		if i >= 0 && w.pieces[i].v == v {
			return place(r)
		}
	}
	return w.stacked(v)
}
