package btf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"

	"github.com/bpfsmith/bpfsmith/internal/spell"
)

// Find looks all the names up in one pass over the blob, whatever their kind. Later look-ups of these names cost nothing. A look-up of
// another name costs another pass. Names that do not exist are not an error here.
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
		if !errors.Is(err, ErrNotFound) {
			return id, err
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
			r := t.at(uint32(pos))
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
// This loop is most of the cost of finding types. A bitmap first compares the first eight bytes of each name; only names that pass are
// compared in full.
func (t *Types) scan(wanted []string) error {
	if t.closed || t.base != nil && t.base.closed {
		return ErrClosed
	}
	build := t.index == nil
	if !build && len(wanted) == 0 {
		return nil
	}
	var filter nameFilter
	found := make(map[string][]named, len(wanted))
	for _, name := range wanted {
		filter.add(name)
		found[name] = nil // known to be absent, unless it is seen below
	}
	var index []uint32
	if build {
		index = make([]uint32, 0, len(t.records)/(indexStride*32)+1) // a type takes 29 bytes on average
	}
	base := uint32(0) // where this blob's names begin
	if t.base != nil {
		base = uint32(len(t.base.strings))
	}
	records, text, lengths := t.records, t.strings, t.sizes
	id := t.first
	for pos := 0; pos < len(records); id++ {
		if len(records)-pos < recordLen {
			return fmt.Errorf("%w: type %d is cut off", ErrMalformed, id)
		}
		name, info := binary.NativeEndian.Uint32(records[pos:]), binary.NativeEndian.Uint32(records[pos+4:])
		kind := kindOf(info)
		if build && uint32(id-t.first)%indexStride == 0 {
			index = append(index, uint32(pos))
		}
		if name != 0 && len(wanted) > 0 {
			// Names that the filter cannot check pass: the last, short strings, and names of a module's types that are in the base.
			off := uint64(name) - uint64(base)
			if name < base || off+8 > uint64(len(text)) || filter.passes(binary.LittleEndian.Uint64(text[off:])) {
				t.note(found, name, kind, id)
			}
		}
		pos += recordLen
		if bare>>kind&1 == 1 {
			continue
		}
		size := lengths[kind]
		if size.fixed == 0 {
			return fmt.Errorf("%w: type %d has the unknown kind %d, and no layout section says how long such a type is", ErrMalformed, id,
				kind)
		}
		pos += int(size.fixed) - recordLen + vlenOf(info)*int(size.each)
		if pos > len(records) {
			return fmt.Errorf("%w: type %d (%v) is cut off", ErrMalformed, id, kind)
		}
	}
	if build {
		t.index, t.count = index, int(id-t.first)
	}
	if t.names == nil {
		t.names = found
		return nil
	}
	maps.Copy(t.names, found)
	return nil
}

// bare has the kinds whose records have only the part that all records begin with. Two thirds of all records are like this. When the
// processor predicts this branch correctly, it continues without waiting for the record, and the scan is a fifth faster.
const bare uint32 = 1<<KindFunc | 1<<KindPointer | 1<<KindConst | 1<<KindTypedef | 1<<KindForward |
	1<<KindVolatile | 1<<KindRestrict | 1<<KindFloat | 1<<KindTypeTag

// note records a type if it has one of the wanted names.
func (t *Types) note(found map[string][]named, name uint32, kind Kind, id ID) {
	text := t.text(name)
	if types, ok := found[string(text)]; ok {
		found[string(text)] = append(types, named{kind, id})
	}
}

// A nameFilter finds most strings that are not one of some names, by their first eight bytes. Many kernel names have the same beginning
// ("bpf_", "tcp_"), so fewer bytes would not be enough.
type nameFilter [1 << (filterBits - 6)]uint64

const filterBits = 13

func (f *nameFilter) add(name string) {
	var head [8]byte
	copy(head[:], name)
	n := filterHash(binary.LittleEndian.Uint64(head[:]))
	f[n/64] |= 1 << (n % 64)
}

// passes reports whether a string may be one of the names, by its first eight bytes. They may include bytes after its NUL.
func (f *nameFilter) passes(head uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	nul := (head - ones) & ^head & highs // the lowest bit set marks the first NUL
	nul &= -nul
	head &= nul>>7 - 1 // keep the bytes before it; keep all bytes when there is no NUL
	n := filterHash(head)
	return f[n/64]>>(n%64)&1 == 1
}

func filterHash(head uint64) uint64 { return head * 0x9e3779b97f4a7c15 >> (64 - filterBits) }
