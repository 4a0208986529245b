package btf

import (
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/bpfsmith/bpfsmith/internal/spell"
)

// Find looks all the names up in one pass over the blob, whatever their kind.
// Later look-ups of these names cost nothing; of a name that is not among
// them, another pass. Names that do not exist are no error here.
//
// A pass over the 126,000 types of Linux 6.18 takes well under a millisecond:
// call Find once with all that will be needed.
func (t *Types) Find(names ...string) error {
	if t.base != nil {
		if err := t.base.Find(names...); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(names)
}

// find is Find with the lock held, in this blob alone.
func (t *Types) find(names []string) error {
	var missing []string
	for _, name := range names {
		if _, known := t.names[name]; !known && name != "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 && t.index != nil {
		return nil
	}
	return t.scan(missing)
}

// Lookup gives the id of the type of that kind and name. Where several have
// the name (static functions of different files), the first counts.
// The error wraps ErrNotFound.
func (t *Types) Lookup(kind Kind, name string) (ID, error) {
	if t.base != nil {
		id, err := t.base.Lookup(kind, name)
		if err == nil {
			return id, nil
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.find([]string{name}); err != nil {
		return 0, err
	}
	for _, n := range t.names[name] {
		if n.kind == kind {
			return n.id, nil
		}
	}
	return 0, fmt.Errorf("%v %q: %w", kind, name, ErrNotFound)
}

// Composite is Lookup for a struct or, when there is none, a union.
func (t *Types) Composite(name string) (ID, error) {
	id, err := t.Lookup(KindStruct, name)
	if err == nil {
		return id, nil
	}
	if union, uerr := t.Lookup(KindUnion, name); uerr == nil {
		return union, nil
	}
	return 0, err
}

// Names ranges over the names of all types of a kind, in the order of their
// ids. It reads the whole blob: for suggestions and listings, not for look-ups.
func (t *Types) Names(kind Kind) iter.Seq[string] {
	return func(yield func(string) bool) {
		if t.base != nil {
			for name := range t.base.Names(kind) {
				if !yield(name) {
					return
				}
			}
		}
		if _, err := t.end(); err != nil {
			return
		}
		for pos := 0; pos < len(t.records); {
			r := record{t.records[pos:]}
			if r.kind() == kind && r.name() != 0 && !yield(t.string(r.name())) {
				return
			}
			pos += r.len()
		}
	}
}

// Nearest is the name of that kind spelt most like the one given, or "".
func (t *Types) Nearest(kind Kind, name string) string {
	return spell.Nearest(name, t.Names(kind))
}

// scan walks over the records once: it notes every 16th position, counts, and
// collects the types that have one of the wanted names. t.mu is held.
//
// Most names are told apart by their first four bytes, which are compared
// through a small bitmap; only what passes it is compared in full.
func (t *Types) scan(wanted []string) error {
	build := t.index == nil
	if !build && len(wanted) == 0 {
		return nil
	}
	var filter [1024 / 64]uint64
	for _, name := range wanted {
		if len(name) < 3 { // its NUL ends it before four bytes: let all pass
			for i := range filter {
				filter[i] = ^uint64(0)
			}
			break
		}
		h := prefixHash([]byte(name + "\x00"))
		filter[h/64] |= 1 << (h % 64)
	}
	found := make(map[string][]named, len(wanted))
	for _, name := range wanted {
		found[name] = nil // known to be absent, unless it is seen below
	}
	var index []uint32
	if build {
		index = make([]uint32, 0, len(t.records)/(indexStride*32)+1) // a type takes 29 bytes on average
	}
	stringsBase := uint32(0)
	if t.base != nil {
		stringsBase = uint32(len(t.base.strings))
	}
	id := t.first
	rest := t.records
	for len(rest) > 0 {
		if len(rest) < recordLen {
			return fmt.Errorf("%w: type %d is cut off", ErrMalformed, id)
		}
		name, info := binary.NativeEndian.Uint32(rest), binary.NativeEndian.Uint32(rest[4:])
		kind := Kind(info >> 24 & 0x1f)
		if kind >= kinds || kind == KindVoid {
			return fmt.Errorf("%w: type %d has the unknown kind %d", ErrMalformed, id, kind)
		}
		length := recordLen + int(shapes[kind].fixed) + int(info&0xffff)*int(shapes[kind].each)
		if length > len(rest) {
			return fmt.Errorf("%w: type %d (%v) is cut off", ErrMalformed, id, kind)
		}
		if build && uint32(id-t.first)%indexStride == 0 {
			index = append(index, uint32(len(t.records)-len(rest)))
		}
		if name != 0 && len(wanted) > 0 {
			off := uint64(name) - uint64(stringsBase)
			if name < stringsBase { // a module's type may be named in the base
				if text := t.text(name); text != nil {
					note(found, text, kind, id)
				}
			} else if off+4 > uint64(len(t.strings)) { // the last, short strings
				note(found, t.text(name), kind, id)
			} else if h := prefixHash(t.strings[off:]); filter[h/64]>>(h%64)&1 == 1 {
				note(found, t.text(name), kind, id)
			}
		}
		rest = rest[length:]
		id++
	}
	if build {
		t.index, t.count = index, int(id-t.first)
	}
	if t.names == nil {
		t.names = found
		return nil
	}
	for name, types := range found {
		t.names[name] = types
	}
	return nil
}

func note(found map[string][]named, text []byte, kind Kind, id ID) {
	if types, ok := found[string(text)]; ok {
		found[string(text)] = append(types, named{kind, id})
	}
}

// prefixHash maps the first four bytes of a string to 0…1023.
func prefixHash(b []byte) uint32 {
	return binary.NativeEndian.Uint32(b) * 0x9e3779b1 >> 22
}
