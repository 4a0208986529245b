package maps

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// A description is the BTF of a map. With it bpftool shows elements, and the kernel finds its special fields. blob is nil for map types
// that do not accept BTF.
type description struct {
	blob       []byte
	key, value btf.ID
}

// describe writes the BTF of a spec.
func describe(spec *dsl.MapSpec) (description, error) {
	var d description
	if spec.Value == nil || spec.Type.Info().NoTypes {
		return d, nil
	}
	w := typeWriter{known: make(map[reflect.Type]btf.ID)}
	switch {
	case spec.Key != nil:
		d.key = w.write(spec.Key)
	case spec.KeySize == 0: // queues: the kernel needs the id of a type with that size
		d.key = w.b.Struct("none", 0)
	default:
		return d, nil
	}
	d.value = w.write(spec.Value)
	var err error
	d.blob, err = w.b.Bytes()
	return d, err
}

// A typeWriter writes layouts as BTF. Each type is written once.
type typeWriter struct {
	b     btf.Builder
	known map[reflect.Type]btf.ID
	index btf.ID // the type of array indices
}

func (w *typeWriter) write(l *dsl.Layout) btf.ID {
	if id, known := w.known[l.Type]; known {
		return id
	}
	id := w.add(l)
	w.known[l.Type] = id
	return id
}

// add writes a type, after the types of its parts.
func (w *typeWriter) add(l *dsl.Layout) btf.ID {
	switch l.Kind {
	case dsl.LayoutKernel:
		return w.kernelStruct(l)
	case dsl.LayoutBool:
		return w.named(l, w.b.Bool("bool"))
	case dsl.LayoutArray:
		elem := w.write(l.Elem)
		if w.index == 0 {
			w.index = w.b.Int("unsigned int", 4, false)
		}
		return w.named(l, w.b.Array(elem, w.index, uint32(l.Len)))
	case dsl.LayoutStruct:
		var members []btf.Member
		for _, f := range l.Fields {
			if !f.Padding() {
				members = append(members, btf.Member{Name: identifier(f.Name), Type: w.write(f.Layout), Offset: uint32(f.Offset)})
			}
		}
		return w.b.Struct(identifier(l.Type.Name()), uint32(l.Size), members...)
	}
	name := fmt.Sprintf("u%d", 8*l.Size)
	if l.Signed {
		name = fmt.Sprintf("s%d", 8*l.Size)
	}
	id := w.b.Int(name, uint32(l.Size), l.Signed)
	if l.BigEndian {
		return w.b.Typedef(fmt.Sprintf("__be%d", 8*l.Size), id)
	}
	return w.named(l, id)
}

// named gives a type of the user its Go name.
func (w *typeWriter) named(l *dsl.Layout, id btf.ID) btf.ID {
	if l.Type.PkgPath() == "" {
		return id
	}
	return w.b.Typedef(identifier(l.Type.Name()), id)
}

// kernelStruct writes a struct with the name that the kernel looks for (kernel/bpf/btf.c, btf_get_field_type). Its members do not matter.
func (w *typeWriter) kernelStruct(l *dsl.Layout) btf.ID {
	if l.Pointer { // the kernel finds pointers by a tag (btf_find_kptr)
		return w.b.Pointer(w.b.TypeTag("kptr", w.b.Struct(l.Kernel, 0)))
	}
	word := w.b.Int(fmt.Sprintf("u%d", 8*l.Align), uint32(l.Align), false)
	if l.Size == l.Align {
		return w.b.Struct(l.Kernel, uint32(l.Size), btf.Member{Name: "val", Type: word})
	}
	if w.index == 0 {
		w.index = w.b.Int("unsigned int", 4, false)
	}
	words := w.b.Array(word, w.index, uint32(l.Size/l.Align))
	return w.b.Struct(l.Kernel, uint32(l.Size), btf.Member{Name: "__opaque", Type: words})
}

// identifier turns a Go name into a valid BTF name. Names of generic types contain brackets and paths, and Go allows letters that BTF does
// not.
func identifier(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}
