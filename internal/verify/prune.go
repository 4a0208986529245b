package verify

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// pairs are ids of one state with the matching ids of another. Only the equality of ids matters, not their values. Ids of held things
// match by their places in the lists, which are sorted by id.
type pairs struct {
	list         [][2]uint32
	links        []link
	heldA, heldB []held
}

// A link is an id of numbers in one state, and what the first number with that id is in the other: its id, and the distance of the two.
type link struct {
	a, b  uint32
	apart int64
}

func (p *pairs) begin(a, b []held) {
	p.list, p.links, p.heldA, p.heldB = p.list[:0], p.links[:0], a, b
}

func (p *pairs) same(a, b uint32) bool {
	if a == 0 || b == 0 {
		return a == b
	}
	if m, n := placeHeld(p.heldA, a), placeHeld(p.heldB, b); m >= 0 || n >= 0 {
		return m == n
	}
	for _, x := range p.list {
		if x[0] == a || x[1] == b {
			return x[0] == a && x[1] == b
		}
	}
	p.list = append(p.list, [2]uint32{a, b})
	return true
}

// linked reports whether numbers that are linked with x are linked in the same way with y. One that is linked with no other matches any.
func (p *pairs) linked(x, y *value) bool {
	if x.id == 0 {
		return true
	}
	for _, l := range p.links {
		if l.a == x.id {
			return l.b != 0 && l.b == y.id && l.apart == y.off-x.off
		}
	}
	p.links = append(p.links, link{x.id, y.id, y.off - x.off})
	return true
}

// placeHeld finds an id in a list of held things; -1 if it is not there.
func placeHeld(list []held, id uint32) int {
	n, ok := slices.BinarySearchFunc(list, id, func(h held, id uint32) int { return cmp.Compare(h.id, id) })
	if !ok {
		return -1
	}
	return n
}

// equal reports whether a state is the same as that of a visit.
func (c *checker) equal(v *visit, s *state) bool {
	return c.compareStates(&v.saved, s, int(v.at), comparison{exact: true})
}

// covers reports whether a visit allows all values that a state allows. Then a path from the state finds nothing more than the paths from
// the visit.
func (c *checker) covers(v *visit, s *state) bool {
	return c.compareStates(&v.saved, s, int(v.at), comparison{thrifty: c.matters != nil && v.open == 0})
}

// A comparison says how states are compared.
type comparison struct {
	exact   bool
	thrifty bool // what is not needed may differ
}

func (c *checker) compareStates(a *saved, b *state, at int, how comparison) bool {
	if len(a.frames) != len(b.frames) || len(a.held) != len(b.held) ||
		int(a.rcu) != b.rcu || int(a.preempt) != b.preempt || a.guess && !b.guess {
		return false
	}
	for i := range a.frames {
		f, g := &a.frames[i], &b.frames[i]
		if int(f.fn) != g.fn || int(f.call) != g.call || f.callback != g.callback {
			return false
		}
	}
	c.ids.begin(a.held, b.held)
	for i := range a.frames {
		if !c.compareFrames(&a.frames[i], b, i, at, how) {
			return false
		}
	}
	for i := range a.held {
		if a.held[i].kind != b.held[i].kind || a.held[i].insn != b.held[i].insn ||
			a.held[i].in.known != b.held[i].in.known || a.held[i].in.m != b.held[i].in.m ||
			!c.ids.same(a.held[i].in.id, b.held[i].in.id) {
			return false
		}
	}
	return true
}

// compareFrames compares frame i of two states.
func (c *checker) compareFrames(f *savedFrame, b *state, i, at int, how comparison) bool {
	var empty slot
	var nothing value
	g := &b.frames[i]
	needed := demand{regs: ^isa.RegisterSet(0), numbers: allSlots, reads: allSlots}
	if how.thrifty {
		needed = c.matters.at[at].before
		if i < len(b.frames)-1 {
			needed = c.matters.at[b.frames[i+1].call].before
		}
	}
	n := 0
	for set := keptOf(b, i, c.marks, at); set != 0; set &= set - 1 {
		r := isa.Register(bits.TrailingZeros16(uint16(set)))
		x := &nothing
		if f.kept.Has(r) {
			x = &f.regs[n]
			n++
		}
		if !compareValues(x, &g.regs[r], &c.ids, how.exact, needed.regs.Has(r)) {
			return false
		}
	}
	for k := range max(len(f.stack), len(g.stack)) {
		x, y := &empty, &empty
		if k < len(f.stack) {
			x = &f.stack[k]
		}
		if k < len(g.stack) {
			y = &g.stack[k]
		}
		set := slotAtIndex(k)
		if needed.reads&set == 0 && !x.isObject() && !y.isObject() {
			continue
		}
		if !c.compareSlots(x, y, how.exact, needed.numbers&set != 0) {
			return false
		}
	}
	return true
}

// compareSlots compares slots. If matters is false, all numbers are the same. Stack that was never written holds any numbers for programs
// that may read it.
func (c *checker) compareSlots(x, y *slot, exact, matters bool) bool {
	if x.first != y.first || !c.ids.same(x.id, y.id) {
		return false
	}
	anything := func(tag uint8) bool { return tag == misc || tag == unwritten && !c.NoPerfmon }
	values := false
	for b := range x.bytes {
		p, q := x.bytes[b], y.bytes[b]
		switch {
		case p == q:
			values = values || p == spilled
		case exact:
			return false
		case p == unwritten:
		case p == misc && (y.number(b) || anything(q)):
		case !matters && x.number(b) && (y.number(b) || anything(q)):
		default:
			return false
		}
	}
	return !values || compareValues(&x.val, &y.val, &c.ids, exact, matters)
}

// compareValues compares values. If matters is false, all numbers are the same.
func compareValues(x, y *value, ids *pairs, exact, matters bool) bool {
	if exact {
		p, q := *x, *y
		p.id, q.id, p.ref, q.ref = 0, 0, 0, 0
		return p == q && ids.same(x.id, y.id) && ids.same(x.ref, y.ref)
	}
	if x.kind == none || x.kind == opaque {
		return true
	}
	if x.kind != y.kind || x.vague && !y.vague {
		return false
	}
	if x.kind == number {
		if !matters {
			return true
		}
		if !x.num.within(&y.num) {
			return false
		}
		return ids.linked(x, y)
	}
	if x.kind != y.kind || x.nullable != y.nullable || x.readOnly != y.readOnly || x.ring != y.ring || x.trust != y.trust ||
		x.frame != y.frame ||
		x.fn != y.fn || x.m != y.m || x.size != y.size || x.typ != y.typ || x.sock != y.sock || x.perCPU != y.perCPU || x.off != y.off ||
		x.rng > y.rng || x.rng != y.rng &&
		min(x.rng, y.rng) < 0 {
		return false
	}
	return x.num.within(&y.num) && ids.same(x.id, y.id) && ids.same(x.ref, y.ref) && ids.same(x.of, y.of)
}

// anythingVague reports whether the kernel may know more about the state.
func anythingVague(s *state) bool {
	vague := false
	s.each(func(v *value) { vague = vague || v.vague || v.kind == opaque })
	return vague
}
