package dsl

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// Get is the number's value now.
func (n number[T]) Get() Int[T] {
	f := n.fn
	if !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, _ := n.read(f)
	return newInt[T](f, x)
}

// Var makes a variable that begins with the number's value.
func (n number[T]) Var() Var[T] {
	f := n.fn
	if !f.usable() {
		return Var[T]{}
	}
	x, k := n.read(f)
	return newVar[T](f, k, x)
}

func newVar[T Integer](f *Fn, k form, x ir.V) Var[T] {
	aux := f.variable(k.typ())
	f.emitHere(ir.Value{Op: ir.VarSet, Aux: aux}, x)
	return Var[T]{number[T]{fn: f, mode: variable, v: x, aux: aux, scope: f.scope}}
}

// NewVar makes a variable that begins with a value.
func NewVar[T Integer](f *Fn, o Operand) Var[T] {
	if !f.usable() {
		return Var[T]{}
	}
	f.site()
	k := formOf[T]()
	return newVar[T](f, k, f.value(k, o))
}

// Const is a constant, as a value.
func Const[T Integer](f *Fn, n T) Int[T] {
	if !f.usable() {
		return Int[T]{}
	}
	f.site()
	k := formOf[T]()
	return newInt[T](f, f.value(k, n))
}

// U8 is a constant. So are U16, U32, U64, S8, S16, S32 and S64.
func (f *Fn) U8(n uint8) U8 { return Const(f, n) }

// U16 is a constant.
func (f *Fn) U16(n uint16) U16 { return Const(f, n) }

// U32 is a constant.
func (f *Fn) U32(n uint32) U32 { return Const(f, n) }

// U64 is a constant.
func (f *Fn) U64(n uint64) U64 { return Const(f, n) }

// S8 is a constant.
func (f *Fn) S8(n int8) S8 { return Const(f, n) }

// S16 is a constant.
func (f *Fn) S16(n int16) S16 { return Const(f, n) }

// S32 is a constant.
func (f *Fn) S32(n int32) S32 { return Const(f, n) }

// S64 is a constant.
func (f *Fn) S64(n int64) S64 { return Const(f, n) }

// Set gives the variable another value.
func (v Var[T]) Set(o Operand) {
	f := v.fn
	if !f.usable() {
		return
	}
	k := formOf[T]()
	if !f.scopes[v.scope] {
		f.take(f, v.v, v.scope, k.typ()) // notes it
		return
	}
	f.emitHere(ir.Value{Op: ir.VarSet, Aux: v.aux}, f.value(k, o))
}

// Inc adds to the variable.
func (v Var[T]) Inc(o Operand) { v.Set(v.Add(o)) }

// Set stores a value.
func (c Cell[T]) Set(o Operand) {
	f := c.fn
	if !f.usable() {
		return
	}
	k := formOf[T]()
	base := f.take(f, c.v, c.scope, ir.Ptr)
	v := f.value(k, o)
	if c.order {
		v = f.swap(k, v, network)
	}
	var aux int32
	if c.own {
		aux = ir.OwnMemory
	}
	f.emit(ir.Value{Op: ir.Store, Size: k.bits / 8, Off: c.aux, Aux: aux}, base, v)
}

// Inc adds to what the cell holds, by a load and a store: not atomically.
func (c Cell[T]) Inc(o Operand) { c.Set(c.Add(o)) }

// variable adds a variable.
func (f *Fn) variable(typ ir.Type) int32 {
	f.ir.Vars = append(f.ir.Vars, ir.Var{Type: typ, Site: f.site()})
	return int32(len(f.ir.Vars) - 1)
}
