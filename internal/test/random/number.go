package random

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A value is a number of any type while a program is built: an Int, a Var or a Cell of package dsl.
type value interface {
	binary(op Op, o dsl.Operand) value
	shift(op Op, count dsl.Operand) value
	unary(op Op) value
	convert(t Type) value
	compare(op Op, o dsl.Operand) dsl.Bool
	get() value
	variable() value
	set(o dsl.Operand)
	inc(o dsl.Operand)
	atomic(k Kind, o ...dsl.Operand) value
	pick(f *dsl.Fn, cond dsl.Bool, yes, no func() value) value
	cases(f *dsl.Fn, arms []dsl.SwitchCase)
	operand() dsl.Operand
}

// operators are those that all numbers have.
type operators[T dsl.Integer] interface {
	Add(o dsl.Operand) dsl.Int[T]
	Sub(o dsl.Operand) dsl.Int[T]
	Mul(o dsl.Operand) dsl.Int[T]
	Div(o dsl.Operand) dsl.Int[T]
	Mod(o dsl.Operand) dsl.Int[T]
	And(o dsl.Operand) dsl.Int[T]
	Or(o dsl.Operand) dsl.Int[T]
	Xor(o dsl.Operand) dsl.Int[T]
	Min(o dsl.Operand) dsl.Int[T]
	Max(o dsl.Operand) dsl.Int[T]
	Shl(count dsl.Operand) dsl.Int[T]
	Shr(count dsl.Operand) dsl.Int[T]
	Neg() dsl.Int[T]
	Not() dsl.Int[T]
	Swap() dsl.Int[T]
	U8() dsl.U8
	U16() dsl.U16
	U32() dsl.U32
	U64() dsl.U64
	S8() dsl.S8
	S16() dsl.S16
	S32() dsl.S32
	S64() dsl.S64
	Eq(o dsl.Operand) dsl.Bool
	Ne(o dsl.Operand) dsl.Bool
	Lt(o dsl.Operand) dsl.Bool
	Le(o dsl.Operand) dsl.Bool
	Gt(o dsl.Operand) dsl.Bool
	Ge(o dsl.Operand) dsl.Bool
	Has(o dsl.Operand) dsl.Bool
	Get() dsl.Int[T]
	Var() dsl.Var[T]
}

type number[T dsl.Integer] struct{ operators[T] }

func (n number[T]) binary(op Op, o dsl.Operand) value {
	methods := map[Op]func(dsl.Operand) dsl.Int[T]{Add: n.Add, Sub: n.Sub, Mul: n.Mul, Div: n.Div, Mod: n.Mod, And: n.And, Or: n.Or, Xor: n.Xor, Min: n.Min, Max: n.Max}
	return number[T]{methods[op](o)}
}

func (n number[T]) shift(op Op, count dsl.Operand) value {
	if op == Shl {
		return number[T]{n.Shl(count)}
	}
	return number[T]{n.Shr(count)}
}

func (n number[T]) unary(op Op) value {
	return number[T]{map[Op]func() dsl.Int[T]{Neg: n.Neg, Not: n.Not, Swap: n.Swap}[op]()}
}

func (n number[T]) convert(t Type) value {
	switch t {
	case U8:
		return number[uint8]{n.U8()}
	case U16:
		return number[uint16]{n.U16()}
	case U32:
		return number[uint32]{n.U32()}
	case U64:
		return number[uint64]{n.U64()}
	case S8:
		return number[int8]{n.S8()}
	case S16:
		return number[int16]{n.S16()}
	case S32:
		return number[int32]{n.S32()}
	}
	return number[int64]{n.S64()}
}

func (n number[T]) compare(op Op, o dsl.Operand) dsl.Bool {
	return map[Op]func(dsl.Operand) dsl.Bool{Eq: n.Eq, Ne: n.Ne, Lt: n.Lt, Le: n.Le, Gt: n.Gt, Ge: n.Ge, Has: n.Has}[op](o)
}

func (n number[T]) get() value      { return number[T]{n.Get()} }
func (n number[T]) variable() value { return number[T]{n.Var()} }

// assigned is what can be set.
type assigned interface {
	Set(o dsl.Operand)
	Inc(o dsl.Operand)
}

