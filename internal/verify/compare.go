package verify

import (
	"math"

	"github.com/bpfsmith/bpfsmith/isa"
)

// An outcome is what is known about the result of a comparison.
type outcome int8

const (
	open outcome = iota
	never
	always
)

// decide returns the result of a comparison, if it is known (is_scalar_branch_taken).
func decide(op isa.Opcode, wide bool, a, b *scalar) outcome {
	umin, umax, smin, smax, bits := a.umin, a.umax, a.smin, a.smax, a.bits
	vmin, vmax, tmin, tmax, other := b.umin, b.umax, b.smin, b.smax, b.bits
	if !wide {
		umin, umax, smin, smax, bits = uint64(a.umin32), uint64(a.umax32), int64(a.smin32), int64(a.smax32), a.bits.low()
		vmin, vmax, tmin, tmax, other = uint64(b.umin32), uint64(b.umax32), int64(b.smin32), int64(b.smax32), b.bits.low()
	}
	outcomeOf := func(yes, no bool) outcome {
		switch {
		case yes:
			return always
		case no:
			return never
		}
		return open
	}
	differ := umin > vmax || umax < vmin || smin > tmax || smax < tmin || (bits.value^other.value)&^bits.mask&^other.mask != 0
	same := bits.isConst() && other.isConst() && bits.value == other.value
	switch op {
	case isa.OpJEQ:
		return outcomeOf(same, differ)
	case isa.OpJNE:
		return outcomeOf(differ, same)
	case isa.OpJSET:
		if !other.isConst() {
			return open
		}
		return outcomeOf(^bits.mask&bits.value&other.value != 0, (bits.value|bits.mask)&other.value == 0)
	case isa.OpJGT:
		return outcomeOf(umin > vmax, umax <= vmin)
	case isa.OpJGE:
		return outcomeOf(umin >= vmax, umax < vmin)
	case isa.OpJLT:
		return outcomeOf(umax < vmin, umin >= vmax)
	case isa.OpJLE:
		return outcomeOf(umax <= vmin, umin > vmax)
	case isa.OpJSGT:
		return outcomeOf(smin > tmax, smax <= tmin)
	case isa.OpJSGE:
		return outcomeOf(smin >= tmax, smax < tmin)
	case isa.OpJSLT:
		return outcomeOf(smax < tmin, smin >= tmax)
	case isa.OpJSLE:
		return outcomeOf(smax <= tmin, smin > tmax)
	}
	return open
}

// refine narrows two numbers by a comparison that holds, or that does not hold if holds is false
// (regs_refine_cond_op).
func refine(op isa.Opcode, wide, holds bool, a, b *scalar) {
	if op == isa.OpJSET {
		if !b.isConst() && !(!wide && b.bits.low().isConst()) {
			return
		}
		c := b.bits.value
		if !wide {
			c = uint64(uint32(c))
		}
		switch {
		case !holds && wide:
			a.bits = a.bits.and(known(^c))
		case !holds:
			a.bits = tnum{a.bits.value &^ c, a.bits.mask &^ c}
		case c&(c-1) == 0: // one bit
			a.bits = a.bits.or(known(c))
		}
		a.sync()
		return
	}
	if !holds {
		op, _ = op.Negated()
	}
	switch op {
	case isa.OpJGT, isa.OpJGE, isa.OpJSGT, isa.OpJSGE:
		op, a, b = op.Mirrored(), b, a
	}
	if wide {
		refine64(op, a, b)
	} else {
		refine32(op, a, b)
	}
	a.sync()
	b.sync()
}

func refine64(op isa.Opcode, a, b *scalar) {
	switch op {
	case isa.OpJEQ:
		a.umin = max(a.umin, b.umin)
		a.umax = min(a.umax, b.umax)
		a.smin = max(a.smin, b.smin)
		a.smax = min(a.smax, b.smax)
		a.umin32, a.umax32 = max(a.umin32, b.umin32), min(a.umax32, b.umax32)
		a.smin32, a.smax32 = max(a.smin32, b.smin32), min(a.smax32, b.smax32)
		a.bits = a.bits.meet(b.bits)
		*b = *a
	case isa.OpJNE:
		if !b.isConst() {
			a, b = b, a
		}
		if !b.isConst() {
			return
		}
		c := b.bits.value
		if a.umin == c {
			a.umin++
		}
		if a.umax == c {
			a.umax--
		}
		if a.smin == int64(c) {
			a.smin++
		}
		if a.smax == int64(c) {
			a.smax--
		}
	case isa.OpJLE:
		a.umax = min(a.umax, b.umax)
		b.umin = max(a.umin, b.umin)
	case isa.OpJLT:
		a.umax = min(a.umax, b.umax-1)
		b.umin = max(a.umin+1, b.umin)
	case isa.OpJSLE:
		a.smax = min(a.smax, b.smax)
		b.smin = max(a.smin, b.smin)
	case isa.OpJSLT:
		a.smax = min(a.smax, b.smax-1)
		b.smin = max(a.smin+1, b.smin)
	}
}

func refine32(op isa.Opcode, a, b *scalar) {
	switch op {
	case isa.OpJEQ:
		a.umin32, a.umax32 = max(a.umin32, b.umin32), min(a.umax32, b.umax32)
		a.smin32, a.smax32 = max(a.smin32, b.smin32), min(a.smax32, b.smax32)
		lo := a.bits.low().meet(b.bits.low())
		for _, s := range [2]*scalar{a, b} {
			hi := s.bits.high()
			s.bits = tnum{hi.value | lo.value, hi.mask | lo.mask}
		}
		b.umin32, b.umax32, b.smin32, b.smax32 = a.umin32, a.umax32, a.smin32, a.smax32
	case isa.OpJNE:
		if !b.bits.low().isConst() {
			a, b = b, a
		}
		if !b.bits.low().isConst() {
			return
		}
		c := uint32(b.bits.value)
		if a.umin32 == c && c < math.MaxUint32 {
			a.umin32++
		}
		if a.umax32 == c && c > 0 {
			a.umax32--
		}
		if a.smin32 == int32(c) && int32(c) < math.MaxInt32 {
			a.smin32++
		}
		if a.smax32 == int32(c) && int32(c) > math.MinInt32 {
			a.smax32--
		}
	case isa.OpJLE:
		a.umax32 = min(a.umax32, b.umax32)
		b.umin32 = max(a.umin32, b.umin32)
	case isa.OpJLT:
		a.umax32 = min(a.umax32, b.umax32-1)
		b.umin32 = max(a.umin32+1, b.umin32)
	case isa.OpJSLE:
		a.smax32 = min(a.smax32, b.smax32)
		b.smin32 = max(a.smin32, b.smin32)
	case isa.OpJSLT:
		a.smax32 = min(a.smax32, b.smax32-1)
		b.smin32 = max(a.smin32+1, b.smin32)
	}
}
