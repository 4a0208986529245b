package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A mode says where a number is.
type mode uint8

const (
	made     mode = iota // it is the value v
	variable             // the variable aux
	memory               // aux bytes after the address v
)

// A number is the common form of all numbers, variables and cells, for every width: each of their methods calls one method of
// number. internal/record defines the operations. number finds their operands, and notes mistakes in them.
type number struct {
	_     [0]func() // == on numbers would compare handles, not values: Go refuses it
	fn    *Fn
	width record.Width
	mode  mode
	order bool // memory: bytes are in network order
	own   bool // memory: see ir.OwnMemory
	v     ir.V
	aux   int32
	scope int32
}

// numeric is implemented by numbers, variables and cells.
type numeric interface{ num() number }

func (n number) num() number { return n }

// newNumber is a value just made.
func (f *Fn) newNumber(w record.Width, v ir.V) number {
	return number{fn: f, width: w, v: v, scope: f.scope}
}

// computed is the result of an operator, which must be used.
func (f *Fn) computedNumber(w record.Width, v ir.V) number {
	f.computed = append(f.computed, v)
	return f.newNumber(w, v)
}

// numberOf makes an N from a number.
func numberOf[N Int](x number) N {
	var n N
	any(&n).(interface{ become(number) }).become(x)
	return n
}

// number converts a constant or an operand to a number.
func (f *Fn) number(w record.Width, o Operand) number {
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	f.site()
	return f.newNumber(w, f.value(w, o))
}

// read returns the number as a value, for use in f.
func (n number) read(f *Fn) ir.V {
	switch n.mode {
	case variable:
		if n.fn != f || !f.usable() || !f.scopes[n.scope] {
			return f.take(n.fn, n.v, n.scope, n.width.Type())
		}
		return f.b.Get(n.width.Type(), n.aux)
	case memory:
		base := f.take(n.fn, n.v, n.scope, ir.Ptr)
		f.site()
		return f.b.Load(n.width, base, n.aux, n.order)
	}
	return f.take(n.fn, n.v, n.scope, n.width.Type())
}

func (n number) arithmetic(op ir.Op, o Operand) number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	if c, ok := goInteger(o); ok && c == (goInt{}) && (op == ir.Div || op == ir.Mod) {
		f.mistake(mistake.BadConstant, "", "the divisor is 0")
	}
	x := n.read(f)
	y := f.value(n.width, o)
	f.site()
	return f.computedNumber(n.width, f.b.Arithmetic(op, n.width, x, y))
}

func (n number) negate() number {
	return n.unary((*record.Builder).Negate)
}

func (n number) complement() number {
	return n.unary((*record.Builder).Complement)
}

func (n number) swap() number {
	return n.unary(func(b *record.Builder, w record.Width, x ir.V) ir.V { return b.Swap(w, x, record.Always) })
}

func (n number) unary(op func(*record.Builder, record.Width, ir.V) ir.V) number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	x := n.read(f)
	f.site()
	return f.computedNumber(n.width, op(&f.b, n.width, x))
}

func (n number) max(o Operand) number { return n.binary((*record.Builder).Max, o) }

func (n number) min(o Operand) number { return n.binary((*record.Builder).Min, o) }

func (n number) binary(op func(*record.Builder, record.Width, ir.V, ir.V) ir.V, o Operand) number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	x := n.read(f)
	y := f.value(n.width, o)
	f.site()
	return f.computedNumber(n.width, op(&f.b, n.width, x, y))
}

// shift shifts by a Go constant or by an unsigned number of any width.
func (n number) shift(op ir.Op, count Operand) number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	x := n.read(f)
	if c, ok := goInteger(count); ok {
		if c.n < 0 && !c.over {
			f.mistake(mistake.BadConstant, "", "a shift by %v; the count must not be negative", c)
			c.n = 0
		}
		f.site()
		v, constant := f.b.ShiftConst(op, n.width, x, uint64(c.n))
		if constant {
			return f.newNumber(n.width, v)
		}
		return f.computedNumber(n.width, v)
	}
	c, of, ok := f.readOperand(count)
	switch {
	case !ok:
		f.mistake(mistake.MixedWidths, "", "a Go %s cannot be the count of a shift", typeName(count))
		return f.newNumber(n.width, x)
	case of.Signed() || of.Bits() == 0:
		f.mistake(mistake.MixedWidths, "convert it to an unsigned number", "%s cannot be the count of a shift", kindOf(of))
		return f.newNumber(n.width, x)
	}
	f.site()
	return f.computedNumber(n.width, f.b.Shift(op, n.width, x, c, of))
}

func (n number) relation(c ir.Cond, o Operand) Bool {
	f := n.fn
	if !f.usable() {
		return Bool{fn: f.unmade()}
	}
	x := n.read(f)
	y := f.value(n.width, o)
	f.site()
	return f.computedBool(f.b.Compare(c, n.width, x, y))
}

func (n number) convert(to record.Width) number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	x := n.read(f)
	f.site()
	v := f.b.Convert(to, n.width, x)
	if v == x { // no code, but a value of its own, which may be used or not
		v = f.b.Emit(ir.Value{Op: ir.Copy, Type: to.Type()}, x)
	}
	return f.computedNumber(to, v)
}

func (n number) get() number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	return f.newNumber(n.width, n.read(f))
}

// variable is a new variable that begins with the number's value.
func (n number) variable() number {
	f := n.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	return f.newVariable(n.width, n.read(f))
}

func (f *Fn) newVariable(w record.Width, x ir.V) number {
	f.site()
	aux := f.b.Variable(w.Type())
	f.b.Set(aux, x)
	return number{fn: f, width: w, mode: variable, v: x, aux: aux, scope: f.scope}
}

// set gives a variable or a cell another value.
func (n number) set(o Operand) {
	f := n.fn
	if f == nil {
		zeroReceiver(o)
		return
	}
	if !f.statement() {
		return
	}
	if n.mode != memory {
		if !f.scopes[n.scope] {
			f.take(f, n.v, n.scope, n.width.Type()) // notes it
			return
		}
		f.b.Set(n.aux, f.value(n.width, o))
		return
	}
	base := f.take(f, n.v, n.scope, ir.Ptr)
	v := f.value(n.width, o)
	var aux int32
	if n.own {
		aux = ir.OwnMemory
	}
	f.site()
	f.b.Store(n.width, base, n.aux, n.order, aux, v)
}

func (n number) inc(o Operand) {
	if n.fn == nil {
		zeroReceiver(o)
		return
	}
	n.set(n.arithmetic(ir.Add, o))
}

// atomic makes an atomic operation on a cell.
func (n number) atomic(op int64, operands ...Operand) number {
	f := n.fn
	if f == nil {
		zeroReceiver(operands[0])
		return number{}
	}
	if !f.statement() {
		return number{}
	}
	if n.order {
		f.mistake(mistake.Misplaced, "", "an atomic operation cannot use a number in network order")
	}
	args := []ir.V{f.take(f, n.v, n.scope, ir.Ptr)}
	for _, o := range operands {
		args = append(args, f.value(n.width, o))
	}
	return f.newNumber(n.width, f.emit(ir.Value{Op: ir.Atomic, Type: n.width.Type(), Size: n.width.Bytes(), Off: n.aux, Imm: op}, args...))
}

func kindOf(w record.Width) string {
	if w.Bits() == 0 {
		return "a pointer"
	}
	return phrase.A(w.String())
}
