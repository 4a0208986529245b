package maps

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"reflect"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A codec carries values of a Go type to and from the memory of a map. What is
// done for each is found out once.
type codec[T any] struct {
	layout *dsl.Layout
	put    func(dst []byte, v *T)
	get    func(src []byte, v *T)
}

// newCodec makes the codec of a type, or says why there is none.
func newCodec[T any]() (codec[T], error) {
	layout, err := dsl.LayoutFor[T]()
	if err != nil {
		return codec[T]{}, err
	}
	c := codec[T]{layout: layout}
	if c.put, c.get = plain[T](); c.put != nil {
		return c, nil
	}
	s, err := stepFor(layout, "")
	if err != nil {
		return codec[T]{}, fmt.Errorf("%v: %w", layout.Type, err)
	}
	c.put = func(dst []byte, v *T) { s.put(dst, reflect.ValueOf(v).Elem()) }
	c.get = func(src []byte, v *T) { s.get(src, reflect.ValueOf(v).Elem()) }
	return c, nil
}

// size is that of a value in bytes; 0 of a type that has no layout, whose maps are
// never created.
func (c *codec[T]) size() int {
	if c.layout == nil {
		return 0
	}
	return c.layout.Size
}

// encode gives the bytes of a value.
func (c *codec[T]) encode(v T) []byte {
	b := make([]byte, c.size())
	c.put(b, &v)
	return b
}

// append adds the bytes of a value.
func (c *codec[T]) append(b []byte, v T) []byte {
	b = append(b, make([]byte, c.size())...)
	c.put(b[len(b)-c.size():], &v)
	return b
}

// decode reads a value from as many bytes as it has.
func (c *codec[T]) decode(b []byte) (v T) {
	c.get(b, &v)
	return v
}

// Decode reads a value of a fixed layout from the beginning of a record, of a ring
// buffer for example. There may be more in it.
func Decode[T any](record []byte) (T, error) {
	var v T
	c, err := newCodec[T]()
	if err != nil {
		return v, err
	}
	if len(record) < c.size() {
		return v, fmt.Errorf("a %T takes %d bytes, the record has %d: %w", v, c.size(), len(record), fs.ErrInvalid)
	}
	return c.decode(record[:c.size()]), nil
}

// Encode gives the bytes of a value of a fixed layout, as they stand in a map.
func Encode[T any](v T) ([]byte, error) {
	c, err := newCodec[T]()
	if err != nil {
		return nil, err
	}
	return c.encode(v), nil
}

// plain is for types that are one number: they take no reflection. It gives nil
// for others.
func plain[T any]() (put func([]byte, *T), get func([]byte, *T)) {
	switch any((*T)(nil)).(type) {
	case *uint64:
		return func(b []byte, v *T) { binary.NativeEndian.PutUint64(b, *any(v).(*uint64)) },
			func(b []byte, v *T) { *any(v).(*uint64) = binary.NativeEndian.Uint64(b) }
	case *int64:
		return func(b []byte, v *T) { binary.NativeEndian.PutUint64(b, uint64(*any(v).(*int64))) },
			func(b []byte, v *T) { *any(v).(*int64) = int64(binary.NativeEndian.Uint64(b)) }
	case *uint32:
		return func(b []byte, v *T) { binary.NativeEndian.PutUint32(b, *any(v).(*uint32)) },
			func(b []byte, v *T) { *any(v).(*uint32) = binary.NativeEndian.Uint32(b) }
	case *int32:
		return func(b []byte, v *T) { binary.NativeEndian.PutUint32(b, uint32(*any(v).(*int32))) },
			func(b []byte, v *T) { *any(v).(*int32) = int32(binary.NativeEndian.Uint32(b)) }
	}
	return nil, nil
}

// A step carries one part of a value.
type step struct {
	put, get func(b []byte, v reflect.Value)
}

// stepFor makes the step of a layout, which is at a path in the whole.
func stepFor(l *dsl.Layout, path string) (step, error) {
	switch {
	case l.Kind == dsl.LayoutKernel: // not ours to read or write
		return step{func([]byte, reflect.Value) {}, func([]byte, reflect.Value) {}}, nil
	case l.Kind == dsl.LayoutStruct:
		return structStep(l, path)
	case l.Kind == dsl.LayoutArray && l.Elem.Type.Kind() == reflect.Uint8:
		return step{
			func(b []byte, v reflect.Value) { copy(b, v.Bytes()) },
			func(b []byte, v reflect.Value) { copy(v.Bytes(), b) },
		}, nil
	case l.Kind == dsl.LayoutArray:
		elem, err := stepFor(l.Elem, path)
		n, size := l.Len, l.Elem.Size
		return step{
			func(b []byte, v reflect.Value) {
				for i := range n {
					elem.put(b[i*size:(i+1)*size], v.Index(i))
				}
			},
			func(b []byte, v reflect.Value) {
				for i := range n {
					elem.get(b[i*size:(i+1)*size], v.Index(i))
				}
			},
		}, err
	case l.Kind == dsl.LayoutBool:
		return step{
			func(b []byte, v reflect.Value) {
				if b[0] = 0; v.Bool() {
					b[0] = 1
				}
			},
			func(b []byte, v reflect.Value) { v.SetBool(b[0] != 0) },
		}, nil
	case l.Signed:
		return step{
			func(b []byte, v reflect.Value) { putWord(b, uint64(v.Int())) },
			func(b []byte, v reflect.Value) {
				unused := 64 - 8*len(b)
				v.SetInt(int64(word(b)<<unused) >> unused)
			},
		}, nil
	}
	return step{
		func(b []byte, v reflect.Value) { putWord(b, v.Uint()) },
		func(b []byte, v reflect.Value) { v.SetUint(word(b)) },
	}, nil
}

// structStep does the fields one after the other. Padding stays zero.
func structStep(l *dsl.Layout, path string) (step, error) {
	type part struct {
		step
		index, from, to int
	}
	var parts []part
	for _, f := range l.Fields {
		name := f.Name
		if path != "" {
			name = path + "." + name
		}
		if f.Padding() || f.Kind == dsl.LayoutKernel {
			continue
		}
		if field := l.Type.Field(f.Index); !field.IsExported() && !(field.Anonymous && f.Kind == dsl.LayoutStruct) {
			return step{}, fmt.Errorf("field %s is not exported, so it cannot be filled in: begin its name with a capital letter", name)
		}
		s, err := stepFor(f.Layout, name)
		if err != nil {
			return step{}, err
		}
		parts = append(parts, part{s, f.Index, f.Offset, f.Offset + f.Size})
	}
	return step{
		func(b []byte, v reflect.Value) {
			for i := range parts {
				p := &parts[i]
				p.put(b[p.from:p.to], v.Field(p.index))
			}
		},
		func(b []byte, v reflect.Value) {
			for i := range parts {
				p := &parts[i]
				p.get(b[p.from:p.to], v.Field(p.index))
			}
		},
	}, nil
}

// putWord writes a number in as many bytes as there are. Numbers in network order
// are in that order already: their type says so.
func putWord(b []byte, n uint64) {
	switch len(b) {
	case 1:
		b[0] = uint8(n)
	case 2:
		binary.NativeEndian.PutUint16(b, uint16(n))
	case 4:
		binary.NativeEndian.PutUint32(b, uint32(n))
	default:
		binary.NativeEndian.PutUint64(b, n)
	}
}

func word(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.NativeEndian.Uint16(b))
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	}
	return binary.NativeEndian.Uint64(b)
}
