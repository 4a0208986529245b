package dsl

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
)

const bigEndian = isa.Native == isa.BigEndian

// A LayoutKind says what a piece of memory holds.
type LayoutKind uint8

// What a Layout may be.
const (
	LayoutInt    LayoutKind = iota + 1
	LayoutBool              // one byte, 0 or 1
	LayoutArray             // Len times Elem
	LayoutStruct            // Fields
	LayoutKernel            // the kernel's: SpinLock and the like
)

// A Layout describes how a Go type is stored in memory that the kernel shares: as C stores
// it on a 64-bit machine. It does not depend on the machine that computes it.
type Layout struct {
	Kind      LayoutKind
	Type      reflect.Type
	Size      int    // bytes
	Align     int    // bytes
	Signed    bool   // an integer with a sign
	BigEndian bool   // an integer in network order, on any machine
	Kernel    string // name of the kernel's struct, for LayoutKernel
	Pointer   bool   // a pointer to one, which the value owns: KernelPtr
	Elem      *Layout
	Len       int
	Fields    []LayoutField
}

// A LayoutField is a field of a struct.
type LayoutField struct {
	Name   string // "_" for padding
	Index  int    // within the Go struct
	Offset int    // bytes from the start of the struct
	*Layout
}

// Padding reports whether the field only fills a hole.
func (f LayoutField) Padding() bool { return f.Name == "_" }

// largest is the size of the largest layout, in bytes: the kernel's limit
// for every map is lower (KMALLOC_MAX_SIZE).
const largest = 1 << 30

// LayoutFor is LayoutOf the type T.
func LayoutFor[T any]() (*Layout, error) { return LayoutOf(reflect.TypeFor[T]()) }

// LayoutOf computes the layout of a Go type. It accepts integers of a fixed size, bool,
// arrays and structs of these, and the types of this package that represent kernel types.
//
// A struct must not have holes: the kernel copies and compares all bytes of a key, and the
// bytes of a hole are not defined. Fill holes with fields of the name _; the error says
// where.
func LayoutOf(t reflect.Type) (*Layout, error) {
	if t == nil {
		return nil, errors.New("the type is missing")
	}
	l, err := layoutOf(t, "")
	if err != nil {
		return nil, fmt.Errorf("%v: %w", t, err)
	}
	return l, nil
}

// instead says what to use in place of a type that has no layout.
func instead(k reflect.Kind) string {
	switch k {
	case reflect.Int, reflect.Uint:
		return fmt.Sprintf("its size depends on the machine: use %v32 or %v64", k, k)
	case reflect.Uintptr:
		return "its size depends on the machine: use uint64"
	case reflect.Float32, reflect.Float64:
		return "BPF has no floating point: use an integer, and a fixed number of binary or decimal places"
	case reflect.Complex64, reflect.Complex128:
		return "BPF has no floating point"
	case reflect.Pointer, reflect.UnsafePointer:
		return "the kernel cannot follow an address of this process: use the type that it points to"
	case reflect.String:
		return "it is an address: use an array of bytes, [16]uint8 for example"
	case reflect.Slice:
		return "it is an address: use an array, whose length is fixed"
	case reflect.Map:
		return "use a map of package maps"
	case reflect.Chan:
		return "use a ring buffer or a queue"
	case reflect.Func:
		return "use a program array for tail calls"
	}
	return "use a type of fixed size"
}

// layoutOf computes the layout of the part of a type that is at a path.
func layoutOf(t reflect.Type, path string) (*Layout, error) {
	if l, ok := specialLayout(t); ok {
		return l, nil
	}
	if l, ok := kernelPtrLayout(t); ok {
		return l, nil
	}
	fail := func(format string, args ...any) error {
		text := fmt.Sprintf(format, args...)
		if path != "" {
			text = "field " + path + ": " + text
		}
		return fmt.Errorf("%s", text)
	}
	l := &Layout{Type: t}
	switch k := t.Kind(); k {
	case reflect.Bool:
		l.Kind, l.Size, l.Align = LayoutBool, 1, 1
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		l.Kind, l.Signed, l.Size = LayoutInt, true, t.Bits()/8
		l.Align = l.Size
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		l.Kind, l.Size = LayoutInt, t.Bits()/8
		l.Align = l.Size
	case reflect.Array:
		elem, err := layoutOf(t.Elem(), path+"[]")
		if err != nil {
			return nil, err
		}
		if t.Len() == 0 {
			return nil, fail("an array without elements has no bytes: remove it")
		}
		if t.Len() > largest/elem.Size {
			return nil, fail("%v has more than %d bytes", t, largest)
		}
		l.Kind, l.Elem, l.Len, l.Size, l.Align = LayoutArray, elem, t.Len(), t.Len()*elem.Size, elem.Align
	case reflect.Struct:
		if err := l.layoutStruct(t, path, fail); err != nil {
			return nil, err
		}
	default:
		return nil, fail("%v has no fixed layout; %s", t, instead(k))
	}
	return l, nil
}

