package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Ptr is a pointer that a program computes, most often to a struct of the
// kernel. Packages that bpfsmith gen makes have a type for each struct, with its
// fields as methods; they embed a Ptr. Without them, Field finds fields by name.
//
// What may be done with a pointer is for the kernel's verifier to say: it knows
// where each one comes from, whether it may be nil, and what may be read and
// written through it.
type Ptr struct {
	_     [0]func()
	fn    *Fn
	v     ir.V
	scope int32
	name  string // of the struct, "" when not known
}

// pointer is what Ptr has, and all types that embed it.
type pointer interface{ pointer(f *Fn) ir.V }

// StructPtr is any pointer to a struct: Ptr and the types that embed it.
type StructPtr interface {
	pointer
	Pointer() Ptr
}

func (f *Fn) newPtr(v ir.V, name string) Ptr { return Ptr{fn: f, v: v, scope: f.scope, name: name} }

func (p Ptr) pointer(f *Fn) ir.V { return f.take(p.fn, p.v, p.scope, ir.Ptr) }

// read makes pointers operands of calls; no bits say that it is one.
func (p Ptr) read(f *Fn) (ir.V, form) { return p.pointer(f), form{} }

// Pointer is the pointer itself, of the types that embed one.
func (p Ptr) Pointer() Ptr { return p }

// To takes the pointer for one to another struct, as a cast in C does: of
// structs that begin with each other, such as tcp_sock and sock. Nothing is
// computed.
func (p Ptr) To(structName string) Ptr {
	p.name = structName
	return p
}

// IsNil is p == nil.
func (p Ptr) IsNil() Bool { return p.compareNil(ir.EQ) }

// NotNil is p != nil.
func (p Ptr) NotNil() Bool { return p.compareNil(ir.NE) }

func (p Ptr) compareNil(c ir.Cond) Bool {
	f := p.fn
	if !f.usable() {
		return Bool{}
	}
	return f.computedBool(f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: c, Wide: true}, p.pointer(f)))
}

// Eq is p == q.
func (p Ptr) Eq(q StructPtr) Bool { return p.comparePtr(ir.EQ, q) }

// Ne is p != q.
func (p Ptr) Ne(q StructPtr) Bool { return p.comparePtr(ir.NE, q) }

func (p Ptr) comparePtr(c ir.Cond, q StructPtr) Bool {
	f := p.fn
	if !f.usable() {
		return Bool{}
	}
	if q == nil {
		f.mistake(mistake.ZeroValue, "IsNil compares with nil", "a pointer is compared with a Go nil")
		return p.IsNil()
	}
	return f.computedBool(f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: c, Wide: true}, p.pointer(f), q.pointer(f)))
}

// Address is the pointer as a number.
func (p Ptr) Address() U64 {
	f := p.fn
	if !f.usable() {
		return U64{}
	}
	return newInt[uint64](f, f.emit(ir.Value{Op: ir.Copy, Type: ir.I64}, p.pointer(f)))
}

// PtrFrom takes an address for a pointer to a struct of that name: what helpers and
// raw tracepoints give as numbers. The verifier lets nobody follow it; ReadField and
// ReadPtr copy what is there.
func PtrFrom(address U64, structName string) Ptr {
	f := address.fn
	if !f.usable() {
		return Ptr{}
	}
	v, _ := address.read(f)
	return f.newPtr(f.emit(ir.Value{Op: ir.Copy, Type: ir.Ptr}, v), structName)
}

// Offset is the pointer some bytes on.
func (p Ptr) Offset(bytes Operand) Ptr {
	f := p.fn
	if !f.usable() {
		return Ptr{}
	}
	base := p.pointer(f)
	if c, ok := goInteger(bytes); ok && !c.over && c.n == int64(int32(c.n)) {
		return f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: c.n}, base), "")
	}
	return f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr}, base, f.wide(bytes)), "")
}

// wide is an unsigned operand of any width, as 64 bits.
func (f *Fn) wide(o Operand) ir.V {
	if c, ok := goInteger(o); ok {
		return f.constant(ir.I64, c.n)
	}
	n, ok := o.(operand)
	if !ok {
		f.mistake(mistake.MixedWidths, "", "a Go %s stands where an integer is wanted", typeName(o))
		return f.constant(ir.I64, 0)
	}
	v, k := n.read(f)
	switch {
	case k.bits == 64:
		return v
	case k.bits == 0:
		f.mistake(mistake.MixedWidths, "", "a pointer stands where an integer is wanted")
		return f.constant(ir.I64, 0)
	case k.signed:
		return f.emit(ir.Value{Op: ir.SExt32, Type: ir.I64}, v)
	}
	return f.emit(ir.Value{Op: ir.ZExt, Type: ir.I64}, v)
}

// At is the number of that type some bytes behind p, for memory whose layout is
// known without BTF: packets, arrays of arguments.
func At[T Integer](p Ptr, offset int16) Cell[T] {
	return Cell[T]{number[T]{fn: p.fn, mode: memory, v: p.v, aux: int32(offset), scope: p.scope}}
}

