package btf

import (
	"encoding/binary"
	"fmt"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// A Set holds decoded types, with the ids that they have in the blob.
type Set struct {
	types map[ID]cbtf.Type
	ids   map[cbtf.Type]ID
}

// Type is the decoded type of an id, or nil when the closure did not reach it.
func (s *Set) Type(id ID) cbtf.Type { return s.types[id] }

// ID is the id of a decoded type in its blob; false for types that were not in
// the blob as they are, such as the forward declarations of structs.
func (s *Set) ID(t cbtf.Type) (ID, bool) {
	id, ok := s.ids[t]
	return id, ok
}

// Len counts the decoded types.
func (s *Set) Len() int { return len(s.types) }

// Decode turns the types and all they are made of into cilium/ebpf's types.
// Structs that are only pointed to, and not asked for, become forward
// declarations ([cbtf.Fwd]); ask for them too where their members matter.
func (t *Types) Decode(ids ...ID) (*Set, error) {
	c, err := t.closureOf(ids)
	if err != nil {
		return nil, err
	}
	d := decoder{
		closure:  c,
		set:      &Set{types: make(map[ID]cbtf.Type, len(c.ids)), ids: make(map[cbtf.Type]ID, len(c.ids))},
		forwards: make(map[ID]*cbtf.Fwd),
	}
	for _, id := range c.ids {
		if _, err := d.decode(id); err != nil {
			return nil, err
		}
	}
	return d.set, nil
}

type decoder struct {
	*closure
	set      *Set
	forwards map[ID]*cbtf.Fwd
}

func (d *decoder) remember(id ID, t cbtf.Type) cbtf.Type {
	d.set.types[id] = t
	d.set.ids[t] = id
	return t
}

// decode builds the type of an id and those it refers to. A type is stored before the types that it refers to are built, because they may
// refer back to it.
func (d *decoder) decode(id ID) (cbtf.Type, error) {
	if id == 0 {
		return (*cbtf.Void)(nil), nil
	}
	if t, ok := d.set.types[id]; ok {
		return t, nil
	}
	if !d.holds(id) {
		return d.forward(id)
	}
	r, err := d.types.record(id)
	if err != nil {
		return nil, err
	}
	name := d.types.string(r.name())
	switch kind := r.kind(); kind {
	case KindInt:
		bits := binary.NativeEndian.Uint32(r.extra())
		return d.remember(id, &cbtf.Int{Name: name, Size: r.size(), Encoding: cbtf.IntEncoding(bits >> 24)}), nil
	case KindFloat:
		return d.remember(id, &cbtf.Float{Name: name, Size: r.size()}), nil
	case KindForward:
		fwd := &cbtf.Fwd{Name: name}
		if r.flag() {
			fwd.Kind = cbtf.FwdUnion
		}
		return d.remember(id, fwd), nil
	case KindEnum, KindEnum64:
		return d.remember(id, d.enum(r, name)), nil
	case KindPointer:
		p := &cbtf.Pointer{}
		d.remember(id, p)
		return p, d.into(&p.Target, r.ref())
	case KindTypedef:
		t := &cbtf.Typedef{Name: name}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindVolatile:
		t := &cbtf.Volatile{}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindConst:
		t := &cbtf.Const{}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindRestrict:
		t := &cbtf.Restrict{}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindTypeTag:
		t := &cbtf.TypeTag{Value: name}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindArray:
		t := &cbtf.Array{Nelems: word(r.extra(), 2)}
		d.remember(id, t)
		if err := d.into(&t.Type, ID(word(r.extra(), 0))); err != nil {
			return nil, err
		}
		return t, d.into(&t.Index, ID(word(r.extra(), 1)))
	case KindStruct:
		t := &cbtf.Struct{Name: name, Size: r.size()}
		d.remember(id, t)
		return t, d.members(&t.Members, r)
	case KindUnion:
		t := &cbtf.Union{Name: name, Size: r.size()}
		d.remember(id, t)
		return t, d.members(&t.Members, r)
	case KindFunc:
		t := &cbtf.Func{Name: name, Linkage: cbtf.FuncLinkage(r.vlen())}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindFuncProto:
		t := &cbtf.FuncProto{Params: make([]cbtf.FuncParam, r.vlen())}
		d.remember(id, t)
		for i := range t.Params {
			e := r.entry(i)
			t.Params[i].Name = d.types.string(word(e, 0))
			if err := d.into(&t.Params[i].Type, ID(word(e, 1))); err != nil {
				return nil, err
			}
		}
		return t, d.into(&t.Return, r.ref())
	case KindVar:
		t := &cbtf.Var{Name: name, Linkage: cbtf.VarLinkage(word(r.extra(), 0))}
		d.remember(id, t)
		return t, d.into(&t.Type, r.ref())
	case KindDatasec:
		t := &cbtf.Datasec{Name: name, Size: r.size(), Vars: make([]cbtf.VarSecinfo, r.vlen())}
		d.remember(id, t)
		for i := range t.Vars {
			e := r.entry(i)
			t.Vars[i].Offset, t.Vars[i].Size = word(e, 1), word(e, 2)
			if err := d.into(&t.Vars[i].Type, ID(word(e, 0))); err != nil {
				return nil, err
			}
		}
		return t, nil
	default:
		if kind >= kinds {
			return nil, fmt.Errorf("%w: type %d has the unknown kind %d", ErrMalformed, id, kind)
		}
		// declaration tags refer to types; no type refers to them
		return nil, fmt.Errorf("%w: a type refers to %d, which is %s", ErrMalformed, id, phrase.A(kind.String()))
	}
}

func (d *decoder) into(dst *cbtf.Type, id ID) error {
	t, err := d.decode(id)
	*dst = t
	return err
}

// forward declares a struct or union that was not asked for.
func (d *decoder) forward(id ID) (cbtf.Type, error) {
	if fwd, ok := d.forwards[id]; ok {
		return fwd, nil
	}
	r, err := d.types.record(id)
	if err != nil {
		return nil, err
	}
	fwd := &cbtf.Fwd{Name: d.types.string(r.name())}
	if r.kind() == KindUnion {
		fwd.Kind = cbtf.FwdUnion
	}
	d.forwards[id] = fwd
	return fwd, nil
}

func (d *decoder) members(dst *[]cbtf.Member, r record) error {
	*dst = make([]cbtf.Member, r.vlen())
	for i := range *dst {
		m := &(*dst)[i]
		raw := r.member(i)
		m.Name = d.types.string(raw.name)
		m.Offset, m.BitfieldSize = cbtf.Bits(raw.offset), cbtf.Bits(raw.bits)
		if err := d.into(&m.Type, raw.typ); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) enum(r record, name string) *cbtf.Enum {
	e := &cbtf.Enum{Name: name, Size: r.size(), Signed: r.flag(), Values: make([]cbtf.EnumValue, r.vlen())}
	for i := range e.Values {
		b := r.entry(i)
		v := uint64(word(b, 1))
		if r.kind() == KindEnum64 {
			v |= uint64(word(b, 2)) << 32
		} else if e.Signed {
			v = uint64(int64(int32(v)))
		}
		e.Values[i] = cbtf.EnumValue{Name: d.types.string(word(b, 0)), Value: v}
	}
	return e
}

// rawMember is one member of a struct or union record.
type rawMember struct {
	name   uint32 // offset of its name
	typ    ID
	offset uint32 // bits from the start
	bits   uint32 // width of a bit field, 0 for others
}

func (r record) member(i int) rawMember {
	e := r.entry(i)
	m := rawMember{name: word(e, 0), typ: ID(word(e, 1)), offset: word(e, 2)}
	if r.flag() { // the struct has bit fields: the width is in the top byte
		m.bits, m.offset = m.offset>>24, m.offset&0xffffff
	}
	return m
}
