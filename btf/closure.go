package btf

import "encoding/binary"

// A closure is the set of types that some wanted ones are made of.
//
// A pointer's target is not part of a type's layout. So a struct that is only pointed to is not followed; it becomes a forward
// declaration, as in a C header. Without that cut, tcp_congestion_ops reaches a third of the kernel.
type closure struct {
	types *Types
	ids   []ID // in the order found

	// layout is true for types whose layout counts, and false for qualifiers and typedefs that are only between a pointer and a struct.
	layout map[ID]bool
	work   []ID
}

// closureOf collects what the wanted types are made of, including themselves.
func (t *Types) closureOf(wanted []ID) (*closure, error) {
	c := &closure{types: t, layout: make(map[ID]bool)}
	for _, id := range wanted {
		c.enter(id, true)
	}
	for len(c.work) > 0 {
		id := c.work[len(c.work)-1]
		c.work = c.work[:len(c.work)-1]
		r, err := t.record(id)
		if err != nil {
			return nil, err
		}
		behind := r.kind() == KindPointer || !c.layout[id]
		for ref := range r.references() {
			if err := c.add(ref, behind); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// add adds a type that is referred to, by a pointer or as part of a layout.
func (c *closure) add(id ID, behind bool) error {
	if id == 0 {
		return nil
	}
	r, err := c.types.record(id)
	if err != nil {
		return err
	}
	if behind && r.kind().composite() {
		return nil
	}
	c.enter(id, !behind || !r.kind().modifier())
	return nil
}

func (c *closure) enter(id ID, layout bool) {
	before, known := c.layout[id]
	if known && (before || !layout) {
		return
	}
	if !known {
		c.ids = append(c.ids, id)
	}
	c.layout[id] = layout
	c.work = append(c.work, id)
}

// references ranges over the type ids in a record.
func (r record) references() func(yield func(ID) bool) {
	return func(yield func(ID) bool) {
		kind := r.kind()
		if kind.refers() && !yield(r.ref()) {
			return
		}
		at := func(b []byte, i int) ID { return ID(binary.NativeEndian.Uint32(b[4*i:])) }
		switch kind {
		case KindArray:
			_ = yield(at(r.extra(), 0)) && yield(at(r.extra(), 1))
		case KindStruct, KindUnion, KindFuncProto: // name, type, …
			for i := range r.vlen() {
				if !yield(at(r.entry(i), 1)) {
					return
				}
			}
		case KindDatasec: // type, offset, size
			for i := range r.vlen() {
				if !yield(at(r.entry(i), 0)) {
					return
				}
			}
		}
	}
}
