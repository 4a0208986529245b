package compile

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
)

// store checks a write to memory. It reports whether the path can be followed
// further.
func (w *walk) store(i int, base value) bool {
	in := &w.f.code[i]
	size := int64(in.Op.Size().Bytes())
	at := base.off + int64(in.Off)
	switch base.kind {
	case context:
		w.found(w.f, i, ContextWrite, Finding{Detail: fmt.Sprintf("%q writes to the context, which is read-only", w.f.item(i)), Note: w.protoNote(),
			Help: "load the pointer that is the argument, and write through that"})
		return false
	case stack:
		return w.onStack(i, at, size)
	case object, acquired, released:
		if !w.reached(i, base) {
			return false
		}
		if base.typ != 0 && !in.is(vague) {
			w.writeField(i, base.typ, at, size)
		}
	}
	return true
}

// writeField checks a write to a kernel struct against the fields that
// programs may write here.
func (w *walk) writeField(i int, typ btf.ID, at, size int64) {
	c := w.target.Context
	if c == nil || c.Rules == nil || len(c.Rules.Writable) == 0 || at < 0 {
		return
	}
	types := w.target.BTF
	typ, name := w.cast(typ)
	fields := w.writableOf(typ)
	for _, f := range fields {
		begin, end := int64(f.Offset), int64(f.Offset)+int64(f.Size)
		inside := at == begin || f.Kind == btf.KindArray && at > begin && at < end
		switch {
		case !inside:
			continue
		case at+size <= end:
			return
		}
		w.found(w.f, i, WriteTooWide, Finding{Detail: fmt.Sprintf("%q writes %d bytes to %s.%s, which ends after %d", w.f.item(i), size, name, f.Path, end-at),
			Help: "store with the width of the field; StoreField does"})
		return
	}
	field := types.FieldAt(typ, uint32(at))
	if field == "" {
		field = fmt.Sprintf("offset %d", at)
	}
	if len(fields) == 0 {
		w.found(w.f, i, ReadOnlyStruct, Finding{Detail: fmt.Sprintf("%s.%s cannot be written: struct %s is read-only here", name, field, name)})
		return
	}
	listed := make([]string, len(fields))
	for i, f := range fields {
		listed[i] = f.Path
	}
	w.found(w.f, i, ReadOnlyField, Finding{Detail: fmt.Sprintf("%s.%s cannot be written here", name, field),
		Help: "writable are " + strings.Join(listed, ", ")})
}

// writableOf are the fields that programs may write here of a struct, and of what
// it begins with. They are looked up once.
func (u *unit) writableOf(typ btf.ID) []btf.Field {
	if fields, known := u.writable[typ]; known {
		return fields
	}
	var fields []btf.Field
	for _, field := range u.target.Context.Rules.Writable {
		f, err := u.target.BTF.Field(field.Struct, field.Path)
		if err == nil && u.contains(typ, field.Struct) { // else a kernel without it, or another struct's
			fields = append(fields, f)
		}
	}
	if u.writable == nil {
		u.writable = make(map[btf.ID][]btf.Field)
	}
	u.writable[typ] = fields
	return fields
}

// cast is what a pointer may be used as, and that struct's name.
func (w *walk) cast(typ btf.ID) (btf.ID, string) {
	types := w.target.BTF
	for _, cast := range w.target.Context.Rules.Casts {
		from, err := types.Composite(cast.From)
		if err != nil || from != typ {
			continue
		}
		if to, err := types.Composite(cast.To); err == nil {
			return to, cast.To
		}
	}
	return typ, types.Name(typ)
}

// contains reports whether a struct is, or begins with, one of the given name.
func (u *unit) contains(typ btf.ID, name string) bool {
	id, err := u.target.BTF.Composite(name)
	return err == nil && u.target.BTF.Embeds(typ, id)
}
