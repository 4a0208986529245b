package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Bool is a condition that a program computes.
type Bool struct {
	_     [0]func()
	fn    *Fn
	v     ir.V
	scope int32
}

func (f *Fn) bool(v ir.V) Bool { return Bool{fn: f, v: v, scope: f.scope} }

// computedBool makes a Bool of an operator's result, which the program must use.
func (f *Fn) computedBool(v ir.V) Bool {
	f.computed = append(f.computed, v)
	return f.bool(v)
}

// isTrue is true when a byte with a C bool is not 0.
func (f *Fn) isTrue(v ir.V) Bool {
	f.site()
	return f.bool(f.b.Compare(ir.NE, record.U8, v, f.b.Const(ir.I32, 0)))
}

// boolType is the C type of a Bool parameter or result.
var boolType = CType{Name: "bool", Size: 1, Integer: true}

// declaredAs returns the C type: a Bool can be a parameter or a result.
func (b *Bool) declaredAs() CType { return boolType }

func (b *Bool) bind(f *Fn, v ir.V) { *b = f.isTrue(v) }

func (f *Fn) condition(b Bool) ir.V { return f.take(b.fn, b.v, b.scope, ir.Bool) }

// And is b && c, and computes both conditions.
func (b Bool) And(c Bool) Bool { return b.join(ir.And, c) }

// Or is b || c, and computes both conditions.
func (b Bool) Or(c Bool) Bool { return b.join(ir.Or, c) }

func (b Bool) join(op ir.Op, c Bool) Bool {
	f := b.fn
	if !f.usable() {
		return Bool{fn: f.unmade()}
	}
	return f.computedBool(f.emit(ir.Value{Op: op, Type: ir.Bool}, f.condition(b), f.condition(c)))
}

// Not is !b.
func (b Bool) Not() Bool {
	f := b.fn
	if !f.usable() {
		return Bool{fn: f.unmade()}
	}
	return f.computedBool(f.emit(ir.Value{Op: ir.Not, Type: ir.Bool}, f.condition(b)))
}

// AndThen is b && c. It computes c only when b holds. Use it when c needs b, such
// as a field of a struct whose pointer may be nil.
func (b Bool) AndThen(c func() Bool) Bool {
	return b.lazily("AndThen", c, true)
}

// OrElse is b || c. It computes c only when b does not hold.
func (b Bool) OrElse(c func() Bool) Bool {
	return b.lazily("OrElse", c, false)
}

func (b Bool) lazily(what string, c func() Bool, when bool) Bool {
	f := b.fn
	if !f.usable() {
		return Bool{fn: f.unmade()}
	}
	if c == nil {
		f.mistake(mistake.NilBody, "", "the condition of %s is nil", what)
		return b
	}
	other := func() (v ir.V) {
		f.inside(what, func() { v = f.condition(c()) })
		return v
	}
	if when {
		return f.computedBool(f.choose(ir.Bool, f.condition(b), other, func() ir.V { return f.b.Const(ir.Bool, 0) }))
	}
	return f.computedBool(f.choose(ir.Bool, f.condition(b), func() ir.V { return f.b.Const(ir.Bool, 1) }, other))
}

// U32 is 1 when the condition holds, and 0 otherwise.
func (b Bool) U32() U32 {
	f := b.fn
	if !f.usable() {
		return U32{number{fn: f.unmade()}}
	}
	return f.newU32(f.emit(ir.Value{Op: ir.Copy, Type: ir.I32}, f.condition(b)))
}

// U8 is 1 when the condition holds, and 0 otherwise.
func (b Bool) U8() U8 {
	f := b.fn
	if !f.usable() {
		return U8{number{fn: f.unmade()}}
	}
	return U8{f.newNumber(record.U8, f.emit(ir.Value{Op: ir.Copy, Type: ir.I32}, f.condition(b)))}
}

// Pick returns one of two values: yes() when the condition holds, otherwise no().
func Pick[N Int](f *Fn, cond Bool, yes, no func() N) N {
	number := func(value func() N) func() number {
		if value == nil {
			return nil
		}
		return func() number { return any(value()).(numeric).num() }
	}
	var n N
	return numberOf[N](f.pick(any(n).(numeric).num().width, cond, number(yes), number(no)))
}

// pick is Pick for numbers of a width.
func (f *Fn) pick(w record.Width, cond Bool, yes, no func() number) number {
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	if yes == nil || no == nil {
		f.condition(cond)
		f.mistake(mistake.NilBody, "", "Pick needs two functions; one is nil")
		return number{}
	}
	arm := func(value func() number) func() ir.V {
		return func() (v ir.V) {
			f.inside("Pick", func() { v = value().read(f) })
			return v
		}
	}
	return f.computedNumber(w, f.choose(w.Type(), f.condition(cond), arm(yes), arm(no)))
}
