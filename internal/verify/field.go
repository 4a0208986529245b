package verify

import (
	"strconv"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A Field is a part of a map's value, or of an object that the program allocates, that only the kernel may access.
type Field struct {
	Name   string // the struct: bpf_spin_lock, bpf_list_head; Kptr for a pointer to an object
	Offset uint32 // bytes
	Tag    string // a pointer: how it is declared, "kptr", "kptr_untrusted", "percpu_kptr" or "uptr"; "" if that is not known
	To     string // a pointer: the name of the struct that it points to
	// Own is the id of a struct of the program's own types, if a pointer points to one, or if a list or tree is of such objects. It is 0
	// for structs of the kernel, and for what is not known.
	Own  btf.ID
	Node uint32 // a list or tree whose objects are known: the offset of their node
}

// Kptr is the name of fields that are pointers to objects.
const Kptr = "kptr"

// Tags of pointers (btf_find_kptr, kernel/bpf/btf.c).
const (
	tagKptr      = "kptr"
	tagUntrusted = "kptr_untrusted"
	tagPerCPU    = "percpu_kptr"
	tagUser      = "uptr"
)

// A Record is a struct of the program's own types.
type Record struct {
	Name   string
	Size   int64
	Fields []Field
	Open   bool // it ends with an array without a length, so that more may be read
}

// ParseField is a field that is written as text: the name of its struct, or "kptr " and the name of the struct that it points to.
func ParseField(text string, offset uint32) Field {
	if to, is := strings.CutPrefix(text, Kptr+" "); is {
		return Field{Name: Kptr, Offset: offset, To: strings.TrimSpace(to)}
	}
	return Field{Name: text, Offset: offset}
}

// IsSpecial reports whether only the kernel may access a struct with that name.
func IsSpecial(name string) bool {
	_, ok := linux.MapFieldNamed(name)
	return ok
}

// size is how many bytes a field has.
func (f *Field) size() int64 {
	if row, ok := linux.MapFieldNamed(f.Name); ok {
		return int64(row.Size)
	}
	return 8
}

// isLock reports whether a field is a lock that the functions for lists and trees count on.
func (f *Field) isLock() bool { return f.Name == spinLockField || f.Name == resSpinLockField }

// Fields of which a value or object has at most one.
const (
	spinLockField    = "bpf_spin_lock"
	resSpinLockField = "bpf_res_spin_lock"
	refcountField    = "bpf_refcount"
)

// fieldNamed is the first field with a name; nil if there is none.
func fieldNamed(fields []Field, name string) *Field {
	for n := range fields {
		if fields[n].Name == name {
			return &fields[n]
		}
	}
	return nil
}

// fieldAt is the field with a name at an offset; nil if there is none.
func fieldAt(fields []Field, name string, at int64) *Field {
	for n := range fields {
		if fields[n].Name == name && int64(fields[n].Offset) == at {
			return &fields[n]
		}
	}
	return nil
}

// fieldWithin is the first field of which some of the bytes are a part; nil if there is none.
func fieldWithin(fields []Field, begin, end int64) *Field {
	for n := range fields {
		if f := &fields[n]; begin < int64(f.Offset)+f.size() && int64(f.Offset) < end {
			return f
		}
	}
	return nil
}

// OwnTypes are the types of a program.
type OwnTypes interface {
	ID(t cbtf.Type) (btf.ID, bool)  // in the program's BTF
	Tags(t cbtf.Type) []btf.DeclTag // of a declaration
	Named(name string) (*cbtf.Struct, btf.ID)
}

// Mosts of what is read of a type: structs in structs, and fields (BTF_FIELDS_MAX and others, kernel/bpf/btf.c).
const (
	mostNested = 16
	mostFields = 1024
)

// FieldsOf finds the fields of a type of the program that only the kernel may access: those of a struct, or of a section of variables.
// Structs within it, and arrays of them, are searched too (btf_parse_fields, kernel/bpf/btf.c).
func FieldsOf(t cbtf.Type, own OwnTypes) []Field {
	r := fieldReader{own: own}
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Struct:
		r.members(t, 0, 0)
	case *cbtf.Datasec:
		for _, v := range t.Vars {
			if of, ok := v.Type.(*cbtf.Var); ok {
				r.add(of.Type, v.Offset, own.Tags(of), -1, 0)
			}
		}
	}
	return r.fields
}

type fieldReader struct {
	own    OwnTypes
	fields []Field
}

func (r *fieldReader) members(t *cbtf.Struct, offset uint32, depth int) {
	tags := r.own.Tags(t)
	for n, m := range t.Members {
		r.add(m.Type, offset+m.Offset.Bytes(), tags, n, depth)
	}
}

// add adds the fields of one member or variable. Of the tags, those of the component are its own.
func (r *fieldReader) add(t cbtf.Type, offset uint32, tags []btf.DeclTag, component, depth int) {
	if depth > mostNested || len(r.fields) >= mostFields {
		return
	}
	count, element := uint32(1), btf.Underlying(t)
	for {
		array, ok := element.(*cbtf.Array)
		if !ok {
			break
		}
		count, element = count*array.Nelems, btf.Underlying(array.Type)
	}
	switch t := element.(type) {
	case *cbtf.Struct:
		if !IsSpecial(t.Name) {
			for n := range min(count, mostFields) {
				before := len(r.fields)
				r.members(t, offset+n*t.Size, depth+1)
				if len(r.fields) == before {
					break // the others are like this one
				}
			}
			return
		}
		f := Field{Name: t.Name, Offset: offset}
		for _, tag := range tags {
			if tag.Component == component {
				r.contains(&f, tag.Tag)
			}
		}
		for n := range min(count, mostFields) {
			f.Offset = offset + n*t.Size
			r.fields = append(r.fields, f)
		}
	case *cbtf.Pointer:
		tag, ok := t.Target.(*cbtf.TypeTag)
		if !ok {
			return
		}
		f := Field{Name: Kptr, Tag: tag.Value, To: btf.PointedTo(t)}
		switch f.Tag {
		case tagKptr, tagUntrusted, tagPerCPU, tagUser:
		default:
			return
		}
		if s, ok := btf.Underlying(tag.Type).(*cbtf.Struct); ok { // what is only declared here is the kernel's
			f.Own, _ = r.own.ID(s)
		}
		for n := range min(count, mostFields) {
			f.Offset = offset + n*8
			r.fields = append(r.fields, f)
		}
	}
}

// contains reads what a list or tree is of: the tag "contains:STRUCT:MEMBER" (btf_find_graph_root, kernel/bpf/btf.c).
func (r *fieldReader) contains(f *Field, tag string) {
	rest, ok := strings.CutPrefix(tag, "contains:")
	if !ok {
		return
	}
	name, member, ok := strings.Cut(rest, ":")
	if !ok {
		return
	}
	t, id := r.own.Named(name)
	if t == nil {
		return
	}
	for _, m := range t.Members {
		if m.Name == member {
			f.To, f.Own, f.Node = name, id, m.Offset.Bytes()
		}
	}
}

// text names a field in messages.
func (f *Field) text() string {
	return f.Name + " at offset " + strconv.FormatUint(uint64(f.Offset), 10)
}
