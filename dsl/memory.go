package dsl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Ref points to a T in memory that the program may read and write: the value
// of a map, an object in the frame, a header in a packet. Methods return
// its integers as cells, by path: r.U64("Packets"), r.U16("Src.Port"). A field in network
// order (BE16, BE32, BE64) is converted when it is read and written.
type Ref[T any] struct{ Ptr }

// A ContextOf is the context of programs whose callers pass memory of their own:
// a T that R1 points to, as syscall programs have.
type ContextOf[T any] struct{ Ref[T] }

func (ContextOf[T]) context() {}

// RefTo treats a pointer as a pointer to a T.
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

// identifierOf makes a C name from the name of a Go type, which may have type arguments.
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

// layout is the layout of T; it notes a mistake when T has none.
func (r Ref[T]) layout() (*Layout, bool) {
	f := r.fn
	l, err := LayoutFor[T]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return nil, false
	}
	return l, true
}

// cell finds an integer of the Go type t, which p points to.
func (p Ptr) cell(w record.Width, t reflect.Type, path string) number {
	f := p.fn
	if !f.usable() {
		return number{fn: f.unmade()}
	}
	l, err := LayoutOf(t)
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return p.At(0).cell(w)
	}
	part, err := l.Field(path)
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return p.At(0).cell(w)
	}
	has := record.WidthOf(part.Size, part.Signed)
	switch {
	case part.Kind == LayoutBool && w == record.U8:
	case part.Kind != LayoutInt:
		f.mistake(mistake.BadLayout, "name one of its integers, or get its address with Part",
			"%q of %v is not an integer", path, part.Type)
	case has != w:
		f.mistake(mistake.MixedWidths, fmt.Sprintf("read it with %v", has), "%q is %s; expected %s", path,
			phrase.A(has.String()), phrase.A(w.String()))
	}
	c := p.At(0).cell(w)
	c.aux, c.order = int32(part.Offset), part.BigEndian
	return c
}

// U8 is an integer of T, by its path. So are U16, U32, U64, S8, S16, S32 and S64.
func (r Ref[T]) U8(path string) CellU8 {
	return CellU8{U8{r.cell(record.U8, reflect.TypeFor[T](), path)}}
}

// U16 is an integer of T, by its path.
func (r Ref[T]) U16(path string) CellU16 {
	return CellU16{U16{r.cell(record.U16, reflect.TypeFor[T](), path)}}
}

// U32 is an integer of T, by its path.
func (r Ref[T]) U32(path string) CellU32 {
	return CellU32{U32{r.cell(record.U32, reflect.TypeFor[T](), path)}}
}

// U64 is an integer of T, by its path.
func (r Ref[T]) U64(path string) CellU64 {
	return CellU64{U64{r.cell(record.U64, reflect.TypeFor[T](), path)}}
}

// S8 is an integer of T, by its path.
func (r Ref[T]) S8(path string) CellS8 {
	return CellS8{S8{r.cell(record.S8, reflect.TypeFor[T](), path)}}
}

// S16 is an integer of T, by its path.
func (r Ref[T]) S16(path string) CellS16 {
	return CellS16{S16{r.cell(record.S16, reflect.TypeFor[T](), path)}}
}

// S32 is an integer of T, by its path.
func (r Ref[T]) S32(path string) CellS32 {
	return CellS32{S32{r.cell(record.S32, reflect.TypeFor[T](), path)}}
}

// S64 is an integer of T, by its path.
func (r Ref[T]) S64(path string) CellS64 {
	return CellS64{S64{r.cell(record.S64, reflect.TypeFor[T](), path)}}
}

// Part is the address of a part of T: of a lock, an array, a struct.
func (r Ref[T]) Part(path string) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
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
	p := r.Offset(part.Offset)
	p.at = p.at.of(part.Type)
	return p
}

