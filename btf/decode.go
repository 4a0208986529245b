package btf

import (
	"encoding/binary"
	"errors"
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
//
// A typedef, pointer or array that ends at itself is an error (ErrMalformed). A struct may still contain itself when the blob is wrong:
// [Types.Check] finds that.
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
	// All types are made before any refers to another: they may refer to each other, and chains may be long.
	for _, id := range c.ids {
		if err := d.create(id); err != nil {
			return nil, fmt.Errorf("type %d: %w", id, err)
		}
	}
	for _, id := range c.ids {
		if err := d.connect(id); err != nil {
			return nil, fmt.Errorf("type %d: %w", id, err)
		}
	}
	return d.set, nil
}

type decoder struct {
	*closure
	set      *Set
	forwards map[ID]*cbtf.Fwd
}

// create makes the type of an id, without the types that it refers to.
func (d *decoder) create(id ID) error {
	r, err := d.types.record(id)
	if err != nil {
		return err
	}
	if err := d.types.checkNames(r); err != nil {
		return err
	}
	t := d.made(r, d.types.string(r.name()))
	if t == nil && r.kind() >= kinds {
		return fmt.Errorf("%w: the unknown kind %d", ErrMalformed, r.kind())
	}
	if t == nil { // a declaration tag refers to types; no type refers to it
		return fmt.Errorf("%w: a type refers to %s", ErrMalformed, phrase.A(r.kind().String()))
	}
	d.set.types[id] = t
	d.set.ids[t] = id
	return nil
}

// made returns nil for kinds that have no type.
func (d *decoder) made(r record, name string) cbtf.Type {
	switch r.kind() {
	case KindInt:
		bits := binary.NativeEndian.Uint32(r.extra())
		return &cbtf.Int{Name: name, Size: r.size(), Encoding: cbtf.IntEncoding(bits >> 24)}
	case KindFloat:
		return &cbtf.Float{Name: name, Size: r.size()}
	case KindForward:
		if r.flag() {
			return &cbtf.Fwd{Name: name, Kind: cbtf.FwdUnion}
		}
		return &cbtf.Fwd{Name: name}
	case KindEnum, KindEnum64:
		return d.enum(r, name)
	case KindPointer:
		return &cbtf.Pointer{}
	case KindTypedef:
		return &cbtf.Typedef{Name: name}
	case KindVolatile:
		return &cbtf.Volatile{}
	case KindConst:
		return &cbtf.Const{}
	case KindRestrict:
		return &cbtf.Restrict{}
	case KindTypeTag:
		return &cbtf.TypeTag{Value: name}
	case KindArray:
		return &cbtf.Array{Nelems: word(r.extra(), 2)}
	case KindStruct:
		return &cbtf.Struct{Name: name, Size: r.size()}
	case KindUnion:
		return &cbtf.Union{Name: name, Size: r.size()}
	case KindFunc:
		return &cbtf.Func{Name: name, Linkage: cbtf.FuncLinkage(r.vlen())}
	case KindFuncProto:
		return &cbtf.FuncProto{Params: make([]cbtf.FuncParam, r.vlen())}
	case KindVar:
		return &cbtf.Var{Name: name, Linkage: cbtf.VarLinkage(word(r.extra(), 0))}
	case KindDatasec:
		return &cbtf.Datasec{Name: name, Size: r.size(), Vars: make([]cbtf.VarSecinfo, r.vlen())}
	}
	return nil
}

// connect gives a type those that it refers to.
func (d *decoder) connect(id ID) error {
	r, err := d.types.record(id)
	if err != nil {
		return err
	}
	switch t := d.set.types[id].(type) {
	case *cbtf.Pointer:
		return d.link(&t.Target, id, r)
	case *cbtf.Typedef:
		return d.link(&t.Type, id, r)
	case *cbtf.Volatile:
		return d.link(&t.Type, id, r)
	case *cbtf.Const:
		return d.link(&t.Type, id, r)
	case *cbtf.Restrict:
		return d.link(&t.Type, id, r)
	case *cbtf.TypeTag:
		return d.link(&t.Type, id, r)
	case *cbtf.Array:
		if err := d.types.checkChain(id); err != nil {
			return err
		}
		return errors.Join(d.into(&t.Type, ID(word(r.extra(), 0))), d.into(&t.Index, ID(word(r.extra(), 1))))
	case *cbtf.Struct:
		return d.members(&t.Members, r)
	case *cbtf.Union:
		return d.members(&t.Members, r)
	case *cbtf.Func:
		return d.link(&t.Type, id, r)
	case *cbtf.FuncProto:
		for i := range t.Params {
			e := r.entry(i)
			t.Params[i].Name = d.types.string(word(e, 0))
			if err := d.into(&t.Params[i].Type, ID(word(e, 1))); err != nil {
				return err
			}
		}
		return d.into(&t.Return, r.ref())
	case *cbtf.Var:
		return d.link(&t.Type, id, r)
	case *cbtf.Datasec:
		for i := range t.Vars {
			e := r.entry(i)
			t.Vars[i].Offset, t.Vars[i].Size = word(e, 1), word(e, 2)
			if err := d.into(&t.Vars[i].Type, ID(word(e, 0))); err != nil {
				return err
			}
		}
	}
	return nil
}

// link sets the one type that a type is made from.
func (d *decoder) link(dst *cbtf.Type, id ID, r record) error {
	if err := d.types.checkChain(id); err != nil {
		return err
	}
	return d.into(dst, r.ref())
}

func (d *decoder) into(dst *cbtf.Type, id ID) error {
	if id == 0 {
		*dst = (*cbtf.Void)(nil)
		return nil
	}
	if t, ok := d.set.types[id]; ok {
		*dst = t
		return nil
	}
	t, err := d.forward(id)
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
	if err := d.types.checkName(r.name()); err != nil {
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
