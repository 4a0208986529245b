package verify

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// pairs are ids of one state with the matching ids of another. Only the equality of ids matters, not their values.
type pairs [][2]uint32

func (p *pairs) same(a, b uint32) bool {
	if a == 0 || b == 0 {
		return a == b
	}
	for _, x := range *p {
		if x[0] == a || x[1] == b {
			return x[0] == a && x[1] == b
		}
	}
	*p = append(*p, [2]uint32{a, b})
	return true
}

// equal reports whether two states are the same.
func equal(a *saved, b *state, live isa.RegisterSet, ids *pairs) bool {
	return compareStates(a, b, live, ids, true)
}

// covers reports whether a allows all values that b allows. Then a path from b finds nothing more than the path from a.
func covers(a *saved, b *state, live isa.RegisterSet, ids *pairs) bool {
	return compareStates(a, b, live, ids, false)
}

func compareStates(a *saved, b *state, live isa.RegisterSet, ids *pairs, exact bool) bool {
	if len(a.frames) != len(b.frames) || len(a.held) != len(b.held) ||
		int(a.rcu) != b.rcu || int(a.preempt) != b.preempt || a.guess && !b.guess {
		return false
	}
	*ids = (*ids)[:0]
	var empty slot
	var nothing value
	for i := range a.held {
		if a.held[i].kind != b.held[i].kind || a.held[i].insn != b.held[i].insn || !ids.same(a.held[i].id, b.held[i].id) {
			return false
		}
	}
	for i := range a.frames {
		f, g := &a.frames[i], &b.frames[i]
		if int(f.fn) != g.fn || int(f.call) != g.call || f.callback != g.callback {
			return false
		}
		n := 0
		for set := keptOf(i, len(a.frames), live); set != 0; set &= set - 1 {
			r := bits.TrailingZeros16(uint16(set))
			x := &nothing
			if f.kept.Has(isa.Register(r)) {
				x = &f.regs[n]
				n++
			}
			if !compareValues(x, &g.regs[r], ids, exact) {
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
			if !compareSlots(x, y, ids, exact) {
				return false
			}
		}
	}
	return true
}

func compareSlots(x, y *slot, ids *pairs, exact bool) bool {
	if x.first != y.first || !ids.same(x.id, y.id) {
		return false
	}
	if x.bytes[7] == spilled && y.bytes == x.bytes {
		return compareValues(&x.val, &y.val, ids, exact)
	}
	for b := range x.bytes {
		p, q := x.bytes[b], y.bytes[b]
		if p == q && p != spilled || !exact && (p == unwritten || p == misc && (q == zero || q == spilled && y.val.kind == number)) {
			continue
		}
		return false
	}
	return true
}

func compareValues(x, y *value, ids *pairs, exact bool) bool {
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
		if !x.num.within(&y.num) {
			return false
		}
		return x.id == 0 || ids.same(x.id, y.id) && x.off == y.off
	}
	if x.kind != y.kind || x.nullable != y.nullable || x.readOnly != y.readOnly || x.ring != y.ring || x.trust != y.trust ||
		x.frame != y.frame ||
		x.fn != y.fn || x.m != y.m || x.size != y.size || x.typ != y.typ || x.off != y.off || x.rng > y.rng || x.rng != y.rng &&
		min(x.rng, y.rng) < 0 {
		return false
	}
	return x.num.within(&y.num) && ids.same(x.id, y.id) && ids.same(x.ref, y.ref)
}

// anythingVague reports whether the kernel may know more about the state.
func anythingVague(s *state) bool {
	vague := false
	s.each(func(v *value) { vague = vague || v.vague || v.kind == opaque })
	return vague
}
