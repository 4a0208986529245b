package dsl

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Ptr is a pointer that a program computes, most often to a struct of the
// kernel. Packages that bpfsmith gen makes have a type for each struct, with its
// fields as methods; they embed a Ptr. Without them, Field finds fields by name.
//
// The kernel's verifier decides what a program may do with a pointer. It knows where each pointer comes from, whether it may be nil, and
// what may be read and written through it.
type Ptr struct {
	_     [0]func()
	fn    *Fn
	v     ir.V
	scope int32
	name  string   // of the kernel's struct, "" when not known
	at    *pointee // what is known of the memory; nil when nothing is
}

// pointer is implemented by Ptr and by the types that embed it.
type pointer interface{ pointer(f *Fn) ir.V }

// StructPtr is any pointer to a struct: Ptr and the types that embed it.
type StructPtr interface {
	pointer
	Pointer() Ptr
}

func (f *Fn) newPtr(v ir.V, name string) Ptr { return Ptr{fn: f, v: v, scope: f.scope, name: name} }

func (p Ptr) pointer(f *Fn) ir.V { return f.take(p.fn, p.v, p.scope, ir.Ptr) }

// Pointer returns the pointer itself, for the types that embed one.
func (p Ptr) Pointer() Ptr { return p }

// To converts the pointer to a pointer to another struct, like a cast in C. Use it when one struct begins with the other, such as tcp_sock
// and sock. It adds no code.
func (p Ptr) To(structName string) Ptr {
	p.name, p.at = structName, p.at.untyped()
	return p
}

// IsNil is p == nil.
func (p Ptr) IsNil() Bool { return p.compareNil(ir.EQ) }

// NotNil is p != nil.
func (p Ptr) NotNil() Bool { return p.compareNil(ir.NE) }

func (p Ptr) compareNil(c ir.Cond) Bool {
	f := p.fn
	if !f.usable() {
		return Bool{fn: f.unmade()}
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
		return Bool{fn: f.unmade()}
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
		return U64{number{fn: f.unmade()}}
	}
	return f.newU64(f.emit(ir.Value{Op: ir.Copy, Type: ir.I64}, p.pointer(f)))
}

// PtrFrom makes a pointer to a struct of that name from an address in a number: some helpers and raw tracepoints return addresses as
// numbers. The verifier does not let programs read through it. Field.Probe copies the fields.
func PtrFrom(address U64, structName string) Ptr {
	f := address.n.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	v := address.num().read(f)
	return f.newPtr(f.emit(ir.Value{Op: ir.Copy, Type: ir.Ptr}, v), structName)
}

// Offset is the pointer plus a number of bytes.
func (p Ptr) Offset(bytes Operand) Ptr {
	f := p.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	base := p.pointer(f)
	if c, ok := goInteger(bytes); ok && !c.over && c.n == int64(int32(c.n)) {
		further := f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: c.n}, base), "")
		further.at = p.at.after(c.n)
		return further
	}
	return f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr}, base, f.wide(bytes)), "")
}

// wide returns an unsigned operand of any width as 64 bits.
func (f *Fn) wide(o Operand) ir.V {
	if c, ok := goInteger(o); ok {
		return f.b.Const(ir.I64, c.n)
	}
	v, k, ok := f.readOperand(o)
	if !ok {
		f.mistake(mistake.MixedWidths, "", "expected an integer; got a Go %s", typeName(o))
		return f.b.Const(ir.I64, 0)
	}
	if k.Bits() == 0 {
		f.mistake(mistake.MixedWidths, "", "expected an integer; got a pointer")
		return f.b.Const(ir.I64, 0)
	}
	f.site()
	return f.b.Convert(record.WidthOf(8, k.Signed()), k, v)
}

// A Memory is a place in memory without a type: in packets, arrays of arguments.
type Memory struct {
	ptr    Ptr
	offset int16
	order  bool
}

// At is the place offset bytes after p: p.At(4).U32() is the number there.
func (p Ptr) At(offset int16) Memory { return Memory{ptr: p, offset: offset} }

// BE says that the numbers there are in network order. They are read and written in this machine's.
func (m Memory) BE() Memory {
	m.order = true
	return m
}

// cell returns the number at the place: U8 to S64 use it.
func (m Memory) cell(w record.Width) number {
	return number{fn: m.ptr.fn, width: w, mode: memory, order: m.order, v: m.ptr.v, aux: int32(m.offset), scope: m.ptr.scope}
}

// A Field is a field of a kernel struct, by its path: "snd_cwnd",
// "icsk_ack.pending", "icsk_ca_priv[2]". Its offset and width come from the
// target.
type Field struct {
	base  Ptr
	path  string
	probe bool
}

// Field names a field of the struct that p points to.
func (p Ptr) Field(path string) Field { return Field{base: p, path: path} }

// number reads the field as a number of a width: U8 to S64 use it.
func (d Field) number(w record.Width) number {
	f := d.base.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	if d.probe {
		return f.newNumber(w, d.read(w))
	}
	if d.base.name == "" {
		f.mistake(mistake.ZeroValue, "name the struct: p.To(\"tcp_sock\")", "the struct of the field %q is not known", d.path)
	}
	load := ir.Value{Op: ir.FieldLoad, Type: w.Type(), Size: w.Bytes(), Signed: w.Signed(), Aux: d.name()}
	return f.newNumber(w, f.emit(load, d.base.pointer(f)))
}

