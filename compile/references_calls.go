package compile

import (
	"math"

	"github.com/bpfsmith/bpfsmith/isa"
)

// callReferences follows what a call does to what is held, before it loses its
// arguments. It may know more of the result, and reports whether the path can be
// followed further.
func (w *walk) callReferences(i int, regs *state, result *value) bool {
	in := &w.f.code[i]
	if w.refs.now.lost {
		return true
	}
	switch {
	case in.IsHelperCall() && !w.callHelper(i, regs, result):
		return false
	case !in.IsHelperCall() && !in.IsKfuncCall() || in.is(vague):
		w.callFunction(i, regs)
		return true
	}
	r, n := w.rowOf(in)
	switch {
	case r == nil && in.IsKfuncCall():
		w.giveUpArguments(regs)
		fallthrough
	case r == nil || r.does == borrows:
		if in.IsKfuncCall() && result.kind == scalar {
			*result = w.fresh(i, *result, 1, regs)
		}
		return true
	case r.enters != noSection || r.leaves != noSection:
		return w.callSection(i, r, regs)
	case r.does&(begins|uses|finishes) != 0:
		return w.callPlace(i, r, n, regs, result)
	}
	if r.does&(releases|transfers) != 0 && !w.giveBack(i, r, regs) {
		return false
	}
	if r.does&acquires != 0 && !w.refs.now.lost {
		*result = w.acquire(i, n, regs)
	}
	return true
}

// callHelper follows what concerns all helpers.
func (w *walk) callHelper(i int, regs *state, result *value) bool {
	id, h := w.f.code[i].Imm, &w.refs.now
	switch {
	case h.depth[spinSection] > 0 && id != helperUnlock && id != helperXchg: // since 6.17 one may exchange there
		w.foundCallUnder(i, spinSection)
		return false
	case sleeps(id) && !w.maySleep(i):
		return false
	case id == helperTailCall && !w.leave(i, "a tail call", regs):
		return false
	case callsBack(id):
		w.giveUpAll(regs)
	case id == helperMapLookup:
		*result = w.fresh(i, *result, lookedUp, regs)
	case anyResult(id):
		*result = w.fresh(i, anyNumber, math.MaxUint64, regs)
	}
	return true
}

// maySleep reports whether a path may wait where it is.
func (w *walk) maySleep(i int) bool {
	h := &w.refs.now
	for s := spinSection; s < sections; s++ {
		if h.depth[s] > 0 {
			w.foundCallUnder(i, s)
			return false
		}
	}
	for _, r := range h.refs[:h.count] {
		if row := w.refs.names[r.name-1].row; row != 0 && references[row-1].thing == irqFlags {
			w.foundCallWithoutInterrupts(i, r)
			return false
		}
	}
	return true
}

// callFunction follows a call of a function of the object. Nobody knows what it does
// to what is held, unless it does nothing that could matter.
func (w *walk) callFunction(i int, regs *state) {
	sub := w.f.callee(i)
	if sub == nil || !w.leavesAlone(sub) {
		w.giveUpAll(regs)
		return
	}
	h := &w.refs.now
	for r := isa.R1; r <= isa.R5; r++ {
		switch v := regs[r]; {
		case v.kind == acquired && v.nullable: // it may find out that it is nil
			w.giveUp(v.name, regs)
		case v.kind == stack, v.kind == unknown && h.murky:
			for h.spilled > 0 {
				w.giveUp(h.spills[0].name, regs)
			}
			h.loose = true
		}
	}
}

// leavesAlone reports whether a function, and all that it calls, calls nothing that
// acquires or gives back, and nothing that is not known.
func (w *walk) leavesAlone(f *function) bool {
	if quiet, known := w.refs.quiet[f]; known {
		return quiet
	}
	if w.refs.quiet == nil {
		w.refs.quiet = make(map[*function]bool)
	}
	w.refs.quiet[f] = false // while it is being looked at
	quiet := true
	for i := range f.code {
		in := &f.code[i]
		if in.Op.Class() != isa.ClassJMP || in.Op.Operation() != isa.OpCall {
			continue
		}
		switch r, _ := w.rowOf(in); {
		case in.is(vague):
			quiet = false
		case in.IsHelperCall():
			quiet = quiet && r == nil && !callsBack(in.Imm)
		case in.IsKfuncCall():
			quiet = quiet && r != nil && r.does == borrows
		default:
			sub := f.callee(i)
			quiet = quiet && sub != nil && w.leavesAlone(sub)
		}
	}
	w.refs.quiet[f] = quiet
	return quiet
}

// callSection follows the ends of sections.
func (w *walk) callSection(i int, r *row, regs *state) bool {
	h := &w.refs.now
	if s := r.enters; s != noSection {
		if h.depth[s] == math.MaxUint8 {
			w.loseTrack(regs)
			return true
		}
		if h.depth[s]++; h.depth[s] == 1 {
			h.entered[s] = int32(i + 1)
		}
		return true
	}
	s := r.leaves
	if h.depth[s] == 0 {
		if h.loose {
			return true
		}
		w.foundNotEntered(i, r)
		return false
	}
	if h.depth[s]--; h.depth[s] == 0 {
		h.entered[s] = 0
	}
	return true
}

