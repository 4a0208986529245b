package dsl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Ref points to a T in memory that the program may read and write: the value
// of a map, an object in the frame, a header in a packet. Its integers are cells,
// by their paths: r.U64("Packets"), r.U16("Src.Port"). Fields in network order
// (BE16, BE32, BE64) are read and written in this machine's.
type Ref[T any] struct{ Ptr }

// A ContextOf is the context of programs whose callers pass memory of their own:
// a T that R1 points to, as syscall programs have.
type ContextOf[T any] struct{ Ref[T] }

func (ContextOf[T]) context() {}

// RefTo takes a pointer for one to a T.
func RefTo[T any](p StructPtr) Ref[T] { return Ref[T]{p.Pointer()} }

// declaredAs makes a Ref a parameter: of global functions, which may be given nil,
// and of programs whose context is a T.
func (r *Ref[T]) declaredAs() CType {
	t := reflect.TypeFor[T]()
	c := CType{Name: "struct " + identifierOf(t.Name()), Stars: 1}
	if l, err := LayoutOf(t); err == nil {
		c.Size = l.Size
	}
	return c
}

// identifierOf makes a name of C of a Go type's, which may have type arguments.
func identifierOf(name string) string {
	if name == "" {
		return "anonymous"
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

// layout is what T is in memory; what is wrong with it is noted.
func (r Ref[T]) layout() (*Layout, bool) {
	f := r.fn
	l, err := LayoutFor[T]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return nil, false
	}
	return l, true
}

// refCell finds an integer of T.
func refCell[N Integer, T any](r Ref[T], path string) Cell[N] {
	f := r.fn
	if !f.usable() {
		return Cell[N]{}
	}
	l, ok := r.layout()
	if !ok {
		return At[N](r.Ptr, 0)
	}
	part, err := l.Field(path)
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return At[N](r.Ptr, 0)
	}
	k := formOf[N]()
	switch {
	case part.Kind == LayoutBool && k == form{8, false}:
	case part.Kind != LayoutInt:
		f.mistake(mistake.BadLayout, "name one of its integers, or take its address with Part", "%q of %v is no integer", path, part.Type)
	case part.Size*8 != int(k.bits) || part.Signed != k.signed:
		f.mistake(mistake.MixedWidths, fmt.Sprintf("read it with %v", form{uint8(8 * part.Size), part.Signed}), "%q is a %v, and a %v is wanted", path, form{uint8(8 * part.Size), part.Signed}, k)
	}
	c := At[N](r.Ptr, 0)
	c.aux, c.order = int32(part.Offset), part.BigEndian
	return c
}

// U8 is an integer of T, by its path. So are U16, U32, U64, S8, S16, S32 and S64.
func (r Ref[T]) U8(path string) CellU8 { return refCell[uint8](r, path) }

// U16 is an integer of T, by its path.
func (r Ref[T]) U16(path string) CellU16 { return refCell[uint16](r, path) }

// U32 is an integer of T, by its path.
func (r Ref[T]) U32(path string) CellU32 { return refCell[uint32](r, path) }

// U64 is an integer of T, by its path.
func (r Ref[T]) U64(path string) CellU64 { return refCell[uint64](r, path) }

// S8 is an integer of T, by its path.
func (r Ref[T]) S8(path string) CellS8 { return refCell[int8](r, path) }

// S16 is an integer of T, by its path.
func (r Ref[T]) S16(path string) CellS16 { return refCell[int16](r, path) }

// S32 is an integer of T, by its path.
func (r Ref[T]) S32(path string) CellS32 { return refCell[int32](r, path) }

// S64 is an integer of T, by its path.
func (r Ref[T]) S64(path string) CellS64 { return refCell[int64](r, path) }

// Part is the address of a part of T: of a lock, an array, a struct.
func (r Ref[T]) Part(path string) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{}
	}
	l, ok := r.layout()
	if !ok {
		return r.Ptr
	}
	part, err := l.Field(path)
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return r.Ptr
	}
	return r.Offset(part.Offset)
}

// Index is element i of an array of E that r points to. The verifier wants to
// know that i is below the length: compare it before, or take its remainder.
func Index[E any, T any](r Ref[T], path string, i Operand) Ref[E] {
	f := r.fn
	if !f.usable() {
		return Ref[E]{}
	}
	e, err := LayoutFor[E]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return Ref[E]{}
	}
	at := f.emit(ir.Value{Op: ir.Mul, Type: ir.I64, Imm: int64(e.Size)}, f.wide(i))
	base := r.Part(path).pointer(f)
	return Ref[E]{f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr}, base, at), "")}
}

// Local makes a T in the frame, all of whose bytes are 0. Frames have 512 bytes.
func Local[T any](f *Fn) Ref[T] {
	if !f.usable() {
		return Ref[T]{}
	}
	l, err := LayoutFor[T]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return Ref[T]{f.newPtr(f.constant(ir.Ptr, 0), "")}
	}
	return Ref[T]{f.local(l.Type.String(), l.Size)}
}

