package btf

import (
	"cmp"
	"fmt"
	"slices"
)

// Carve copies the types, and all they are made of, into a blob of their own.
// These few kilobytes answer like the kernel that the types came from, so code
// for that kernel can be compiled and checked anywhere. Ids are new, in the
// order of the old ones; structs that are only pointed to become forward
// declarations.
func (t *Types) Carve(ids ...ID) ([]byte, error) {
	c, err := t.closureOf(ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(c.ids, func(a, b ID) int { return cmp.Compare(a, b) })
	w := carver{closure: c, renumbered: make(map[ID]ID, len(c.ids))}
	for i, id := range c.ids {
		w.renumbered[id] = ID(i + 1)
	}
	w.last = ID(len(c.ids))
	for _, id := range c.ids {
		if err := w.copy(id); err != nil {
			return nil, fmt.Errorf("carve type %d: %w", id, err)
		}
	}
	// The declarations that pointers needed follow the copied types.
	for _, id := range w.forwards {
		r, err := t.record(id)
		if err != nil {
			return nil, err
		}
		if err := t.checkName(r.name()); err != nil {
			return nil, fmt.Errorf("carve type %d: %w", id, err)
		}
		name := w.String(t.string(r.name()))
		w.addNamed(KindForward, name, r.kind() == KindUnion, 0, 0)
	}
	return w.Bytes()
}

type carver struct {
	*closure
	Builder
	renumbered map[ID]ID
	forwards   []ID // structs and unions that stand as declarations, in order
	last       ID   // the last new id
}

// copy writes one record with its names and references translated.
func (w *carver) copy(id ID) error {
	r, err := w.types.record(id)
	if err != nil {
		return err
	}
	if r.kind() >= kinds {
		return fmt.Errorf("%w: the unknown kind %d", ErrMalformed, r.kind())
	}
	if err := w.types.checkNames(r); err != nil {
		return err
	}
	kind := r.kind()
	words := []uint32{r.size()}
	if kind.refers() {
		words[0] = w.translate(r.ref())
	}
	extra := r.extra()
	for i := range len(extra) / 4 {
		words = append(words, word(extra, i))
	}
	entries := words[1:]
	switch kind {
	case KindArray:
		for i := range 2 {
			entries[i] = w.translate(ID(entries[i]))
		}
	case KindDatasec:
		for i := range r.vlen() {
			entries[3*i] = w.translate(ID(entries[3*i]))
		}
	case KindStruct, KindUnion, KindFuncProto, KindEnum, KindEnum64: // name, then a type or a value
		each := int(r.sizes[kind].each / 4)
		for i := range r.vlen() {
			entries[each*i] = w.String(w.types.string(entries[each*i]))
			if kind != KindEnum && kind != KindEnum64 {
				entries[each*i+1] = w.translate(ID(entries[each*i+1]))
			}
		}
	}
	w.addNamed(kind, w.String(w.types.string(r.name())), r.flag(), r.vlen(), words...)
	return nil
}

// translate returns the new id of a type that is referred to. For a type that is not in the closure it is the id of its declaration.
func (w *carver) translate(id ID) uint32 {
	n, ok := w.renumbered[id]
	if !ok && id != 0 {
		w.last++
		n = w.last
		w.renumbered[id] = n
		w.forwards = append(w.forwards, id)
	}
	return uint32(n)
}