// callPlace follows calls about a place on the stack that holds something.
func (w *walk) callPlace(i int, r *row, n int, regs *state, result *value) bool {
	h := &w.refs.now
	v := regs[r.arg]
	if v.kind != stack {
		h.loose = true
		if r.does == finishes && v.kind == unknown {
			w.giveUpAll(regs)
		}
		return true
	}
	name := h.at(v.off)
	switch {
	case v.off < -stackSize || v.off >= 0: // the kernel says so
		w.loseTrack(regs)
		return true
	case r.does == begins && name != 0:
		w.foundStillHeld(i, r, name)
		return false
	case r.does == begins:
		if name = w.nameFor(i, n, regs); name == 0 || !h.hold(name, int16(v.off)) {
			w.loseTrack(regs)
		}
		return true
	case name == 0 && h.loose:
		return true
	case name == 0:
		w.foundNothingHeld(i, r)
		return false
	case w.thing(name) != r.thing:
		w.giveUp(name, regs)
		return true
	case r.does == uses:
		*result = w.fresh(i, *result, math.MaxUint64, regs)
		return true
	}
	if r.thing == irqFlags {
		for k := int(h.count) - 1; k >= 0; k-- { // what was saved last goes first
			if last := h.refs[k].name; last != name && w.thing(last) == irqFlags {
				w.foundOutOfOrder(i, name, last)
				return false
			} else if last == name {
				break
			}
		}
	}
	h.let(name)
	return true
}

// thing is what a reference is to.
func (w *walk) thing(name uint8) string {
	if row := w.refs.names[name-1].row; row != 0 {
		return references[row-1].thing
	}
	return ""
}

// giveBack follows a call that takes a reference from the program.
func (w *walk) giveBack(i int, r *row, regs *state) bool {
	v := regs[r.arg]
	switch v.kind {
	case acquired:
		if v.nullable && r.does&orNil == 0 {
			if !w.surelyMaybeNil(v.name) {
				w.loseTrack(regs)
				return true
			}
			w.referenceMayBeNil(i, v)
			return false
		}
		w.refs.now.let(v.name)
		if r.does&transfers != 0 {
			w.become(v.name, unknown, regs)
		} else {
			w.become(v.name, released, regs)
		}
	case released:
		w.foundGone(i, v, ReleasedTwice)
		return false
	case context, stack:
		w.foundNotAcquired(i, r)
		return false
	case scalar:
		if r.does&orNil != 0 {
			break
		}
		w.foundNotAcquired(i, r)
		return false
	default: // perhaps another pointer to what is held
		w.giveUpPointers(regs)
	}
	return true
}

// surelyMaybeNil reports whether a pointer that was not compared with 0 yet may be
// nil on every kernel.
func (w *walk) surelyMaybeNil(name uint8) bool {
	row := w.refs.names[name-1].row
	return row != 0 && references[row-1].nil == may
}

// overwrite follows a store to the stack.
func (w *walk) overwrite(i int, at, size int64, regs *state) bool {
	h := &w.refs.now
	const dynptrSize = 16 // struct bpf_dynptr
	for _, r := range h.refs[:h.count] {
		slot := int64(r.slot)
		if slot == 0 || at >= slot+dynptrSize || slot >= at+size {
			continue
		}
		if row := &references[w.refs.names[r.name-1].row-1]; row.helper != 0 { // a dynptr
			w.foundOverwritten(i, r.name)
			return false
		}
		if slot < at+size && at < slot+8 { // an iterator or flags: they cannot be ended any more
			w.giveUp(r.name, regs)
			return true
		}
	}
	return true
}

// leave checks what is held where a program ends, or may end. It reports whether
// that is nothing.
func (w *walk) leave(i int, how string, regs *state) bool {
	h := &w.refs.now
	if !w.refs.on || h.lost || !w.verifiedAlone() {
		return true
	}
	ok := true
	for s := spinSection; s < sections; s++ {
		if h.depth[s] > 0 {
			w.foundOpenSection(i, s, how)
			ok = false
		}
	}
	for _, r := range h.refs[:h.count] {
		if r0 := regs[isa.R0]; w.f.code[i].is(exits) && r0.kind == acquired && r0.name == r.name && w.mayReturnReference() {
			continue
		}
		w.foundUnreleased(i, r, how)
		ok = false
	}
	return ok
}

// mayReturnReference reports whether a result may be a reference, which is the
// kernel's then (Linux 6.16, members of kernel structs that return a pointer).
func (w *walk) mayReturnReference() bool {
	c := w.target.Context
	return w.f == w.funcs[0] && (c == nil || c.Result != nil && isPointer(c.Result))
}

// fork goes both ways of a branch, with what each knows of what is held. It reports
// whether the path goes on with the next instruction.
func (w *walk) fork(i int, b *block, regs *state) bool {
	in := &w.f.code[i]
	valueTaken, valueNext, goes := w.branch(in, regs)
	sure := verdict{true, true}
	if goes.taken && goes.next && !w.refs.now.lost {
		sure = w.certain(in, regs)
	}
	before := w.refs.now
	if goes.taken {
		taken := *regs
		taken[in.Dst] = valueTaken
		w.learn(in, regs, true, sure.taken, &taken)
		w.arrivals.goOn(b.to, &taken, w.guess, w.holding())
		w.refs.now = before
	}
	if goes.next {
		old := *regs
		regs[in.Dst] = valueNext
		w.learn(in, &old, false, sure.next, regs)
	}
	return goes.next
}

// learn notes what one way of a branch says about what is held, and about numbers.
func (w *walk) learn(in *instr, before *state, taken, sure bool, regs *state) {
	if w.refs.now.lost {
		return
	}
	if !sure {
		w.loseTrack(regs)
		return
	}
	op := in.Op.Operation()
	if op == isa.OpJCOND {
		return
	}
	a := before[in.Dst]
	switch {
	case in.Op.Source() == isa.SrcX:
		w.pair(in, a, before[in.Src], taken)
	case a.kind == acquired && a.nullable && in.Op.Class() == isa.ClassJMP && in.Imm == 0 && (op == isa.OpJEQ || op == isa.OpJNE):
		w.checkedNil(a.name, (op == isa.OpJEQ) == taken, regs)
	}
}