// layoutStruct places the fields of a struct, and finds holes between them.
func (l *Layout) layoutStruct(t reflect.Type, path string, fail func(string, ...any) error) error {
	l.Kind, l.Align = LayoutStruct, 1
	if t.NumField() == 0 {
		return fail("a struct without fields has no bytes: remove it")
	}
	previous := ""
	for i := range t.NumField() {
		f := t.Field(i)
		field, err := layoutOf(f.Type, strings.TrimPrefix(path+"."+f.Name, "."))
		if err != nil {
			return err
		}
		if hole := -l.Size & (field.Align - 1); hole > 0 {
			return fail("a hole of %s at offset %d, before %s: put _ [%d]uint8 between %s and %s",
				phrase.Count(hole, "byte"), l.Size, f.Name, hole, previous, f.Name)
		}
		l.Fields = append(l.Fields, LayoutField{Name: f.Name, Index: i, Offset: l.Size, Layout: field})
		l.Size += field.Size
		l.Align = max(l.Align, field.Align)
		previous = f.Name
		if l.Size > largest {
			return fail("%v has more than %d bytes", t, largest)
		}
	}
	if hole := -l.Size & (l.Align - 1); hole > 0 {
		return fail("a hole of %s at offset %d, the end: put _ [%d]uint8 after %s", phrase.Count(hole, "byte"), l.Size, hole, previous)
	}
	return nil
}

// Leaves ranges over the integers, bools and kernel structs in a layout, with their paths
// and offsets: "Src.Port", "Count[2]". The path is "" when the layout itself is one of
// these. Padding is left out.
func (l *Layout) Leaves() iter.Seq2[string, LayoutField] {
	return func(yield func(string, LayoutField) bool) {
		l.leaves("", 0, yield)
	}
}

func (l *Layout) leaves(path string, offset int, yield func(string, LayoutField) bool) bool {
	switch l.Kind {
	case LayoutStruct:
		for _, f := range l.Fields {
			if !f.Padding() && !f.leaves(strings.TrimPrefix(path+"."+f.Name, "."), offset+f.Offset, yield) {
				return false
			}
		}
		return true
	case LayoutArray:
		for i := range l.Len {
			if !l.Elem.leaves(fmt.Sprintf("%s[%d]", path, i), offset+i*l.Elem.Size, yield) {
				return false
			}
		}
		return true
	}
	return yield(path, LayoutField{Name: path, Offset: offset, Layout: l})
}

// Field finds a part of a layout by its path: "Src.Port", "Counts[2]"; "" is the
// whole. Offset counts from the start of l.
func (l *Layout) Field(path string) (LayoutField, error) {
	at := LayoutField{Name: path, Layout: l}
	rest := path
	for rest != "" {
		var part string
		if index, ok := strings.CutPrefix(rest, "["); ok {
			part, rest, ok = strings.Cut(index, "]")
			n, err := strconv.Atoi(part)
			switch {
			case !ok || err != nil:
				return at, fmt.Errorf("%q: expected a number and ] after [", path)
			case at.Kind != LayoutArray:
				return at, fmt.Errorf("%q: %v is not an array", path, at.Type)
			case n < 0 || n >= at.Len:
				return at, fmt.Errorf("%q: %v has elements 0 to %d", path, at.Type, at.Len-1)
			}
			at.Offset += n * at.Elem.Size
			at.Layout = at.Elem
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			part, rest = rest[:end], rest[end:]
			field, ok := at.field(part)
			if !ok {
				return at, fmt.Errorf("%q: %v has no field %q; it has %s", path, at.Type, part, at.names())
			}
			at.Offset += field.Offset
			at.Layout = field.Layout
		}
		rest = strings.TrimPrefix(rest, ".")
	}
	return at, nil
}

// field finds a field of a struct by its name.
func (l *Layout) field(name string) (LayoutField, bool) {
	for _, f := range l.Fields {
		if f.Name == name && !f.Padding() {
			return f, true
		}
	}
	return LayoutField{}, false
}

// names lists the fields of a struct, for a message.
func (l *Layout) names() string {
	var names []string
	for _, f := range l.Fields {
		if !f.Padding() {
			names = append(names, f.Name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
