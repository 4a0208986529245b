// Package passing turns values of a test into what the kernel passes to a program, and the program's result into a value.
package passing

import (
	"fmt"
	"reflect"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/vm"

	cbtf "github.com/cilium/ebpf/btf"
)

// Argument is what the kernel passes to programs of a place for a parameter of a type. arg is a *vm.Struct, or nil, for a pointer, and an
// integer, a bool or a constant of Go for a number. The object that is passed gets the rights of the place, and is returned too.
func Argument(m *vm.Machine, place *place.Place, t cbtf.Type, arg any) (value uint64, object *vm.Struct, err error) {
	if name := btf.PointedTo(t); name != "" || isPointer(t) {
		object, ok := arg.(*vm.Struct)
		if !ok && arg != nil {
			is := phrase.A(fmt.Sprintf("%T", arg))
			return 0, nil, fmt.Errorf("it is a pointer to %s: expected a *vm.Struct or nil, not %s", name, is)
		}
		if object == nil {
			return 0, nil, nil
		}
		wanted := name
		if cast := place.Cast(name); cast != "" {
			wanted = cast
		}
		if object.Err() == nil && !object.IsA(wanted) {
			return 0, nil, fmt.Errorf("expected a %s, not a %s", wanted, object.Name())
		}
		permit(place, object)
		addr, err := m.Object(object)
		return addr, object, err
	}
	value, err = number(t, arg)
	return value, nil, err
}

func isPointer(t cbtf.Type) bool {
	_, ok := btf.Underlying(t).(*cbtf.Pointer)
	return ok
}

// permit lets programs write what the interface lets them write.
func permit(place *place.Place, object *vm.Struct) {
	var paths []string
	for _, field := range place.Writable {
		if object.IsA(field.Struct) {
			paths = append(paths, field.Path)
		}
	}
	switch {
	case place.Writable == nil: // not known: the kernel would say it
		object.AllowWrites()
	case paths == nil:
		object.DenyWrites()
	default:
		object.AllowWrites(paths...)
	}
}

// number is a number as an argument of a type. It must fit.
func number(t cbtf.Type, arg any) (uint64, error) {
	size, signed := integer(t)
	if size == 0 {
		return 0, fmt.Errorf("a %s cannot be passed here", btf.Declaration(t, ""))
	}
	var value int64
	switch v := reflect.ValueOf(arg); {
	case v.CanInt():
		value = v.Int()
	case v.CanUint():
		value = int64(v.Uint())
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			value = 1
		}
	default:
		return 0, fmt.Errorf("expected a number for a %s, not %s", btf.Declaration(t, ""), phrase.A(fmt.Sprintf("%T", arg)))
	}
	if size < 8 {
		low, high := int64(0), int64(1)<<(8*size)-1
		if signed {
			low, high = -1<<(8*size-1), 1<<(8*size-1)-1
		}
		if value < low || value > high {
			return 0, fmt.Errorf("%d does not fit a %s: expected %d to %d", value, btf.Declaration(t, ""), low, high)
		}
	}
	return uint64(value), nil
}

// integer is the size of an integer, enum or bool in bytes, and whether it has a sign; 0 for other types.
func integer(t cbtf.Type) (size int, signed bool) {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Int:
		return int(t.Size), t.Encoding == cbtf.Signed
	case *cbtf.Enum:
		return int(t.Size), t.Signed
	}
	return 0, false
}

// Result cuts a result to its type, as the kernel's caller does, with the type's sign. It is 0 for void.
func Result(t cbtf.Type, r0 uint64) int64 {
	size, signed := integer(t)
	if size == 0 && !isPointer(t) {
		return 0
	}
	if size == 0 || size > 8 {
		size = 8
	}
	unused := 64 - 8*size
	if signed {
		return int64(r0<<unused) >> unused
	}
	return int64(r0 << unused >> unused)
}
