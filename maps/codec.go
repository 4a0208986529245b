package maps

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"reflect"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// A codec converts values of a Go type to and from the memory of a map. The steps for a type are computed once.
type codec[T any] struct {
	layout *dsl.Layout
	put    func(dst []byte, v *T)
	get    func(src []byte, v *T)
}

// newCodec makes the codec of a type. It returns an error when the type has no fixed layout.
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

// size returns the size of a value in bytes. It is 0 for a type without a layout; maps of such types are never created.
func (c *codec[T]) size() int {
	if c.layout == nil {
		return 0
	}
	return c.layout.Size
}

// encode returns the bytes of a value.
func (c *codec[T]) encode(v T) []byte {
	b := make([]byte, c.size())
	c.put(b, &v)
	return b
}

// append appends the bytes of a value.
func (c *codec[T]) append(b []byte, v T) []byte {
	b = append(b, make([]byte, c.size())...)
	c.put(b[len(b)-c.size():], &v)
	return b
}

// decode reads a value from size bytes.
func (c *codec[T]) decode(b []byte) (v T) {
	c.get(b, &v)
	return v
}

// Decode reads a value with a fixed layout from the beginning of a record, for example of a RingBuf. The record may be longer. Only the
// size is compared with the type: a [Ring] has records of one type, which programs and user space share.
func Decode[T any](record []byte) (T, error) {
	var v T
	c, err := newCodec[T]()
	if err != nil {
		return v, err
	}
	if len(record) < c.size() {
		return v, fmt.Errorf("%s needs %s, but the record has only %d: %w", phrase.A(fmt.Sprintf("%T", v)), phrase.Count(c.size(), "byte"),
			len(record), fs.ErrInvalid)
	}
	return c.decode(record[:c.size()]), nil
}

// Encode returns the bytes of a value with a fixed layout, as in a map.
func Encode[T any](v T) ([]byte, error) {
	c, err := newCodec[T]()
	if err != nil {
		return nil, err
	}
	return c.encode(v), nil
}

// plain returns the steps for types that are one number, without reflection. It returns nil for other types.
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

// A step converts one part of a value.
type step struct {
	put, get func(b []byte, v reflect.Value)
}

// stepFor makes the step of a layout at a path in the value.
func stepFor(l *dsl.Layout, path string) (step, error) {
	switch {
	case l.Kind == dsl.LayoutKernel: // only the kernel may read or write it
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

// structStep converts the fields one after the other. Padding stays zero.
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
			return step{}, fmt.Errorf("field %s is not exported, so it cannot be set: begin its name with a capital letter", name)
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

// putWord writes a number into all bytes of a slice. Numbers in network order have their own types and are already in that order.
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
