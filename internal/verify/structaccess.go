package verify

import (
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// accessObject follows a read or a write of a struct of the kernel.
func (c *checker) accessObject(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	if c.Types == nil || p.typ == 0 || p.vague {
		return unclear(), true
	}
	name := c.Types.Name(p.typ)
	at := p.off + off
	switch {
	case !p.num.isConst():
		return any, c.refuse(s, i, mistake.StructBounds, "an offset into struct %s must be a constant", name)
	case at < 0:
		return any, c.refuse(s, i, mistake.StructBounds, "offset %d is before struct %s", at, name)
	}
	if write {
		return any, c.writeObject(s, i, p, at, size, name)
	}
	total := c.sizeOf(p.typ)
	if total == 0 {
		return unclear(), true
	}
	if at+size > int64(total) {
		if c.endsFlexibly(p) {
			return unclear(), true
		}
		return any, c.refuse(s, i, mistake.StructBounds, "an access of %s at offset %d is outside of struct %s, which has %s",
			byteCount(size), at, name, byteCount(int64(total)))
	}
	m, ok := c.memberAt(p.typ, at)
	if !ok {
		return unclear(), true
	}
	if m.pointer {
		if at != m.offset || size != 8 {
			return any, c.refuse(s, i, mistake.StructBounds, "%s.%s is a pointer of 8 bytes at offset %d; it cannot be read with %s "+
				"at %d", name, c.Types.FieldAt(p.typ, uint32(at)), m.offset, byteCount(size), at)
		}
		if m.target == 0 {
			return unclear(), true
		}
		v := pointer(object)
		v.typ, v.trust = m.target, walked
		if p.trust == untrusted {
			v.trust = untrusted
		} else if c.kernelCalls && !c.mayTrust(p, at, m.typ) {
			v.trust = lost
		}
		return v, true
	}
	if at+size > m.offset+m.size && !c.reachesOn(p.typ, m, at+size) {
		return any, c.refuse(s, i, mistake.StructBounds, "an access of %s at offset %d reaches past the end of %s.%s, which has %s at %d",
			byteCount(size), at, name, c.Types.FieldAt(p.typ, uint32(at)), byteCount(m.size), m.offset)
	}
	return any, true
}

// sizeOf is the size of a struct; 0 if it is not known.
func (c *checker) sizeOf(typ btf.ID) uint32 {
	size, known := c.sizes[typ]
	if !known {
		if n, err := c.Types.Size(typ); err == nil {
			size = uint32(n)
		}
		if c.sizes == nil {
			c.sizes = map[btf.ID]uint32{}
		}
		c.sizes[typ] = size
	}
	return size
}

// endsFlexibly reports whether a struct's last member is an array without a declared length.
// Then the kernel lets programs read after the end of the struct (btf_struct_walk).
func (c *checker) endsFlexibly(p value) bool {
	set, err := c.Types.Decode(p.typ)
	if err != nil {
		return true
	}
	var members []cbtf.Member
	switch t := set.Type(p.typ).(type) {
	case *cbtf.Struct:
		members = t.Members
	case *cbtf.Union:
		members = t.Members
	}
	if len(members) == 0 {
		return false
	}
	array, ok := btf.Underlying(members[len(members)-1].Type).(*cbtf.Array)
	return ok && array.Nelems == 0
}

func (c *checker) writeObject(s *state, i int, p value, at, size int64, name string) bool {
	if structs := c.Type.Info().Structs; structs != linux.StructsByPlace {
		if structs == linux.StructsReadOnly {
			return c.refuse(s, i, mistake.ReadOnlyStruct, "struct %s is read-only here", name)
		}
		return true
	}
	if c.Writable == nil {
		return true
	}
	fields := c.writableOf(p.typ)
	if len(fields) == 0 {
		return c.refuse(s, i, mistake.ReadOnlyStruct, "struct %s is read-only here", name)
	}
	for _, w := range fields {
		if at >= w.Begin && at < w.End {
			if at+size > w.End {
				return c.refuse(s, i, mistake.WriteTooWide, "%d bytes are written to %s.%s at offset %d, where only %d may be written",
					size, name, w.Path, at, w.End-at)
			}
			return true
		}
	}
	var paths []string
	for _, w := range fields {
		paths = append(paths, w.Path)
	}
	field := c.Types.FieldAt(p.typ, uint32(at))
	return c.refuseWith(s, i, mistake.ReadOnlyField, phrase.Writable(paths), "%s.%s, at offset %d, cannot be written here",
		name, field, at)
}

// a member of a struct at the offset of an access.
type member struct {
	offset  int64
	size    int64
	typ     btf.ID
	pointer bool
	target  btf.ID
}

// writableOf lists the writable fields of a struct. The writable fields of its first member are among them, and those of structs that
// begin with it.
func (c *checker) writableOf(typ btf.ID) []place.WritableField {
	if fields, known := c.writable[typ]; known {
		return fields
	}
	fields := c.WritableOf(c.Types, typ)
	if c.writable == nil {
		c.writable = map[btf.ID][]place.WritableField{}
	}
	c.writable[typ] = fields
	return fields
}

// A fieldKey is a place in a struct.
type fieldKey struct {
	typ btf.ID
	off int64
}

// memberAt finds the member at an offset of a struct. Programs access the same fields on many paths, so each is looked up once.
func (c *checker) memberAt(typ btf.ID, off int64) (member, bool) {
	key := fieldKey{typ, off}
	m, known := c.members[key]
	if !known {
		m.member, m.ok = c.findMember(typ, off)
		if c.members == nil {
			c.members = map[fieldKey]foundMember{}
		}
		c.members[key] = m
	}
	return m.member, m.ok
}

type foundMember struct {
	member
	ok bool
}

func (c *checker) findMember(typ btf.ID, off int64) (member, bool) {
	if off < 0 || off > 1<<31 {
		return member{}, false
	}
	leaves := c.Types.LeavesAt(typ, uint32(off))
	if len(leaves) != 1 || leaves[0].BitSize > 0 { // a hole, a union or bit fields: only the kernel decides
		return member{}, false
	}
	f := leaves[0]
	m := member{offset: int64(f.Offset), size: int64(f.Size), typ: f.Type, pointer: f.Kind == btf.KindPointer}
	if m.pointer {
		m.target, _ = c.Types.PointedTo(f.Type)
	}
	return m, m.pointer || f.Kind == btf.KindInt || f.Kind == btf.KindEnum || f.Kind == btf.KindEnum64
}

// reachesOn reports whether a number is followed by numbers of the same array. Then the kernel lets one read cover several of them
// (btf_struct_walk).
func (c *checker) reachesOn(typ btf.ID, m member, end int64) bool {
	name := c.Types.FieldAt(typ, uint32(m.offset))
	for next := m.offset + m.size; next < end; next += m.size {
		n, ok := c.memberAt(typ, next)
		if !ok || n.typ != m.typ || n.offset != next || c.Types.FieldAt(typ, uint32(next)) != name {
			return false
		}
	}
	return true
}