// name returns the number of the field's name.
func (d Field) name() int32 {
	return d.base.fn.b.Name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
}

// Bool reads the field and compares it with 0.
func (d Field) Bool() Bool { return d.U8().Ne(0) }

// Set writes the field. A number must have the field's width and sign in the target, a Go constant must fit the field, and a C bool is
// set by a Bool, true or false. A bit field takes the narrowest number that holds its bits: a U8 for 5 bits; the number's other bits are
// cut off.
func (d Field) Set(o Operand) {
	f := d.base.fn
	if f == nil {
		if t, ok := o.(record.Typed); ok {
			o = t.Operand
		}
		zeroReceiver(o)
		return
	}
	if !f.statement() {
		return
	}
	if d.probe {
		f.mistake(mistake.Misplaced, "remove Probe", "%q cannot be written through a pointer that the verifier does not trust", d.path)
	}
	base := d.base.pointer(f)
	store := ir.Value{Op: ir.FieldStore, Aux: d.name()}
	if t, ok := o.(record.Typed); ok {
		if !d.accepts(t) {
			f.readOperand(readable(t.Operand)) // it counts as used
			return
		}
		o, store.Imm = t.Operand, ir.FieldDeclared
	}
	if p, ok := o.(pointer); ok {
		store.Size = 8
		f.emit(store, base, p.pointer(f))
		return
	}
	switch o.(type) {
	case Bool, bool:
		o, store.Imm = boolByte(o), store.Imm|ir.FieldBool
	}
	if c, ok := goInteger(o); ok {
		store.Signed = c.n < 0 && !c.over
		f.emit(store, base, f.b.Const(ir.I64, c.n))
		return
	}
	v, k, ok := f.readOperand(o)
	if !ok {
		f.mistake(mistake.MixedWidths, "", "a Go %s cannot be stored", typeName(o))
		return
	}
	store.Size, store.Signed = k.Bytes(), k.Signed()
	f.emit(store, base, v)
}

// accepts compares a value with the type that a generated setter declares, and notes a mistake if they differ.
func (d Field) accepts(t record.Typed) bool {
	f := d.base.fn
	want := "a Bool"
	if t.Width != 0 {
		want = phrase.A(t.Width.String())
	}
	got, isNumber := widthOf(t.Operand)
	c, isConst := goInteger(t.Operand)
	_, isBool := t.Operand.(Bool)
	switch {
	case t.Width == 0 && isBool, t.Width != 0 && isNumber && got == t.Width, t.Width != 0 && isConst && c.fits(t.Width):
		return true
	case t.Width != 0 && isConst:
		f.mistake(mistake.BadConstant, "", "%v does not fit %s, which is %s", c, d.path, want)
		return false
	}
	help := ""
	switch {
	case t.Width == 0 && isNumber:
		help = "compare it: .Ne(0)"
	case t.Width == 0 && isConst:
		help = "set it to true, false or a Bool"
	case isNumber:
		help = fmt.Sprintf("convert it: .%v()", t.Width)
	case isBool:
		help = "convert it: .U8() or .U32() is 1 when it holds"
	}
	f.mistake(mistake.MixedWidths, help, "%s is %s; got %s", d.path, want, describeOperand(t.Operand))
	return false
}

// Ptr reads a pointer to a struct of that name. Generated methods know the name; here the caller gives it.
func (d Field) Ptr(structName string) Ptr {
	f := d.base.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	if d.probe {
		return f.newPtr(d.read(0), structName)
	}
	aux := d.name()
	return f.newPtr(f.emit(ir.Value{Op: ir.FieldLoad, Type: ir.Ptr, Size: 8, Aux: aux}, d.base.pointer(f)), structName)
}

// Addr is the field's address, for a struct within the struct or for an array. structName is the struct at that address, "" when it is not
// a struct.
func (d Field) Addr(structName string) Ptr {
	f := d.base.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	aux := d.name()
	return f.newPtr(f.emit(ir.Value{Op: ir.FieldAddr, Type: ir.Ptr, Aux: aux}, d.base.pointer(f)), structName)
}

// Probe is the field, read by a call of bpf_probe_read_kernel. Use it for pointers that the verifier does not trust, and in program types
// that may not read through pointers. An address that is not mapped reads as 0.
func (d Field) Probe() Field {
	d.probe = true
	return d
}

// read copies the field with bpf_probe_read_kernel; a pointer has no width.
func (d Field) read(w record.Width) ir.V {
	f := d.base.fn
	typ, size := ir.Ptr, uint8(8)
	if w.Bits() != 0 {
		typ, size = w.Type(), w.Bytes()
	}
	aux := d.name()
	object := f.object("what is read of "+d.path, int(size))
	return f.emit(ir.Value{Op: ir.ReadKernel, Type: typ, Size: size, Signed: w.Signed(), Aux: aux, Imm: int64(object)}, d.base.pointer(f))
}
