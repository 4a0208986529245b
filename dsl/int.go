package dsl

import (
	"fmt"
	"math"
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/ir"
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
	field                // the field aux (a name) of the struct at v
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
		if n.fn != f || !f.usable() || !f.scopes[n.scope].open {
			return f.take(n.fn, n.checked(), n.scope, k.typ()), k
		}
		return f.emitHere(ir.Value{Op: ir.VarGet, Type: k.typ(), Aux: n.aux}), k
	case memory:
		base := f.take(n.fn, n.v, n.scope, ir.Ptr)
		v := f.emit(ir.Value{Op: ir.Load, Type: k.typ(), Size: k.bits / 8, Off: n.aux}, base)
		if n.order && k.bits > 8 {
			return f.swap(k, v, network), k
		}
		return f.extendLoaded(k, v), k
	case field:
		base := f.take(n.fn, n.v, n.scope, ir.Ptr)
		return f.emit(ir.Value{Op: ir.FieldLoad, Type: k.typ(), Size: k.bits / 8, Signed: k.signed, Aux: n.aux}, base), k
	}
	return f.take(n.fn, n.v, n.scope, k.typ()), k
}

// checked is a value of the number's function to name in messages: of a
// variable, what it began with.
func (n number[T]) checked() ir.V {
	if n.fn == nil {
		return 0
	}
	return n.v
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
			f.mistake(ruleConstant, "", "%v is no %v", n, k)
			return 0, 0
		}
		return 0, k.register(n.n)
	}
	if b, ok := o.(Bool); ok {
		f.condition(b)
		f.mistake(ruleMixedWidths, "convert it: .U8() or .U32() is 1 when it holds", "a %v and a Bool do not mix", k)
		return 0, 0
	}
	if op, ok := o.(operand); ok {
		v, got := op.read(f)
		switch {
		case got == k:
			return v, 0
		case got.bits == 0:
			f.mistake(ruleMixedWidths, "", "a pointer stands where a %v is wanted", k)
		default:
			f.mistake(ruleMixedWidths, fmt.Sprintf("convert it: .%v()", k), "a %v and a %v do not mix", k, got)
		}
		return 0, 0
	}
	f.mistake(ruleMixedWidths, "", "a Go %s is no operand: a %v or a Go constant is wanted", typeName(o), k)
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

// computed makes an Int of an operator's result, which somebody is to use.
func computed[T Integer](f *Fn, v ir.V) Int[T] {
	f.computed = append(f.computed, v)
	return newInt[T](f, v)
}

// binary applies an operation to a number and an operand.
func (n number[T]) binary(op ir.Op, o Operand) Int[T] {
	f := n.fn
	if f == nil || !f.usable() {
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
	if f == nil || !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	return computed[T](f, f.cut(k, f.emit(ir.Value{Op: ir.Neg, Type: k.typ()}, x)))
}

// Not is ^n: each bit turned round.
func (n number[T]) Not() Int[T] {
	f := n.fn
	if f == nil || !f.usable() {
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
	if f == nil || !f.usable() {
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
			f.mistake(ruleConstant, "", "a shift by %v", c)
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
		f.mistake(ruleMixedWidths, "", "a Go %s is no count of a shift", typeName(count))
		return newInt[T](f, x)
	}
	c, ck := o.read(f)
	if ck.signed || ck.bits == 0 {
		f.mistake(ruleMixedWidths, "convert it to an unsigned number", "a %v is no count of a shift", ck)
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

// choose computes one of two values.
func (f *Fn) choose(typ ir.Type, cond ir.V, yes, no func() ir.V) ir.V {
	number := f.variable(typ, "")
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

// variable adds a variable.
func (f *Fn) variable(typ ir.Type, name string) int32 {
	f.ir.Vars = append(f.ir.Vars, ir.Var{Name: name, Type: typ, Site: f.site()})
	return int32(len(f.ir.Vars) - 1)
}

// Max is the larger one of n and o.
func (n number[T]) Max(o Operand) Int[T] { return n.extreme(ir.LT, o) }

// Min is the smaller one of n and o.
func (n number[T]) Min(o Operand) Int[T] { return n.extreme(ir.GT, o) }

func (n number[T]) extreme(other ir.Cond, o Operand) Int[T] {
	f := n.fn
	if f == nil || !f.usable() {
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
	if f == nil || !f.usable() {
		return Bool{}
	}
	x, k := n.read(f)
	v := f.compare(k, c, x, f.value(k, o))
	f.computed = append(f.computed, v)
	return f.bool(v)
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
	if f == nil || !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, k := n.read(f)
	return computed[T](f, f.swap(k, x, always))
}

// Get is the number's value now.
func (n number[T]) Get() Int[T] {
	f := n.fn
	if f == nil || !f.usable() {
		return Int[T]{number[T]{fn: f}}
	}
	x, _ := n.read(f)
	return newInt[T](f, x)
}

// Var makes a variable that begins with the number's value.
func (n number[T]) Var() Var[T] {
	f := n.fn
	if f == nil || !f.usable() {
		return Var[T]{}
	}
	x, k := n.read(f)
	return newVar[T](f, k, x)
}

func newVar[T Integer](f *Fn, k form, x ir.V) Var[T] {
	aux := f.variable(k.typ(), "")
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
	if f == nil || !f.usable() {
		return
	}
	k := formOf[T]()
	if !f.scopes[v.scope].open {
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
	if f == nil || !f.usable() {
		return
	}
	k := formOf[T]()
	base := f.take(f, c.v, c.scope, ir.Ptr)
	v := f.value(k, o)
	switch {
	case c.mode == field:
		f.emit(ir.Value{Op: ir.FieldStore, Size: k.bits / 8, Aux: c.aux}, base, v)
	default:
		if c.order {
			v = f.swap(k, v, network)
		}
		var aux int32
		if c.own {
			aux = ir.OwnMemory
		}
		f.emit(ir.Value{Op: ir.Store, Size: k.bits / 8, Off: c.aux, Aux: aux}, base, v)
	}
}

// Inc adds to what the cell holds, by a load and a store: not atomically.
func (c Cell[T]) Inc(o Operand) { c.Set(c.Add(o)) }