// local makes a zeroed object in the frame.
func (f *Fn) local(name string, size int) Ptr {
	const frame = 512
	if size > frame {
		f.mistake(mistake.FrameTooLong, "put it into a map's value", "%s has %d bytes, and a frame %d", name, size, frame)
		size = 8
	}
	object := f.object(name, size)
	at := f.frameAddr(object)
	for off := 0; off < size; {
		n := 8
		for n > size-off {
			n /= 2
		}
		f.emit(ir.Value{Op: ir.StoreConst, Size: uint8(n), Off: int32(off)}, at)
		off += n
	}
	return f.newPtr(at, "")
}

// A placer is what cells are: they come to stand for memory.
type placer interface {
	place(f *Fn, base ir.V, off int32)
	bytes() int
}

func (c *Cell[T]) place(f *Fn, base ir.V, off int32) {
	c.fn, c.mode, c.v, c.scope, c.aux, c.own = f, memory, base, f.scope, off, true
}

func (c *Cell[T]) bytes() int { return int(formOf[T]().bits / 8) }

// Cells makes the cells of a struct S stand for the memory of a field: the
// private state that the kernel keeps for programs, such as icsk_ca_priv. Fields
// of S are cells, arrays and structs of cells, laid out as C does; they have
// exported names. Whether the field has room for S is compared with the target.
//
//	type state struct{ Count, LastWindow dsl.CellU32 }
//	ca := dsl.Cells[state](tp.Field("inet_conn.icsk_ca_priv"))
//	ca.Count.Set(0)
func Cells[S any](d Field) S {
	var cells S
	f := d.base.fn
	if !f.usable() {
		return cells
	}
	aux := f.name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	base := f.emit(ir.Value{Op: ir.FieldAddr, Type: ir.Ptr, Aux: aux}, d.base.pointer(f))
	size := placeCells(f, reflect.ValueOf(&cells).Elem(), base, 0)
	f.ir.Values[base].Imm = int64(size)
	return cells
}

// placeCells places the cells of a value from an offset on, and gives the offset
// behind them.
func placeCells(f *Fn, v reflect.Value, base ir.V, off int) int {
	if !v.CanAddr() || !v.Addr().CanInterface() {
		f.mistake(mistake.BadLayout, "give it a name that begins with a capital letter", "a field of type %v cannot be set, as its name is not exported", v.Type())
		return off
	}
	if cell, ok := v.Addr().Interface().(placer); ok {
		size := cell.bytes()
		off = (off + size - 1) / size * size
		cell.place(f, base, int32(off))
		return off + size
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "_" {
				continue
			}
			off = placeCells(f, v.Field(i), base, off)
		}
	case reflect.Array:
		for i := range v.Len() {
			off = placeCells(f, v.Index(i), base, off)
		}
	default:
		f.mistake(mistake.BadLayout, "", "%v is no cell: dsl.CellU8 to dsl.CellS64, arrays and structs of them may be", v.Type())
	}
	return off
}

// atomic makes an atomic operation on the cell.
func (c Cell[T]) atomic(op int64, operands ...Operand) Int[T] {
	f := c.fn
	if !f.usable() {
		return Int[T]{}
	}
	k := formOf[T]()
	switch {
	case k.bits < 32:
		f.mistake(mistake.MixedWidths, "", "atomic operations are of 32 or 64 bits, and this is a %v", k)
	case c.order:
		f.mistake(mistake.Misplaced, "", "atomic operations are for numbers in this machine's order")
	}
	args := []ir.V{f.take(f, c.v, c.scope, ir.Ptr)}
	for _, o := range operands {
		args = append(args, f.value(k, o))
	}
	return newInt[T](f, f.emit(ir.Value{Op: ir.Atomic, Type: k.typ(), Size: k.bits / 8, Off: c.aux, Imm: op}, args...))
}

// AtomicAdd adds atomically, and gives what the cell held before (Linux 5.12; where
// nobody asks for the old value, any).
func (c Cell[T]) AtomicAdd(o Operand) Int[T] { return c.atomic(isa.AtomicOpAdd|isa.AtomicOpFetch, o) }

// AtomicAnd is AtomicAdd for &.
func (c Cell[T]) AtomicAnd(o Operand) Int[T] { return c.atomic(isa.AtomicOpAnd|isa.AtomicOpFetch, o) }

// AtomicOr is AtomicAdd for |.
func (c Cell[T]) AtomicOr(o Operand) Int[T] { return c.atomic(isa.AtomicOpOr|isa.AtomicOpFetch, o) }

// AtomicXor is AtomicAdd for ^.
func (c Cell[T]) AtomicXor(o Operand) Int[T] { return c.atomic(isa.AtomicOpXor|isa.AtomicOpFetch, o) }

// Exchange stores a value and gives what the cell held before, in one step
// (Linux 5.12).
func (c Cell[T]) Exchange(o Operand) Int[T] { return c.atomic(isa.AtomicOpXchg, o) }

// CompareExchange stores a value if the cell holds an expected one, and gives
// what it held before, in one step (Linux 5.12).
func (c Cell[T]) CompareExchange(expected, o Operand) Int[T] {
	return c.atomic(isa.AtomicOpCmpXchg, o, expected)
}
