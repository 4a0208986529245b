package opt

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// evaluate computes an operation as the machine does. In 32 bits, it takes the lower halves of the registers, and the upper half of the
// result is zero.
func evaluate(op ir.Op, t ir.Type, x, y uint64) (uint64, bool) {
	if !t.Wide() {
		x, y = uint64(uint32(x)), uint64(uint32(y))
	}
	var r uint64
	switch op {
	case ir.Add:
		r = x + y
	case ir.Sub:
		r = x - y
	case ir.Mul:
		r = x * y
	case ir.Div:
		if y != 0 {
			r = x / y
		}
	case ir.Mod:
		r = x
		if y != 0 {
			r = x % y
		}
	case ir.SDiv, ir.SMod:
		r = divideSigned(op, t, x, y)
	case ir.And:
		r = x & y
	case ir.Or:
		r = x | y
	case ir.Xor:
		r = x ^ y
	case ir.Shl:
		r = x << (y & countMask(t))
	case ir.Shr:
		r = x >> (y & countMask(t))
	case ir.Sar:
		if t.Wide() {
			r = uint64(int64(x) >> (y & 63))
		} else {
			r = uint64(int32(x) >> (y & 31))
		}
	case ir.Neg:
		r = -x
	case ir.SExt8:
		r = uint64(int8(x))
	case ir.SExt16:
		r = uint64(int16(x))
	case ir.SExt32:
		r = uint64(int32(x))
	case ir.Trunc, ir.ZExt:
		return uint64(uint32(x)), true
	case ir.Swap16:
		r = uint64(bits.ReverseBytes16(uint16(x)))
	case ir.Swap32:
		r = uint64(bits.ReverseBytes32(uint32(x)))
	case ir.Swap64:
		r = bits.ReverseBytes64(x)
	case ir.Not:
		r = x ^ 1
	default:
		return 0, false
	}
	if !t.Wide() {
		r = uint64(uint32(r))
	}
	return r, true
}

// divideSigned rounds toward zero. The lowest number divided by -1 is the lowest number.
func divideSigned(op ir.Op, t ir.Type, x, y uint64) uint64 {
	sx, sy := int64(x), int64(y)
	if !t.Wide() {
		sx, sy = int64(int32(x)), int64(int32(y))
	}
	switch {
	case op == ir.SDiv && sy == 0:
		return 0
	case op == ir.SDiv:
		return uint64(sx / sy)
	case sy == 0:
		return x
	}
	return uint64(sx % sy)
}

func countMask(t ir.Type) uint64 { return width(t) - 1 }

func width(t ir.Type) uint64 {
	if t.Wide() {
		return 64
	}
	return 32
}

// allOnes is the register in which all bits of the type are set.
func allOnes(t ir.Type) uint64 { return ^uint64(0) >> (64 - width(t)) }

// fits returns a constant as the immediate of an instruction of that width, if it can be one. An immediate has 32 bits, and the machine
// extends its sign.
func fits(wide bool, c uint64) (int64, bool) {
	imm := int64(int32(c))
	return imm, !wide || uint64(imm) == c
}

// fold computes a value whose arguments are constants.
func fold(w *work, n ir.V) bool {
	v := w.value(n)
	if len(v.Args) == 0 || len(v.Args) > 2 || !v.Op.Pure() || v.Op == ir.Compare {
		return false
	}
	x, ok := w.constOf(v.Args[0])
	if !ok {
		return false
	}
	y := uint64(v.Imm)
	if len(v.Args) == 2 {
		if y, ok = w.constOf(v.Args[1]); !ok {
			return false
		}
	}
	r, ok := evaluate(v.Op, v.Type, x, y)
	if ok {
		w.becomeConst(n, r)
	}
	return ok
}
