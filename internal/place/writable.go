package place

import "github.com/bpfsmith/bpfsmith/btf"

// A WritableField is a field that programs may write, in a struct of one kernel.
type WritableField struct {
	Path       string
	Begin, End int64 // in bytes from the beginning of the struct; End is the first byte after the field
}

// WritableOf lists the fields of a struct that may be written. They may also be fields of a struct that is its first member, or of a
// struct whose first member it is.
func (p *Place) WritableOf(types *btf.Types, typ btf.ID) []WritableField {
	var fields []WritableField
	for _, w := range p.Writable {
		f, err := types.Field(w.Struct, w.Path)
		if err != nil {
			continue // this kernel does not have the field
		}
		id, err := types.Composite(w.Struct)
		if err == nil && (types.Embeds(typ, id) || types.Embeds(id, typ)) {
			fields = append(fields, WritableField{w.Path, int64(f.Offset), int64(f.Offset + f.Size)})
		}
	}
	return fields
}
