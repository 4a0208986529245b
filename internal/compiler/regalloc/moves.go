package regalloc

import "github.com/bpfsmith/bpfsmith/isa"

// run writes the moves in group one after the other, as if they happened at once, and empties the group. It may use the registers in
// free for values on their way.
//
// A move can be written when no other move still reads its destination. If no such move is left, the rest are rings. A ring is opened
// by putting one of its values somewhere else.
func (w *writer) run() {
	if len(w.group) == 0 {
		return
	}
	w.busy = 0
	n := 0
	for _, m := range w.group {
		if m.dst < firstSlot {
			w.busy = w.busy.With(isa.Register(m.dst))
			if m.src == m.dst || w.held[m.dst] == m.v {
				continue // the value is there already
			}
		}
		if m.src >= 0 && m.src < firstSlot {
			w.busy = w.busy.With(isa.Register(m.src))
		} else if r := w.holder(m.v); r != AnyReg {
			m.src = place(r)
			w.busy = w.busy.With(r)
		}
		w.group[n] = m
		n++
	}
	w.group = w.group[:n]
	if n == 0 {
		return
	}
	if n == 1 {
		w.one(w.group[0])
		w.group = w.group[:0]
		return
	}
	for i, m := range w.group {
		w.writes[m.dst] = int32(i + 1)
		if m.src >= 0 {
			w.readers[m.src]++
		}
	}
	// Slots come first. That frees registers, and no move waits for a register that does not become free.
	w.ready = w.ready[:0]
	for i, m := range w.group {
		if w.readers[m.dst] == 0 && m.dst >= firstSlot {
			w.ready = append(w.ready, int32(i))
		}
	}
	for i, m := range w.group {
		if w.readers[m.dst] == 0 && m.dst < firstSlot {
			w.ready = append(w.ready, int32(i))
		}
	}
	next := 0
	for done := 0; done < n; {
		for k := 0; k < len(w.ready); k++ {
			m := w.group[w.ready[k]]
			w.one(m)
			w.writes[m.dst] = 0
			done++
			if m.src < 0 {
				continue
			}
			w.readers[m.src]--
			if i := w.writes[m.src]; w.readers[m.src] == 0 && i != 0 {
				w.ready = append(w.ready, i-1)
			}
		}
		w.ready = w.ready[:0]
		if done == n {
			break
		}
		for w.writes[w.group[next].dst] != int32(next+1) {
			next++
		}
		w.open(next)
	}
	w.group = w.group[:0]
}

// open makes shift i possible: the value in its destination goes somewhere else, and the only move that reads it takes it from there.
func (w *writer) open(i int) {
	dst := w.group[i].dst
	reader := i
	for w.group[reader].src != dst {
		reader = int(w.writes[w.group[reader].src]) - 1
	}
	m := &w.group[reader]
	to := firstSlot
	if r := w.temporary(AnyReg); r != AnyReg {
		to = place(r)
		w.busy = w.busy.With(r)
	} else {
		to += place(w.exchange(0))
	}
	w.one(shift{to, dst, m.v})
	w.readers[dst] = 0
	w.readers[to]++
	m.src = to
	w.ready = append(w.ready, int32(i))
}

// one writes one move.
func (w *writer) one(m shift) {
	toReg, fromReg := m.dst < firstSlot, m.src >= 0 && m.src < firstSlot
	dst, src := isa.Register(m.dst), isa.Register(m.src)
	switch {
	case toReg && fromReg:
		w.emit(Step{Kind: Move, Dst: dst, Src: src, V: m.v})
		w.hold(dst, m.v)
	case toReg:
		if r := w.holder(m.v); r != AnyReg {
			w.emit(Step{Kind: Move, Dst: dst, Src: r, V: m.v})
		} else if m.src == nowhere {
			w.emit(Step{Kind: Remake, Dst: dst, V: m.v})
		} else {
			w.emit(Step{Kind: Reload, Dst: dst, V: m.v, Slot: int32(m.src - firstSlot)})
		}
		w.hold(dst, m.v)
	case fromReg:
		w.emit(Step{Kind: Spill, Src: src, V: m.v, Slot: int32(m.dst - firstSlot)})
	default:
		w.through(m)
	}
}

// through writes a move into a slot, from another slot or of a value that is made again.
func (w *writer) through(m shift) {
	if r := w.holder(m.v); r != AnyReg {
		w.one(shift{m.dst, place(r), m.v})
		return
	}
	if r := w.temporary(w.storedFrom[m.dst-firstSlot]); r != AnyReg {
		w.one(shift{place(r), m.src, m.v})
		w.one(shift{m.dst, place(r), m.v})
		return
	}
	// No register is free: borrow one.
	const r = isa.R0
	was := w.held[r]
	s := w.exchange(1)
	w.emit(Step{Kind: Spill, Src: r, V: was, Slot: s})
	w.held[r] = 0
	w.one(shift{place(r), m.src, m.v})
	w.one(shift{m.dst, place(r), m.v})
	w.emit(Step{Kind: Reload, Dst: r, V: was, Slot: s})
	w.held[r] = was
}

// temporary returns a register that may be overwritten now, or AnyReg. It is a free register, or one that a later move writes and no
// move reads. It is the register liked if that is possible.
func (w *writer) temporary(liked isa.Register) isa.Register {
	if w.when >= 0 {
		w.findFree(w.when)
		w.when = -1
	}
	if free := w.free &^ w.busy; free != 0 {
		if liked < numRegs && free.Has(liked) {
			return liked
		}
		return lowest(free)
	}
	for r := isa.R0; r < numRegs; r++ {
		if w.writes[r] != 0 && w.readers[r] == 0 {
			return r
		}
	}
	return AnyReg
}

// exchange returns one of two slots that hold values during a few moves.
func (w *writer) exchange(k int) int32 {
	if w.scratch[k] < 0 {
		w.scratch[k] = int32(len(w.spilled))
		w.spilled = append(w.spilled, 0)
		w.storedFrom = append(w.storedFrom, AnyReg)
	}
	return w.scratch[k]
}

// holder returns a register that is known to hold v, or AnyReg.
func (w *writer) holder(v V) isa.Register {
	for r, h := range w.held {
		if h == v {
			return isa.Register(r)
		}
	}
	return AnyReg
}

// hold records that r holds v now.
func (w *writer) hold(r isa.Register, v V) {
	if r < numRegs {
		w.held[r] = v
	}
}

// forget records that r holds no useful value.
func (w *writer) forget(r isa.Register) { w.hold(r, 0) }

// emit adds a step.
func (w *writer) emit(s Step) {
	if s.Kind == Spill {
		w.storedFrom[s.Slot] = s.Src
	}
	w.steps = append(w.steps, s)
}