// AtBE is At for a number in network order, which is read and written in this
// machine's.
func AtBE[T Integer](p Ptr, offset int16) Cell[T] {
	c := At[T](p, offset)
	c.order = true
	return c
}

// A Field is a field of a kernel struct, by its path: "snd_cwnd",
// "icsk_ack.pending", "icsk_ca_priv[2]". Where it lies and how wide it is are
// the target's business.
type Field struct {
	base Ptr
	path string
}

// Field names a field of the struct that p points to.
func (p Ptr) Field(path string) Field { return Field{base: p, path: path} }

func loadField[T Integer](d Field) Int[T] {
	f := d.base.fn
	if !f.usable() {
		return Int[T]{}
	}
	if d.base.name == "" {
		f.mistake(mistake.ZeroValue, "say of which struct it is: p.To(\"tcp_sock\")", "%q is a field of a struct that is not known", d.path)
	}
	k := formOf[T]()
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	load := ir.Value{Op: ir.FieldLoad, Type: k.typ(), Size: k.bits / 8, Signed: k.signed, Aux: aux}
	return newInt[T](f, f.emit(load, d.base.pointer(f)))
}

// U8 reads the field as an unsigned number of 8 bits. So do U16, U32, U64, S8, S16,
// S32 and S64. Where the target's field is narrower it is widened, as its own
// sign says; where it is wider, that is a mistake, as bits would be lost.
func (d Field) U8() U8 { return loadField[uint8](d) }

// U16 reads the field.
func (d Field) U16() U16 { return loadField[uint16](d) }

// U32 reads the field.
func (d Field) U32() U32 { return loadField[uint32](d) }

// U64 reads the field.
func (d Field) U64() U64 { return loadField[uint64](d) }

// S8 reads the field.
func (d Field) S8() S8 { return loadField[int8](d) }

// S16 reads the field.
func (d Field) S16() S16 { return loadField[int16](d) }

// S32 reads the field.
func (d Field) S32() S32 { return loadField[int32](d) }

// S64 reads the field.
func (d Field) S64() S64 { return loadField[int64](d) }

// Bool reads the field and compares it with 0.
func (d Field) Bool() Bool { return loadField[uint8](d).Ne(0) }

// Set writes the field, in its own width: a value of another width is cut or
// filled up as Go converts.
func (d Field) Set(o Operand) {
	f := d.base.fn
	if !f.usable() {
		return
	}
	base := d.base.pointer(f)
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	if p, ok := o.(pointer); ok {
		f.emit(ir.Value{Op: ir.FieldStore, Size: 8, Aux: aux}, base, p.pointer(f))
		return
	}
	if c, ok := goInteger(o); ok {
		f.emit(ir.Value{Op: ir.FieldStore, Aux: aux}, base, f.constant(ir.I64, c.n))
		return
	}
	n, ok := o.(operand)
	if !ok {
		f.mistake(mistake.MixedWidths, "", "a Go %s cannot be stored", typeName(o))
		return
	}
	v, k := n.read(f)
	f.emit(ir.Value{Op: ir.FieldStore, Size: k.bits / 8, Signed: k.signed, Aux: aux}, base, v)
}

// Ptr reads a pointer to a struct of that name. Package gen's accessors know the
// name; here it is given.
func (d Field) Ptr(structName string) Ptr {
	f := d.base.fn
	if !f.usable() {
		return Ptr{}
	}
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	return f.newPtr(f.emit(ir.Value{Op: ir.FieldLoad, Type: ir.Ptr, Size: 8, Aux: aux}, d.base.pointer(f)), structName)
}

// Addr is the field's address: of a struct within the struct, of an array.
// structName says what is there, "" when it is no struct.
func (d Field) Addr(structName string) Ptr {
	f := d.base.fn
	if !f.usable() {
		return Ptr{}
	}
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	return f.newPtr(f.emit(ir.Value{Op: ir.FieldAddr, Type: ir.Ptr, Aux: aux}, d.base.pointer(f)), structName)
}

// readField copies a field with bpf_probe_read_kernel, for pointers that the
// verifier lets nobody follow.
func readField(d Field, k form) ir.V {
	f := d.base.fn
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	typ := ir.Ptr
	if k.bits != 0 {
		typ = k.typ()
	}
	size := k.bits / 8
	if k.bits == 0 {
		size = 8
	}
	object := f.object("what is read of "+d.path, int(size))
	return f.emit(ir.Value{Op: ir.ReadKernel, Type: typ, Size: size, Signed: k.signed, Aux: aux, Imm: int64(object)}, d.base.pointer(f))
}

// ReadField reads a field through a pointer that the verifier does not trust, a
// call of bpf_probe_read_kernel: where BTF says nothing about it, or in program
// types that may not follow pointers. An address that is not mapped reads as 0.
func ReadField[T Integer](d Field) Int[T] {
	f := d.base.fn
	if !f.usable() {
		return Int[T]{}
	}
	return newInt[T](f, readField(d, formOf[T]()))
}

// ReadPtr is ReadField for a pointer to a struct of that name.
func ReadPtr(d Field, structName string) Ptr {
	f := d.base.fn
	if !f.usable() {
		return Ptr{}
	}
	return f.newPtr(readField(d, form{}), structName)
}
