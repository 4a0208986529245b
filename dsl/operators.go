package dsl

import (
	"math"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// computed makes an Int of an operator's result, which somebody is to use.
func computed[T Integer](f *Fn, v ir.V) Int[T] {
	f.computed = append(f.computed, v)
	return newInt[T](f, v)
}

// binary applies an operation to a number and an operand.
func (n number[T]) binary(op ir.Op, o Operand) Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	y := f.value(k, o)
	return computed[T](f, f.cut(k, f.emit(ir.Value{Op: op, Type: k.typ()}, x, y)))
}

// Add is n + o.
func (n number[T]) Add(o Operand) Int[T] { return n.binary(ir.Add, o) }

// Sub is n - o.
func (n number[T]) Sub(o Operand) Int[T] { return n.binary(ir.Sub, o) }

// Mul is n * o.
func (n number[T]) Mul(o Operand) Int[T] { return n.binary(ir.Mul, o) }

// Div is n / o, and 0 when o is 0. Signed numbers round toward zero.
func (n number[T]) Div(o Operand) Int[T] {
	if formOf[T]().signed {
		return n.binary(ir.SDiv, o)
	}
	return n.binary(ir.Div, o)
}

// Mod is n % o, and n when o is 0. The result of signed numbers has n's sign.
func (n number[T]) Mod(o Operand) Int[T] {
	if formOf[T]().signed {
		return n.binary(ir.SMod, o)
	}
	return n.binary(ir.Mod, o)
}

// And is n & o.
func (n number[T]) And(o Operand) Int[T] { return n.binary(ir.And, o) }

// Or is n | o.
func (n number[T]) Or(o Operand) Int[T] { return n.binary(ir.Or, o) }

// Xor is n ^ o.
func (n number[T]) Xor(o Operand) Int[T] { return n.binary(ir.Xor, o) }

// Neg is -n.
func (n number[T]) Neg() Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	return computed[T](f, f.cut(k, f.emit(ir.Value{Op: ir.Neg, Type: k.typ()}, x)))
}

// Not is ^n: each bit turned round.
func (n number[T]) Not() Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	all := int64(-1)
	if k.bits < 64 {
		all = math.MaxUint32
	}
	return computed[T](f, f.cut(k, f.emit(ir.Value{Op: ir.Xor, Type: k.typ()}, x, f.constant(k.typ(), all))))
}

// Shl is n << count. As in Go, a count of the width or more gives 0. The count
// is a Go constant, or unsigned of any width.
func (n number[T]) Shl(count Operand) Int[T] { return n.shift(ir.Shl, count) }

// Shr is n >> count: signed numbers fill up with their sign. As in Go, a count
// of the width or more leaves only that.
func (n number[T]) Shr(count Operand) Int[T] {
	if formOf[T]().signed {
		return n.shift(ir.Sar, count)
	}
	return n.shift(ir.Shr, count)
}

func (n number[T]) shift(op ir.Op, count Operand) Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	width := int64(32)
	if k.bits == 64 {
		width = 64
	}
	if c, ok := goInteger(count); ok {
		switch {
		case c.n < 0 && !c.over:
			f.mistake(mistake.BadConstant, "", "a shift by %v", c)
			c.n = 0
		case (c.over || c.n >= int64(k.bits)) && op != ir.Sar:
			return newInt[T](f, f.constant(k.typ(), 0))
		case c.over || c.n >= width:
			c.n = width - 1
		}
		return computed[T](f, f.cut(k, f.emit(ir.Value{Op: op, Type: k.typ(), Imm: c.n}, x)))
	}
	o, ok := count.(operand)
	if !ok {
		f.mistake(mistake.MixedWidths, "", "a Go %s is no count of a shift", typeName(count))
		return newInt[T](f, x)
	}
	c, ck := o.read(f)
	if ck.signed || ck.bits == 0 {
		f.mistake(mistake.MixedWidths, "convert it to an unsigned number", "a %v is no count of a shift", ck)
		return newInt[T](f, x)
	}
	// The machine looks at the low bits of a count only; Go at all of them.
	small := f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT, Wide: ck.bits == 64, Imm: width}, c)
	narrow := c
	if ck.bits == 64 && k.bits != 64 {
		narrow = f.emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, c)
	} else if ck.bits != 64 && k.bits == 64 {
		narrow = f.emit(ir.Value{Op: ir.ZExt, Type: ir.I64}, c)
	}
	v := f.choose(k.typ(), small, func() ir.V {
		return f.emit(ir.Value{Op: op, Type: k.typ()}, x, narrow)
	}, func() ir.V {
		if op == ir.Sar {
			return f.emit(ir.Value{Op: ir.Sar, Type: k.typ(), Imm: width - 1}, x)
		}
		return f.constant(k.typ(), 0)
	})
	return computed[T](f, f.cut(k, v))
}

// Max is the larger one of n and o.
func (n number[T]) Max(o Operand) Int[T] { return n.extreme(ir.LT, o) }

// Min is the smaller one of n and o.
func (n number[T]) Min(o Operand) Int[T] { return n.extreme(ir.GT, o) }

func (n number[T]) extreme(other ir.Cond, o Operand) Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	y := f.value(k, o)
	return computed[T](f, f.choose(k.typ(), f.compare(k, other, x, y), func() ir.V { return y }, func() ir.V { return x }))
}

func (f *Fn) compare(k form, c ir.Cond, x, y ir.V) ir.V {
	if k.signed {
		switch c {
		case ir.LT, ir.LE, ir.GT, ir.GE:
			c += ir.SLT - ir.LT
		}
	}
	return f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: c, Wide: k.bits == 64}, x, y)
}

func (n number[T]) relation(c ir.Cond, o Operand) Bool {
	f := n.fn
	if !f.usable() {
		return Bool{}
	}
	x, k := n.read(f)
	return f.computedBool(f.compare(k, c, x, f.value(k, o)))
}

// Eq is n == o.
func (n number[T]) Eq(o Operand) Bool { return n.relation(ir.EQ, o) }

// Ne is n != o.
func (n number[T]) Ne(o Operand) Bool { return n.relation(ir.NE, o) }

// Lt is n < o.
func (n number[T]) Lt(o Operand) Bool { return n.relation(ir.LT, o) }

// Le is n <= o.
func (n number[T]) Le(o Operand) Bool { return n.relation(ir.LE, o) }

// Gt is n > o.
func (n number[T]) Gt(o Operand) Bool { return n.relation(ir.GT, o) }

// Ge is n >= o.
func (n number[T]) Ge(o Operand) Bool { return n.relation(ir.GE, o) }

// Has is n & o != 0: any of the bits is set.
func (n number[T]) Has(bits Operand) Bool { return n.relation(ir.TEST, bits) }

// Swap reverses the bytes of n.
func (n number[T]) Swap() Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	return computed[T](f, f.swap(k, x, always))
}

// choose computes one of two values.
func (f *Fn) choose(typ ir.Type, cond ir.V, yes, no func() ir.V) ir.V {
	number := f.variable(typ)
	a, b, end := f.ir.NewBlock(), f.ir.NewBlock(), f.ir.NewBlock()
	f.branch(cond, a, b)
	f.begin(a)
	f.emitHere(ir.Value{Op: ir.VarSet, Aux: number}, yes())
	f.jump(end)
	f.begin(b)
	f.emitHere(ir.Value{Op: ir.VarSet, Aux: number}, no())
	f.jump(end)
	f.begin(end)
	return f.emitHere(ir.Value{Op: ir.VarGet, Type: typ, Aux: number})
}