// Index is element i of an array that r points to. E is the type of its elements. The verifier must
// know that i is less than the length: compare it before, or use its remainder.
func Index[E any, T any](r Ref[T], path string, i Operand) Ref[E] {
	f := r.fn
	if !f.usable() {
		return Ref[E]{Ptr{fn: f.unmade()}}
	}
	e, err := LayoutFor[E]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return Ref[E](r)
	}
	if l, ok := r.layout(); ok {
		f.checkIndex(l, path, e, i)
	}
	at := f.emit(ir.Value{Op: ir.Mul, Type: ir.I64, Imm: int64(e.Size)}, f.wide(i))
	base := r.Part(path).pointer(f)
	return Ref[E]{f.newPtr(f.emit(ir.Value{Op: ir.Add, Type: ir.Ptr}, base, at), "")}
}

// checkIndex notes a part that is not an array of that type, and a constant that is not an index of it.
func (f *Fn) checkIndex(l *Layout, path string, e *Layout, i Operand) {
	part, err := l.Field(path)
	switch {
	case err != nil: // Part notes it
		return
	case part.Kind != LayoutArray:
		f.mistake(mistake.BadLayout, "", "%q of %v is not an array", path, part.Type)
		return
	case part.Elem.Type != e.Type:
		have, want := typeNames(e.Type, part.Elem.Type)
		f.mistake(mistake.BadLayout, fmt.Sprintf("write dsl.Index[%s]", want), "the elements of %q are %s; Index is called for %s",
			path, want, have)
		return
	}
	if c, ok := goInteger(i); ok && (c.n < 0 || c.n >= int64(part.Len)) {
		f.mistake(mistake.MemoryBounds, "", "element %v of %q: %v has elements 0 to %d", c, path, part.Type, part.Len-1)
	}
}

// Local makes a T in the frame and sets all its bytes to 0. The frame has 512 bytes.
func Local[T any](f *Fn) Ref[T] {
	if !f.usable() {
		return Ref[T]{Ptr{fn: f.unmade()}}
	}
	l, err := LayoutFor[T]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return Ref[T]{f.newPtr(f.b.Const(ir.Ptr, 0), "")}
	}
	return Ref[T]{f.local(l.Type.String(), l.Size)}
}

// local makes a zeroed object in the frame.
func (f *Fn) local(name string, size int) Ptr {
	const frame = linux.StackSize
	if size > frame {
		f.mistake(mistake.FrameTooLong, "put it into a map's value", "%s has %d bytes; the limit of a frame is %d", name, size, frame)
		return f.newPtr(f.b.Const(ir.Ptr, 0), "")
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
	p := f.newPtr(at, "")
	p.at = &pointee{room: size}
	return p
}

// Cells places the cells of a struct S in the memory of a field, such as icsk_ca_priv:
// private state that the kernel keeps for programs. The fields of S are cells, and arrays
// and structs of cells, with the layout of C. Their names must be exported. The compiler
// checks that the target's field has enough room for S.
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
	aux := f.b.Name(ir.Name{Kind: ir.FieldName, Name: d.base.name, Path: d.path})
	base := f.emit(ir.Value{Op: ir.FieldAddr, Type: ir.Ptr, Aux: aux}, d.base.pointer(f))
	size := placeCells(f, reflect.ValueOf(&cells).Elem(), base, 0)
	f.b.Func.Values[base].Imm = int64(size)
	return cells
}

// placeCells places the cells of a value, beginning at an offset. It returns the offset
// after them.
func placeCells(f *Fn, v reflect.Value, base ir.V, off int) int {
	if !v.CanAddr() || !v.Addr().CanInterface() {
		f.mistake(mistake.BadLayout, "give it a name that begins with a capital letter",
			"a field of type %v cannot be set, as its name is not exported", v.Type())
		return off
	}
	if cell, ok := v.Addr().Interface().(interface {
		numeral
		inMemory()
	}); ok {
		w := cell.num().width
		size := int(w.Bytes())
		off = (off + size - 1) / size * size
		cell.become(number{fn: f, width: w, mode: memory, v: base, scope: f.scope, aux: int32(off), own: true})
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
		f.mistake(mistake.BadLayout, "", "%v is not a cell; expected dsl.CellU8 to dsl.CellS64, or an array or struct of them", v.Type())
	}
	return off
}
