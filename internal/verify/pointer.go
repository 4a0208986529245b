package verify

import (
	"math"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// computePointer follows arithmetic with a pointer (adjust_ptr_min_max_vals).
func (c *checker) computePointer(s *state, i int, dst *value, src value, op isa.Opcode, wide bool) bool {
	p, by := *dst, src
	switch {
	case dst.kind.isPointer() && src.kind.isPointer():
		if op == isa.OpSub && !c.NoPerfmon { // the distance is allowed with CAP_PERFMON
			*dst = anyNumber(8)
			return true
		}
		if op == isa.OpAdd {
			return c.refuse(s, i, mistake.PointerArithmetic, "two pointers cannot be added")
		}
		return c.refuse(s, i, mistake.PointerArithmetic, "arithmetic with two pointers is not allowed")
	case src.kind.isPointer():
		p, by = src, *dst
		if op == isa.OpSub && wide {
			return c.refuse(s, i, mistake.PointerArithmetic, "a pointer cannot be subtracted from a number")
		}
	}
	if !wide {
		switch {
		case op == isa.OpSub && !c.NoPerfmon:
			*dst = anyNumber(8)
			return true
		default:
			return c.refuse(s, i, mistake.PointerArithmetic, "arithmetic with a pointer needs 64 bits, not 32")
		}
	}
	switch op {
	case isa.OpAdd, isa.OpSub:
	case isa.OpAnd, isa.OpOr, isa.OpXor:
		return c.refuse(s, i, mistake.PointerArithmetic, "and, or and xor with a pointer are not allowed")
	default:
		return c.refuse(s, i, mistake.PointerArithmetic, "with a pointer, only addition and subtraction are allowed")
	}
	if by.vague || by.kind == opaque || p.vague {
		q := p
		q.vague = true
		*dst = q
		return true
	}
	if p.nullable {
		return c.refuse(s, i, mistake.MaybeNil, "arithmetic with a pointer that may be nil: compare it with 0 first")
	}
	switch p.kind {
	case mapItself:
		if !(by.isConst() && by.num.bits.value == 0) {
			return c.refuse(s, i, mistake.PointerArithmetic, "arithmetic with a map itself is not allowed")
		}
	case packetEnd, socket, function:
		return c.refuse(s, i, mistake.PointerArithmetic, "arithmetic with %s is not allowed", p.kind)
	}
	c.numbersMatter(i, c.code[i].Reads())
	n := by.num
	const limit = linux.OffsetLimit
	if by.isConst() {
		k := int64(n.bits.value)
		if op == isa.OpSub {
			k = -k
		}
		if k >= limit || k <= -limit {
			return c.refuse(s, i, mistake.Unbounded, "%d is too much to add to %s", k, p.kind)
		}
		p.off += k
		if p.off >= limit || p.off <= -limit {
			return c.refuse(s, i, mistake.Unbounded, "offset %d of %s is too large", p.off, p.kind)
		}
		if p.off != int64(int32(p.off)) {
			p.vague = true
		}
		*dst = p
		return true
	}
	if n.smin == math.MinInt64 {
		return c.refuse(s, i, mistake.Unbounded, "the number that is added to %s has no lower limit: compare it as unsigned, or mask "+
			"it, before", p.kind)
	}
	if n.smin >= limit || n.smin <= -limit {
		return c.refuse(s, i, mistake.Unbounded, "the number that is added to %s may be %d", p.kind, n.smin)
	}
	sum, _ := computed(op, true, p.num, n)
	q := p
	q.num = sum
	if q.kind == packet || q.kind == packetMeta {
		q.id, q.rng = c.newID(), 0
	}
	*dst = q
	if sum.smin >= limit || sum.smin <= -limit && sum.smin != math.MinInt64 {
		return c.refuse(s, i, mistake.Unbounded, "the offset of %s may be %d", p.kind, sum.smin)
	}
	return true
}
