package verify

import (
	"github.com/bpfsmith/bpfsmith/isa"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// compute follows arithmetic.
func (c *checker) compute(s *state, i int) bool {
	in := &c.code[i]
	op, wide := in.Op.Operation(), in.Op.Class() == isa.ClassALU64
	if !c.readable(s, i, in.Reads()) {
		return false
	}
	if in.Dst == isa.R10 {
		return c.refuse(s, i, mistake.FramePointer, "r10 is written, but the frame pointer is read-only")
	}
	regs := &s.top().regs
	dst := &regs[in.Dst]
	if op == isa.OpEnd {
		if dst.kind.isPointer() && c.NoPerfmon {
			return c.refuse(s, i, mistake.PointerArithmetic, "the bytes of a pointer cannot be swapped")
		}
		size := int(in.Imm) / 8
		v := anyNumber(size)
		v.vague = dst.vague || dst.isConst()
		*dst = v
		return true
	}
	src := constant(uint64(in.Imm))
	if in.Op.Source() == isa.SrcX {
		src = regs[in.Src]
	}
	switch op {
	case isa.OpMov:
		c.move(s, in, src, wide)
		return true
	case isa.OpNeg:
		if dst.kind.isPointer() && c.NoPerfmon {
			return c.refuse(s, i, mistake.PointerArithmetic, "a pointer cannot be negated")
		}
		if dst.kind != number {
			*dst = unclear()
			return true
		}
		n, _ := computed(isa.OpSub, wide, exactly(0), dst.num)
		*dst = value{kind: number, num: n, vague: dst.vague || !dst.isConst()} // the kernel follows it only since Linux 6.18
		return true
	case isa.OpDiv, isa.OpMod:
		if in.Op.Source() == isa.SrcK && in.Imm == 0 {
			return c.refuse(s, i, mistake.BadInstruction, "the divisor is the constant 0")
		}
	case isa.OpLsh, isa.OpRsh, isa.OpArsh:
		width := int64(64)
		if !wide {
			width = 32
		}
		if in.Op.Source() == isa.SrcK && (in.Imm < 0 || in.Imm >= width) {
			return c.refuse(s, i, mistake.BadInstruction, "the shift is %d; it must be 0 to %d", in.Imm, width-1)
		}
	}
	if dst.kind == opaque || src.kind == opaque {
		*dst = unclear()
		return true
	}
	if dst.kind.isPointer() || src.kind.isPointer() {
		return c.computePointer(s, i, dst, src, op, wide)
	}
	n, vague := computed(op, wide, dst.num, src.num)
	out := value{kind: number, num: n, vague: dst.vague || src.vague || vague}
	if op == isa.OpAdd && wide && src.isConst() && dst.id != 0 { // it stays linked
		out.id, out.off = dst.id, dst.off+int64(src.num.bits.value)
	}
	if in.Op.Source() == isa.SrcX && in.Dst == in.Src && (op == isa.OpSub || op == isa.OpXor) {
		out.vague = true // it is zero, and some kernels know that
	}
	if op == isa.OpAdd || op == isa.OpSub {
		out.gone = min(dst.gone, src.gone, 0) // still the place that a pointer had
	}
	*dst = out
	return true
}

// move copies a value, or its lower part.
func (c *checker) move(s *state, in *isa.Instruction, src value, wide bool) {
	regs := &s.top().regs
	register := in.Op.Source() == isa.SrcX
	switch {
	case in.Off != 0: // sign extension, or a cast between the address spaces of an arena
		switch {
		case src.kind == number && in.Off >= 8:
			v := value{kind: number, num: signExtended(src.num, int(in.Off)/8, wide), vague: src.vague}
			if v.num == src.num {
				v.id, v.off = src.id, src.off
			}
			regs[in.Dst] = v
		default:
			regs[in.Dst] = unclear()
		}
	case !wide && !register:
		regs[in.Dst] = constant(uint64(uint32(in.Imm)))
	case !wide && src.kind == number:
		v := value{kind: number, num: src.num, vague: src.vague}
		if src.num.umax <= 1<<32-1 {
			c.link(&regs[in.Src])
			v = regs[in.Src]
		} else {
			v.num.extend32()
		}
		regs[in.Dst] = v
	case !wide && src.kind.isPointer():
		v := anyNumber(4)
		regs[in.Dst] = v
	case !wide:
		regs[in.Dst] = unclear()
	default:
		if register {
			c.link(&regs[in.Src])
			src = regs[in.Src]
		}
		regs[in.Dst] = src
	}
}

// link gives a number an id. What is learnt about one copy then holds for the others.
func (c *checker) link(v *value) {
	if v.kind == number && !v.isConst() && v.id == 0 {
		v.id, v.off = c.newID(), 0
	}
}