func (n number[T]) set(o dsl.Operand) { n.operators.(assigned).Set(o) }
func (n number[T]) inc(o dsl.Operand) { n.operators.(assigned).Inc(o) }

func (n number[T]) atomic(k Kind, o ...dsl.Operand) value {
	c := n.operators.(dsl.Cell[T])
	switch k {
	case CompareExchange:
		return number[T]{c.CompareExchange(o[0], o[1])}
	case AtomicAdd:
		return number[T]{c.AtomicAdd(o[0])}
	case AtomicAnd:
		return number[T]{c.AtomicAnd(o[0])}
	case AtomicOr:
		return number[T]{c.AtomicOr(o[0])}
	case AtomicXor:
		return number[T]{c.AtomicXor(o[0])}
	}
	return number[T]{c.Exchange(o[0])}
}

func (n number[T]) pick(f *dsl.Fn, cond dsl.Bool, yes, no func() value) value {
	arm := func(v func() value) func() dsl.Int[T] {
		return func() dsl.Int[T] { return v().(number[T]).Get() }
	}
	return number[T]{dsl.Pick(f, cond, arm(yes), arm(no))}
}

func (n number[T]) cases(f *dsl.Fn, arms []dsl.SwitchCase) { dsl.Switch(f, n.Get(), arms...) }

func (n number[T]) operand() dsl.Operand { return n.operators }

// wrap makes a value of one of package dsl's.
func wrap(n any) value {
	switch n := n.(type) {
	case operators[uint8]:
		return number[uint8]{n}
	case operators[uint16]:
		return number[uint16]{n}
	case operators[uint32]:
		return number[uint32]{n}
	case operators[uint64]:
		return number[uint64]{n}
	case operators[int8]:
		return number[int8]{n}
	case operators[int16]:
		return number[int16]{n}
	case operators[int32]:
		return number[int32]{n}
	case operators[int64]:
		return number[int64]{n}
	}
	panic(fmt.Sprintf("a Go %T", n))
}

// goNumber is a constant as a Go number of its type.
func goNumber(t Type, v uint64) any {
	return [...]any{U8: uint8(v), U16: uint16(v), U32: uint32(v), U64: v, S8: int8(v), S16: int16(v), S32: int32(v), S64: int64(v)}[t]
}

// constant is a constant as a value.
func constant(f *dsl.Fn, t Type, v uint64) value {
	switch t {
	case U8:
		return wrap(f.U8(uint8(v)))
	case U16:
		return wrap(f.U16(uint16(v)))
	case U32:
		return wrap(f.U32(uint32(v)))
	case U64:
		return wrap(f.U64(v))
	case S8:
		return wrap(f.S8(int8(v)))
	case S16:
		return wrap(f.S16(int16(v)))
	case S32:
		return wrap(f.S32(int32(v)))
	}
	return wrap(f.S64(int64(v)))
}

// cellAt is memory at an offset.
func cellAt(t Type, p dsl.Ptr, off int, big bool) value {
	switch t {
	case U8:
		return at[uint8](p, off, big)
	case U16:
		return at[uint16](p, off, big)
	case U32:
		return at[uint32](p, off, big)
	case U64:
		return at[uint64](p, off, big)
	case S8:
		return at[int8](p, off, big)
	case S16:
		return at[int16](p, off, big)
	case S32:
		return at[int32](p, off, big)
	}
	return at[int64](p, off, big)
}

func at[T dsl.Integer](p dsl.Ptr, off int, big bool) value {
	if big {
		return wrap(dsl.AtBE[T](p, int16(off)))
	}
	return wrap(dsl.At[T](p, int16(off)))
}

// cellOf is memory with a name.
func cellOf[T any](t Type, r dsl.Ref[T], path string) value {
	switch t {
	case U8:
		return wrap(r.U8(path))
	case U16:
		return wrap(r.U16(path))
	case U32:
		return wrap(r.U32(path))
	case U64:
		return wrap(r.U64(path))
	case S8:
		return wrap(r.S8(path))
	case S16:
		return wrap(r.S16(path))
	case S32:
		return wrap(r.S32(path))
	}
	return wrap(r.S64(path))
}
