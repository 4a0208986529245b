package verify

import (
	"github.com/bpfsmith/bpfsmith/isa"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// branch follows a conditional jump.
func (c *checker) branch(s *state, i int, parent *visit) (next int, goOn bool) {
	in := &c.code[i]
	op, wide := in.Op.Operation(), in.Op.Class() == isa.ClassJMP
	if op == isa.OpJCOND { // may_goto
		c.later(s, c.to(i), parent)
		c.widen(s, i, i+1, parent)
		return i + 1, true
	}
	if !c.readable(s, i, in.Reads()) {
		return 0, false
	}
	regs := &s.top().regs
	register := in.Op.Source() == isa.SrcX
	a, b := regs[in.Dst], constant(uint64(in.Imm))
	if register {
		b = regs[in.Src]
	}
	if c.NoPerfmon && a.kind.isPointer() && !(b.isZero() && (op == isa.OpJEQ || op == isa.OpJNE)) &&
		!(a.kind >= packet && a.kind <= packetEnd) {
		c.refuse(s, i, mistake.AddressLeak, "a comparison of pointers needs CAP_PERFMON")
		return 0, false
	}
	switch c.outcome(op, wide, &a, &b) {
	case always:
		c.numbersMatter(i, in.Reads())
		return c.to(i), true
	case never:
		c.numbersMatter(i, in.Reads())
		return i + 1, true
	}
	taken, fall := c.room.clone(s), s
	if (a.vague || b.vague || a.kind == opaque || b.kind == opaque) && !asksOutcome(op, &a, &b) {
		taken.guess, fall.guess = true, true
	}
	ok1 := c.learn(taken, i, in, op, wide, true, register)
	ok2 := c.learn(fall, i, in, op, wide, false, register)
	switch {
	case ok1 && ok2:
		taken.via, fall.via = i+1, i+1
		c.later(taken, c.to(i), parent)
		c.room.release(taken)
		return i + 1, true
	case ok1:
		*s, *taken = *taken, *s
		c.room.release(taken)
		return c.to(i), true
	case ok2:
		c.room.release(taken)
		return i + 1, true
	}
	c.room.release(taken)
	return 0, false
}

// asksOutcome reports whether a comparison only asks whether a call has failed. Both answers are possible, whatever the kernel knows.
func asksOutcome(op isa.Opcode, a, b *value) bool {
	if !a.outcome || !b.isZero() || a.num != anyScalar() {
		return false
	}
	return op == isa.OpJEQ || op == isa.OpJNE || op == isa.OpJSLT || op == isa.OpJSGE
}

// outcome is the result of a comparison, if it is known.
func (c *checker) outcome(op isa.Opcode, wide bool, a, b *value) outcome {
	if a.kind == number && b.kind == number {
		return decide(op, wide, &a.num, &b.num)
	}
	if a.there {
		return open
	}
	if wide && (a.kind == packet && b.kind == packetEnd || a.kind == packetEnd && b.kind == packet) {
		return beyondEnd(op, a, b)
	}
	if a.kind.isPointer() && b.isZero() && !a.nullable && wide && a.kind != packetEnd && !a.vague {
		if a.kind == object && a.trust != trusted && a.trust != rcu || a.kind == allocated && !c.isNotNil(a) {
			return open // it may be nil after all
		}
		switch op {
		case isa.OpJEQ:
			return never
		case isa.OpJNE:
			return always
		}
	}
	return open
}

// learn records what a comparison tells. It returns false if control cannot come there.
func (c *checker) learn(s *state, i int, in *isa.Instruction, op isa.Opcode, wide, holds, register bool) bool {
	regs := &s.top().regs
	a := &regs[in.Dst]
	number0 := constant(uint64(in.Imm))
	b := &number0
	if register {
		b = &regs[in.Src]
	}
	switch {
	case a.kind == number && b.kind == number:
		x, y := a.num, b.num
		refine(op, wide, holds, &x, &y)
		if x.broken() || y.broken() {
			c.numbersMatter(i, in.Reads())
			return false
		}
		before, other := *a, *b
		if register || before.id != 0 {
			c.learnTogether(s, i, before.id, other.id)
		}
		a.num = x
		if register && in.Dst != in.Src {
			b.num = y
		}
		c.spread(s, before, x)
		if register {
			c.spread(s, other, y)
		}
	case a.there && b.isZero() && wide:
		s.guess = s.guess || holds == (op == isa.OpJEQ)
	case a.nullable && b.isZero() && wide && (op == isa.OpJEQ || op == isa.OpJNE):
		c.nilOr(s, i, *a, holds == (op == isa.OpJEQ))
	case register && wide && a.kind.isPointer() && b.kind.isPointer() && a.nullable != b.nullable && (op == isa.OpJEQ || op == isa.OpJNE):
		if holds == (op == isa.OpJEQ) && !a.isStruct() && !b.isStruct() { // the register is not nil; the kernel looks at no others
			a.nullable, b.nullable = false, false
		}
	case register && wide:
		c.comparePacket(s, a, b, op, holds)
	}
	return true
}

// spread applies what was learnt about a number to all numbers that are linked with it.
func (c *checker) spread(s *state, was value, now scalar) {
	if was.id == 0 {
		return
	}
	s.each(func(v *value) {
		if v.kind != number || v.id != was.id {
			return
		}
		if v.off == was.off {
			v.num = now
			return
		}
		v.num, _ = computed(isa.OpAdd, true, now, exactly(uint64(v.off-was.off)))
	})
}

// nilOr records that a pointer is nil or not nil, as instruction i found. The same holds for all pointers from the same place.
func (c *checker) nilOr(s *state, i int, p value, isNil bool) {
	s.each(func(v *value) {
		if v.kind != p.kind || !v.nullable || v.id != p.id {
			return
		}
		if isNil {
			v.lose(i, constant(0))
			return
		}
		v.nullable = false
		if v.ref == 0 && !(v.kind == mapValue && c.hasLock(v)) && v.kind != allocated {
			v.id = 0
		}
	})
	if isNil && p.ref != 0 && p.ref == p.id { // not a part of what is held
		s.release(p.ref)
	}
}
