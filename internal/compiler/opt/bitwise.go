package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// The laws of operations on bits: and, or, xor, shifts, and changes of width.

func simplifyAnd(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	if len(v.Args) == 2 {
		c, ok := w.constOf(v.Args[1])
		switch {
		case x == v.Args[1]:
			w.replace(n, x)
		case ok && c == 1<<32-1 && vx.Type != ir.Ptr:
			if narrow(vx.Type) {
				w.replace(n, x)
			} else {
				v.Type = ir.I32
				w.become(n, ir.Trunc, 0, x)
			}
		case ok && narrow(vx.Type):
			// The upper half is zero already, so the upper half of the mask is not needed.
			v.Type = ir.I32
			w.become(n, ir.And, int64(int32(c)), x)
		default:
			return false
		}
		return true
	}
	switch {
	case uint64(v.Imm)&allOnes(v.Type) == 0:
		w.becomeConst(n, 0)
	case uint64(v.Imm)&allOnes(v.Type) == allOnes(v.Type):
		w.replace(n, x)
	case vx.Op == ir.And && len(vx.Args) == 1 && within(v, vx):
		w.become(n, ir.And, vx.Imm&v.Imm, vx.Args[0])
	case vx.Op == ir.And && len(vx.Args) == 1: // an And of 32 bits inside one of 64
		v.Type = ir.I32
		w.become(n, ir.And, int64(int32(vx.Imm&v.Imm)), vx.Args[0])
	default:
		return false
	}
	return true
}

func simplifyOr(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	if len(v.Args) == 2 {
		if x != v.Args[1] {
			return false
		}
		w.replace(n, x)
		return true
	}
	switch {
	case uint64(v.Imm)&allOnes(v.Type) == 0:
		w.replace(n, x)
	case uint64(v.Imm)&allOnes(v.Type) == allOnes(v.Type):
		w.becomeConst(n, allOnes(v.Type))
	case vx.Op == ir.Or && len(vx.Args) == 1 && within(v, vx):
		w.become(n, ir.Or, vx.Imm|v.Imm, vx.Args[0])
	default:
		return false
	}
	return true
}

func simplifyXor(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	if len(v.Args) == 2 {
		if x != v.Args[1] || v.Type == ir.Ptr {
			return false
		}
		w.becomeConst(n, 0)
		return true
	}
	switch {
	case uint64(v.Imm)&allOnes(v.Type) == 0:
		w.replace(n, x)
	case vx.Op == ir.Xor && len(vx.Args) == 1 && within(v, vx):
		w.become(n, ir.Xor, vx.Imm^v.Imm, vx.Args[0])
	case v.Imm == 1 && vx.Type == ir.Bool:
		v.Type = ir.Bool
		w.become(n, ir.Not, 0, x)
	default:
		return false
	}
	return true
}

func simplifyShift(w *work, n ir.V) bool {
	v := w.value(n)
	op, x, bits := v.Op, v.Args[0], int64(width(v.Type))
	if len(v.Args) == 2 {
		// The machine uses only the low bits of a count, so they need not be cut out.
		count := w.value(v.Args[1])
		if count.Op != ir.And || len(count.Args) != 1 || count.Imm&(bits-1) != bits-1 {
			return false
		}
		w.become(n, op, 0, x, count.Args[0])
		return true
	}
	if v.Imm < 0 || v.Imm >= bits {
		v.Imm &= bits - 1 // as the machine does
		return true
	}
	if v.Imm == 0 {
		w.replace(n, x)
		return true
	}
	vx := w.value(x)
	if len(vx.Args) != 1 || width(vx.Type) != width(v.Type) {
		return false
	}
	y := vx.Args[0]
	switch {
	case vx.Op == op && v.Imm+vx.Imm < bits:
		w.become(n, op, v.Imm+vx.Imm, y)
	case vx.Op == op && op == ir.Sar:
		w.become(n, op, bits-1, y)
	case vx.Op == op:
		w.becomeConst(n, 0)
	case vx.Op == ir.Shl && v.Imm == vx.Imm && (op == ir.Shr || op == ir.Sar):
		return w.keepLow(n, op == ir.Sar, bits-v.Imm, y)
	case vx.Op == ir.Shr && v.Imm == vx.Imm && op == ir.Shl:
		mask, ok := fits(v.Type.Wide(), ^uint64(0)<<v.Imm)
		if ok {
			w.become(n, ir.And, mask, y)
		}
		return ok
	default:
		return false
	}
	return true
}

