package dsl

import (
	"fmt"
	"math"
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Integer is what integers in programs are, by their Go types.
type Integer interface {
	uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64
}

// An Int is an integer that a program computes: a value that does not change.
// Its methods are Go's operators, with Go's rules: both sides have the same type,
// results wrap around in its width, and conversions are written out. An
// [Operand] is an Int, a [Var] or a [Cell] of the same type, or a Go constant.
//
// Division by zero, which panics in Go, gives 0 here, and the remainder is the
// dividend, as the BPF machine has it (RFC 9669, section 4.1).
type Int[T Integer] struct{ number[T] }

// A Var is an integer that a program computes and can set anew.
type Var[T Integer] struct{ number[T] }

// A Cell is an integer in memory: reading its value is a load, and setting it a
// store. Fields of map values, of local structs and of a kernel object's private
// state are cells.
type Cell[T Integer] struct{ number[T] }

// The integers, by their widths in bits.
type (
	U8  = Int[uint8]
	U16 = Int[uint16]
	U32 = Int[uint32]
	U64 = Int[uint64]
	S8  = Int[int8]
	S16 = Int[int16]
	S32 = Int[int32]
	S64 = Int[int64]

	VarU8  = Var[uint8]
	VarU16 = Var[uint16]
	VarU32 = Var[uint32]
	VarU64 = Var[uint64]
	VarS8  = Var[int8]
	VarS16 = Var[int16]
	VarS32 = Var[int32]
	VarS64 = Var[int64]

	CellU8  = Cell[uint8]
	CellU16 = Cell[uint16]
	CellU32 = Cell[uint32]
	CellU64 = Cell[uint64]
	CellS8  = Cell[int8]
	CellS16 = Cell[int16]
	CellS32 = Cell[int32]
	CellS64 = Cell[int64]
)

// An Operand is what an operation may take besides the value that it is called
// on: an Int, a Var or a Cell, or a Go constant. Values of another width or
// sign are a mistake that compiling reports; convert them first. In calls,
// pointers are operands too.
//
// A Var is read when the operation is written, that is after Go has evaluated all
// of its arguments.
type Operand any

// A form is how an integer is held.
type form struct {
	bits   uint8
	signed bool
}

func (k form) String() string {
	if k.signed {
		return fmt.Sprintf("S%d", k.bits)
	}
	return fmt.Sprintf("U%d", k.bits)
}

func (k form) typ() ir.Type {
	if k.bits == 64 {
		return ir.I64
	}
	return ir.I32
}

func (k form) ctype() CType {
	name := fmt.Sprintf("u%d", k.bits)
	if k.signed {
		name = fmt.Sprintf("s%d", k.bits)
	}
	return CType{Name: name, Size: int(k.bits / 8), Signed: k.signed, Integer: true}
}

// holds reports whether a constant is one of the form's numbers.
func (k form) holds(n int64) bool {
	if k.signed {
		return k.bits == 64 || n >= -1<<(k.bits-1) && n < 1<<(k.bits-1)
	}
	return n >= 0 && (k.bits == 64 || n < 1<<k.bits)
}

// register is the constant as a register holds it.
func (k form) register(n int64) int64 {
	if k.bits < 64 {
		return int64(uint32(n))
	}
	return n
}

func formOf[T Integer]() form {
	var zero T
	switch any(zero).(type) {
	case uint8:
		return form{8, false}
	case uint16:
		return form{16, false}
	case uint32:
		return form{32, false}
	case uint64:
		return form{64, false}
	case int8:
		return form{8, true}
	case int16:
		return form{16, true}
	case int32:
		return form{32, true}
	}
	return form{64, true}
}

// A mode says where a number is.
type mode uint8

const (
	made     mode = iota // it is the value v
	variable             // the variable aux
	memory               // aux bytes after the address v
)

// A number is what Int, Var and Cell have in common: their operators.
type number[T Integer] struct {
	_     [0]func() // == on numbers would compare handles, not values: Go refuses it
	fn    *Fn
	mode  mode
	order bool // memory: bytes are in network order
	own   bool // memory: see ir.OwnMemory
	v     ir.V
	aux   int32
	scope int32
}

// newInt makes an Int of a value just made.
func newInt[T Integer](f *Fn, v ir.V) Int[T] {
	return Int[T]{number[T]{fn: f, v: v, scope: f.scope}}
}

// operand is what numbers and pointers have: how they become a value.
type operand interface {
	// read gives the value, for use in f, and what kind of value it is.
	read(f *Fn) (ir.V, form)
}

// read gives the number as a value.
func (n number[T]) read(f *Fn) (ir.V, form) {
	k := formOf[T]()
	switch n.mode {
	case variable:
		if n.fn != f || !f.usable() || !f.scopes[n.scope] {
			return f.take(n.fn, n.v, n.scope, k.typ()), k
		}
		return f.emitHere(ir.Value{Op: ir.VarGet, Type: k.typ(), Aux: n.aux}), k
	case memory:
		base := f.take(n.fn, n.v, n.scope, ir.Ptr)
		v := f.emit(ir.Value{Op: ir.Load, Type: k.typ(), Size: k.bits / 8, Off: n.aux}, base)
		if n.order && k.bits > 8 {
			return f.swap(k, v, network), k
		}
		return f.extendLoaded(k, v), k
	}
	return f.take(n.fn, n.v, n.scope, k.typ()), k
}

// extendLoaded makes a signed narrow number of what was loaded.
func (f *Fn) extendLoaded(k form, v ir.V) ir.V {
	switch {
	case !k.signed || k.bits >= 32:
		return v
	case k.bits == 8:
		return f.emitHere(ir.Value{Op: ir.SExt8, Type: ir.I32}, v)
	}
	return f.emitHere(ir.Value{Op: ir.SExt16, Type: ir.I32}, v)
}

// cut brings the result of an operation in the type's register form.
func (f *Fn) cut(k form, v ir.V) ir.V {
	switch {
	case k.bits >= 32:
		return v
	case k.signed:
		return f.extendLoaded(k, v)
	}
	return f.emitHere(ir.Value{Op: ir.And, Type: ir.I32, Imm: 1<<k.bits - 1}, v)
}

// Imm of Swap16, Swap32 and Swap64: whether bytes are reversed on any machine,
// or only where that is not the network's order.
const (
	always  = 0
	network = 1
)

// swap reverses the bytes of a number.
func (f *Fn) swap(k form, v ir.V, when int64) ir.V {
	switch k.bits {
	case 16:
		return f.cut(k, f.emitHere(ir.Value{Op: ir.Swap16, Type: ir.I32, Imm: when}, v))
	case 32:
		return f.emitHere(ir.Value{Op: ir.Swap32, Type: ir.I32, Imm: when}, v)
	case 64:
		return f.emitHere(ir.Value{Op: ir.Swap64, Type: ir.I64, Imm: when}, v)
	}
	return v
}

// operand gives the value of what an operation on numbers of that form takes.
// imm is its constant when it is one: then v is 0.
func (f *Fn) operand(k form, o Operand) (v ir.V, imm int64) {
	if n, ok := goInteger(o); ok {
		if !n.fits(k) {
			f.mistake(mistake.BadConstant, "", "%v is no %v", n, k)
			return 0, 0
		}
		return 0, k.register(n.n)
	}
	if b, ok := o.(Bool); ok {
		f.condition(b)
		f.mistake(mistake.MixedWidths, "convert it: .U8() or .U32() is 1 when it holds", "a %v and a Bool do not mix", k)
		return 0, 0
	}
	if op, ok := o.(operand); ok {
		v, got := op.read(f)
		switch {
		case got == k:
			return v, 0
		case got.bits == 0:
			f.mistake(mistake.MixedWidths, "", "a pointer stands where a %v is wanted", k)
		default:
			f.mistake(mistake.MixedWidths, fmt.Sprintf("convert it: .%v()", k), "a %v and a %v do not mix", k, got)
		}
		return 0, 0
	}
	f.mistake(mistake.MixedWidths, "", "a Go %s is no operand: a %v or a Go constant is wanted", typeName(o), k)
	return 0, 0
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

func (g goInt) fits(k form) bool {
	if g.over {
		return k == form{64, false}
	}
	return k.holds(g.n)
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
		return goInt{int64(n), n > math.MaxInt64}, true
	case uint:
		return goInt{int64(n), uint64(n) > math.MaxInt64}, true
	case int8:
		return goInt{n: int64(n)}, true
	case int16:
		return goInt{n: int64(n)}, true
	case int32:
		return goInt{n: int64(n)}, true
	case int64:
		return goInt{n: n}, true
	}
	return goInt{}, false
}

// value is operand for operations that take no constants.
func (f *Fn) value(k form, o Operand) ir.V {
	v, imm := f.operand(k, o)
	if v == 0 {
		return f.constant(k.typ(), imm)
	}
	return v
}
