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

// operators are those of all numbers; N is the type of their results, and V a variable of it.
type operators[N, V any] interface {
	Add(o dsl.Operand) N
	Sub(o dsl.Operand) N
	Mul(o dsl.Operand) N
	Div(o dsl.Operand) N
	Mod(o dsl.Operand) N
	And(o dsl.Operand) N
	Or(o dsl.Operand) N
	Xor(o dsl.Operand) N
	Min(o dsl.Operand) N
	Max(o dsl.Operand) N
	Shl(count dsl.Operand) N
	Shr(count dsl.Operand) N
	Neg() N
	Not() N
	Swap() N
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
	Get() N
	Var() V
}

// atomics are the atomic operations of cells.
type atomics[N any] interface {
	AtomicAdd(o dsl.Operand) N
	AtomicAnd(o dsl.Operand) N
	AtomicOr(o dsl.Operand) N
	AtomicXor(o dsl.Operand) N
	Exchange(o dsl.Operand) N
	CompareExchange(expected, o dsl.Operand) N
}

type number[N dsl.Int, V any] struct{ operators[N, V] }

// plain makes a value from a number of package dsl: a value, a variable or a cell.
func plain[N dsl.Int, V any](n N) value { return number[N, V]{any(n).(operators[N, V])} }

func (n number[N, V]) binary(op Op, o dsl.Operand) value {
	methods := map[Op]func(dsl.Operand) N{Add: n.Add, Sub: n.Sub, Mul: n.Mul, Div: n.Div, Mod: n.Mod, And: n.And, Or: n.Or, Xor: n.Xor,
		Min: n.Min, Max: n.Max}
	return plain[N, V](methods[op](o))
}

func (n number[N, V]) shift(op Op, count dsl.Operand) value {
	if op == Shl {
		return plain[N, V](n.Shl(count))
	}
	return plain[N, V](n.Shr(count))
}

func (n number[N, V]) unary(op Op) value {
	return plain[N, V](map[Op]func() N{Neg: n.Neg, Not: n.Not, Swap: n.Swap}[op]())
}

func (n number[N, V]) convert(t Type) value {
	switch t {
	case U8:
		return wrap(n.U8())
	case U16:
		return wrap(n.U16())
	case U32:
		return wrap(n.U32())
	case U64:
		return wrap(n.U64())
	case S8:
		return wrap(n.S8())
	case S16:
		return wrap(n.S16())
	case S32:
		return wrap(n.S32())
	}
	return wrap(n.S64())
}

func (n number[N, V]) compare(op Op, o dsl.Operand) dsl.Bool {
	return map[Op]func(dsl.Operand) dsl.Bool{Eq: n.Eq, Ne: n.Ne, Lt: n.Lt, Le: n.Le, Gt: n.Gt, Ge: n.Ge, Has: n.Has}[op](o)
}

func (n number[N, V]) get() value      { return plain[N, V](n.Get()) }
func (n number[N, V]) variable() value { return wrap(n.Var()) }

// assigned is what can be set.
type assigned interface {
	Set(o dsl.Operand)
	Inc(o dsl.Operand)
}

func (n number[N, V]) set(o dsl.Operand) { n.operators.(assigned).Set(o) }
func (n number[N, V]) inc(o dsl.Operand) { n.operators.(assigned).Inc(o) }

func (n number[N, V]) atomic(k Kind, o ...dsl.Operand) value {
	c := n.operators.(atomics[N])
	switch k {
	case CompareExchange:
		return plain[N, V](c.CompareExchange(o[0], o[1]))
	case AtomicAdd:
		return plain[N, V](c.AtomicAdd(o[0]))
	case AtomicAnd:
		return plain[N, V](c.AtomicAnd(o[0]))
	case AtomicOr:
		return plain[N, V](c.AtomicOr(o[0]))
	case AtomicXor:
		return plain[N, V](c.AtomicXor(o[0]))
	}
	return plain[N, V](c.Exchange(o[0]))
}

func (n number[N, V]) pick(f *dsl.Fn, cond dsl.Bool, yes, no func() value) value {
	arm := func(v func() value) func() N {
		return func() N { return v().(number[N, V]).Get() }
	}
	return plain[N, V](dsl.Pick(f, cond, arm(yes), arm(no)))
}

func (n number[N, V]) cases(f *dsl.Fn, arms []dsl.SwitchCase) { dsl.Switch(f, n.Get(), arms...) }

func (n number[N, V]) operand() dsl.Operand { return n.operators }

// wrap makes a value from one of package dsl.
func wrap(n any) value {
	switch n := n.(type) {
	case operators[dsl.U8, dsl.VarU8]:
		return number[dsl.U8, dsl.VarU8]{n}
	case operators[dsl.U16, dsl.VarU16]:
		return number[dsl.U16, dsl.VarU16]{n}
	case operators[dsl.U32, dsl.VarU32]:
		return number[dsl.U32, dsl.VarU32]{n}
	case operators[dsl.U64, dsl.VarU64]:
		return number[dsl.U64, dsl.VarU64]{n}
	case operators[dsl.S8, dsl.VarS8]:
		return number[dsl.S8, dsl.VarS8]{n}
	case operators[dsl.S16, dsl.VarS16]:
		return number[dsl.S16, dsl.VarS16]{n}
	case operators[dsl.S32, dsl.VarS32]:
		return number[dsl.S32, dsl.VarS32]{n}
	case operators[dsl.S64, dsl.VarS64]:
		return number[dsl.S64, dsl.VarS64]{n}
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
	m := p.At(int16(off))
	if big {
		m = m.BE()
	}
	switch t {
	case U8:
		return wrap(m.U8())
	case U16:
		return wrap(m.U16())
	case U32:
		return wrap(m.U32())
	case U64:
		return wrap(m.U64())
	case S8:
		return wrap(m.S8())
	case S16:
		return wrap(m.S16())
	case S32:
		return wrap(m.S32())
	}
	return wrap(m.S64())
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