// keepLow replaces n by the low bits of x. A shift to the left and back does the same.
func (w *work) keepLow(n ir.V, signed bool, low int64, x ir.V) bool {
	v := w.value(n)
	switch {
	case w.value(x).Type == ir.Ptr:
		return false
	case signed:
		op, ok := extending(low)
		if !ok {
			return false
		}
		w.become(n, op, 0, x)
	case low == 32:
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, x)
	default:
		mask, ok := fits(v.Type.Wide(), 1<<low-1)
		if !ok {
			return false
		}
		w.become(n, ir.And, mask, x)
	}
	return true
}

// extending returns the operation that extends the sign from so many bits.
func extending(bits int64) (ir.Op, bool) {
	switch bits {
	case 8:
		return ir.SExt8, true
	case 16:
		return ir.SExt16, true
	case 32:
		return ir.SExt32, true
	}
	return ir.None, false
}

// extension returns from how many bits an operation extends the sign.
func extension(op ir.Op) int {
	switch op {
	case ir.SExt8:
		return 8
	case ir.SExt16:
		return 16
	case ir.SExt32:
		return 32
	}
	return 0
}

func simplifyTrunc(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	switch {
	case narrow(vx.Type):
		w.rename(n, x)
	case vx.Op == ir.SExt32:
		if w.value(vx.Args[0]).Type == ir.Ptr {
			return false
		}
		w.replace(n, vx.Args[0])
	case vx.Op == ir.SExt8 || vx.Op == ir.SExt16:
		w.become(n, vx.Op, 0, vx.Args[0])
	default:
		return false
	}
	return true
}

// simplifyZExt removes zero extensions: narrow values always have a zero upper half.
func simplifyZExt(w *work, n ir.V) bool {
	v := w.value(n)
	if narrow(w.value(v.Args[0]).Type) {
		w.rename(n, v.Args[0])
	} else {
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, v.Args[0])
	}
	return true
}

func simplifySExt(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	from, inner := extension(v.Op), extension(vx.Op)
	switch {
	case inner > 0 && inner <= from: // the value has the form of the inner one already
		w.become(n, vx.Op, 0, vx.Args[0])
	case inner > 0 || vx.Op == ir.Trunc && w.value(vx.Args[0]).Type != ir.Ptr:
		w.become(n, v.Op, 0, vx.Args[0])
	case from == 32 && narrow(v.Type):
		w.replace(n, x)
	case vx.Op == ir.Load && int(vx.Size)*8 == from && !vx.Signed && w.c.SignedLoads && v.Type == ir.I64 && w.single(x):
		vx.Signed, vx.Type = true, ir.I64
		w.rename(n, x)
	default:
		return false
	}
	return true
}

func simplifySwap(w *work, n ir.V) bool {
	v := w.value(n)
	vx := w.value(v.Args[0])
	if vx.Op != v.Op {
		return false
	}
	x := vx.Args[0]
	switch {
	case v.Op == ir.Swap16:
		w.become(n, ir.And, 0xffff, x)
	case v.Op == ir.Swap32 && !narrow(w.value(x).Type):
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, x)
	default:
		w.rename(n, x)
	}
	return true
}

func simplifyNot(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	switch {
	case vx.Op == ir.Not:
		w.rename(n, vx.Args[0])
		return true
	case vx.Op == ir.Compare && w.single(x):
		cond, ok := vx.Cond.Negated()
		if !ok {
			return false
		}
		args := [2]ir.V{}
		k := copy(args[:], vx.Args)
		v.Cond, v.Wide = cond, vx.Wide
		w.become(n, ir.Compare, vx.Imm, args[:k]...)
		return true
	}
	return false
}
