package dsl

import (
	"fmt"
	"math"
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An Operand is an argument of an operation. Operations are Go's operators, with Go's rules: both sides have the same type, results
// wrap around in its width, and each conversion is written. Division by zero panics in Go. Here its
// result is 0 and the remainder is the dividend, as on the BPF machine (RFC 9669,
// section 4.1). An operand is a number, variable or cell of the same width and sign, or a Go constant. Values of
// another width or sign are a mistake that compiling reports; convert them first. In
// calls, pointers, Bools, maps and functions are operands too.
//
// A Go constant may have a named type, such as type Port uint16. A constant of type BE16, BE32 or BE64 is converted from network
// order, as fields in network order are: r.U16("Port").Eq(dsl.NetworkOrder16(80)) compares with 80.
//
// A variable is read when the operation is written, after Go has evaluated all arguments
// of the operation.
//
// For Go, the type is any. An interface with methods would refuse Go constants, and a
// method cannot have type parameters. Go's compiler refuses a wrong receiver, condition
// (Bool), pointer (StructPtr), map or function, and atomic operations on cells of 8 and 16
// bits. compile.Compile refuses a constant that does not fit, a number of another width or
// sign, and a Go value of any other type; it reports the line.
type Operand any

// readOperand returns a value that the program computes, for use in f, and its width; a width of 0 bits means a pointer. ok is
// false for other operands.
func (f *Fn) readOperand(o Operand) (v ir.V, w record.Width, ok bool) {
	switch o := o.(type) {
	case numeric:
		n := o.num()
		return n.read(f), n.width, true
	case pointer:
		return o.pointer(f), 0, true
	case Bool:
		return f.condition(o), record.U8, true
	case record.Typed:
		return f.value(o.Width, o.Operand), o.Width, true
	}
	return 0, 0, false
}

// operand returns the value of an operand for an operation of that width. For a constant,
// v is 0 and imm is the constant.
func (f *Fn) operand(w record.Width, o Operand) (v ir.V, imm int64) {
	if n, ok := goInteger(o); ok {
		if !n.fits(w) {
			f.mistake(mistake.BadConstant, "", "%v does not fit %s", n, phrase.A(w.String()))
			return 0, 0
		}
		return 0, w.Register(n.n)
	}
	if b, ok := o.(Bool); ok {
		f.condition(b)
		f.mistake(mistake.MixedWidths, "convert it: .U8() or .U32() is 1 when it holds", "%s and a Bool do not mix", phrase.A(w.String()))
		return 0, 0
	}
	v, got, ok := f.readOperand(o)
	switch {
	case !ok:
		f.mistake(mistake.MixedWidths, floatHelp(o), "a Go %s cannot be an operand; expected %s or a Go constant that is an integer",
			typeName(o), phrase.A(w.String()))
	case got == w:
		return v, 0
	case got.Bits() == 0:
		f.mistake(mistake.MixedWidths, "", "a pointer cannot be an operand; expected %s", phrase.A(w.String()))
	default:
		f.mistake(mistake.MixedWidths, fmt.Sprintf("convert it: .%v()", w), "%s and %s do not mix",
			phrase.A(w.String()), phrase.A(got.String()))
	}
	return 0, 0
}

// value is operand for operations that do not accept constants.
func (f *Fn) value(w record.Width, o Operand) ir.V {
	v, imm := f.operand(w, o)
	if v == 0 {
		return f.b.Const(w.Type(), imm)
	}
	return v
}

// floatHelp says what to do instead of computing with a fraction, which BPF does not have: 0.7 is 7/10. It is "" for other operands.
func floatHelp(o Operand) string {
	v := reflect.ValueOf(o)
	if !v.IsValid() || !v.CanFloat() {
		return ""
	}
	const most = 1000
	x := v.Float()
	for parts := 1; parts <= most; parts *= 10 {
		n := x * float64(parts)
		if whole := math.Round(n); math.Abs(n-whole) < 1e-9 && math.Abs(whole) < 1<<31 {
			if parts == 1 {
				return fmt.Sprintf("programs compute with integers: write %d", int64(whole))
			}
			return fmt.Sprintf("programs compute with integers; instead of .Mul(%v), multiply and then divide: .Mul(%d).Div(%d)",
				x, int64(whole), parts)
		}
	}
	return "programs compute with integers: multiply by a numerator, then divide: .Mul(7).Div(10)"
}

func typeName(o any) string {
	if o == nil {
		return "nil"
	}
	return reflect.TypeOf(o).String()
}

// A goInt is a Go constant; those past int64 have over set.
type goInt struct {
	n    int64
	over bool // an unsigned number of 2⁶³ or more, as n's bits
}

func (g goInt) String() string {
	if g.over {
		return fmt.Sprint(uint64(g.n))
	}
	return fmt.Sprint(g.n)
}

func (g goInt) fits(w record.Width) bool {
	if g.over {
		return w == record.U64
	}
	return w.Holds(g.n)
}

func goInteger(o Operand) (goInt, bool) {
	switch n := o.(type) {
	case int:
		return goInt{n: int64(n)}, true
	case uint8:
		return goInt{n: int64(n)}, true
	case uint16:
		return goInt{n: int64(n)}, true
	case uint32:
		return goInt{n: int64(n)}, true
	case uint64:
		return unsigned(n), true
	case uint:
		return unsigned(uint64(n)), true
	case int8:
		return goInt{n: int64(n)}, true
	case int16:
		return goInt{n: int64(n)}, true
	case int32:
		return goInt{n: int64(n)}, true
	case int64:
		return goInt{n: n}, true
	case BE16:
		return goInt{n: int64(n.Get())}, true
	case BE32:
		return goInt{n: int64(n.Get())}, true
	case BE64:
		return unsigned(n.Get()), true
	}
	return namedInteger(o)
}

func unsigned(n uint64) goInt { return goInt{int64(n), n > math.MaxInt64} }

// namedInteger is the number of a Go type that a program has named: type Port uint16.
func namedInteger(o Operand) (goInt, bool) {
	switch v := reflect.ValueOf(o); {
	case v.CanInt():
		return goInt{n: v.Int()}, true
	case v.CanUint() && v.Kind() != reflect.Uintptr:
		return unsigned(v.Uint()), true
	}
	return goInt{}, false
}
