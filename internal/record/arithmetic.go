package record

import (
	"math"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// Arithmetic is x op y, both of width w. op is one of ir.Add to ir.Xor. If w is signed, ir.Div and ir.Mod are signed too.
func (b *Builder) Arithmetic(op ir.Op, w Width, x, y ir.V) ir.V {
	switch {
	case op == ir.Div && w.Signed():
		op = ir.SDiv
	case op == ir.Mod && w.Signed():
		op = ir.SMod
	}
	return b.Cut(w, b.Emit(ir.Value{Op: op, Type: w.Type()}, x, y))
}

// Negate is -x.
func (b *Builder) Negate(w Width, x ir.V) ir.V {
	return b.Cut(w, b.Emit(ir.Value{Op: ir.Neg, Type: w.Type()}, x))
}

// Complement is ^x: every bit of x is inverted.
func (b *Builder) Complement(w Width, x ir.V) ir.V {
	all := int64(-1)
	if w.Bits() < 64 {
		all = math.MaxUint32
	}
	return b.Cut(w, b.Emit(ir.Value{Op: ir.Xor, Type: w.Type()}, x, b.Const(w.Type(), all)))
}

// Compare is whether x c y holds. If w is signed, the numbers are compared as signed.
func (b *Builder) Compare(c ir.Cond, w Width, x, y ir.V) ir.V {
	if w.Signed() {
		switch c {
		case ir.LT, ir.LE, ir.GT, ir.GE:
			c += ir.SLT - ir.LT
		}
	}
	return b.Emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: c, Wide: w.Bits() == 64}, x, y)
}

// Max is the larger of two numbers.
func (b *Builder) Max(w Width, x, y ir.V) ir.V { return b.extreme(ir.LT, w, x, y) }

// Min is the smaller of two numbers.
func (b *Builder) Min(w Width, x, y ir.V) ir.V { return b.extreme(ir.GT, w, x, y) }

// extreme is y if x c y holds, and x otherwise.
func (b *Builder) extreme(c ir.Cond, w Width, x, y ir.V) ir.V {
	return b.Choose(w.Type(), b.Compare(c, w, x, y), func() ir.V { return y }, func() ir.V { return x })
}

// ShiftConst is x << count, or x >> count if op is ir.Shr. A shift to the right of a signed number keeps the sign. As in Go, a count of
// the width or more leaves only the sign, or nothing. constant reports that the result is a constant, whatever x is.
func (b *Builder) ShiftConst(op ir.Op, w Width, x ir.V, count uint64) (v ir.V, constant bool) {
	op = shiftOf(op, w)
	switch {
	case count >= uint64(w.Bits()) && op != ir.Sar:
		return b.Const(w.Type(), 0), true
	case count >= uint64(w.register()):
		count = uint64(w.register()) - 1
	}
	return b.Cut(w, b.Emit(ir.Value{Op: op, Type: w.Type(), Imm: int64(count)}, x)), false
}

// Shift is a shift as in ShiftConst, by an unsigned number of any width. The machine uses only the low bits of a count, but Go uses all
// of them.
func (b *Builder) Shift(op ir.Op, w Width, x, count ir.V, of Width) ir.V {
	op = shiftOf(op, w)
	small := b.Emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT, Wide: of.Bits() == 64, Imm: w.register()}, count)
	if of.Bits() == 64 && w.Bits() != 64 {
		count = b.Emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, count)
	} else if of.Bits() != 64 && w.Bits() == 64 {
		count = b.Emit(ir.Value{Op: ir.ZExt, Type: ir.I64}, count)
	}
	v := b.Choose(w.Type(), small, func() ir.V {
		return b.Emit(ir.Value{Op: op, Type: w.Type()}, x, count)
	}, func() ir.V {
		if op == ir.Sar {
			return b.Emit(ir.Value{Op: ir.Sar, Type: w.Type(), Imm: w.register() - 1}, x)
		}
		return b.Const(w.Type(), 0)
	})
	return b.Cut(w, v)
}

func shiftOf(op ir.Op, w Width) ir.Op {
	if op == ir.Shr && w.Signed() {
		return ir.Sar
	}
	return op
}
