package btf

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/spell"
)

// ErrNotScalar says that a field is a whole struct, union or array, which no single instruction can load.
var ErrNotScalar = errors.New("not a scalar")

// A Field is a place within a struct.
type Field struct {
	Struct string // the struct that the path began at
	Path   string // as asked for
	Offset uint32 // bytes from the start of Struct; of a bit field, to the unit that holds it
	Size   uint32 // bytes; of a bit field, of the unit that holds it
	Type   ID     // as declared, typedefs included
	Kind   Kind   // of the type without typedefs
	Signed bool   // a signed integer
	Bool   bool   // a C bool

	BitOffset uint32 // of a bit field: bits from the unit's first byte, counted as BTF does
	BitSize   uint32 // of a bit field: its width; 0 for other fields
}

// Scalar reports whether one load instruction can read the field: an integer,
// a pointer or an enum of 1, 2, 4 or 8 bytes.
func (f Field) Scalar() bool {
	switch f.Kind {
	case KindInt, KindPointer, KindEnum, KindEnum64:
		return f.Size == 1 || f.Size == 2 || f.Size == 4 || f.Size == 8
	}
	return false
}

// A FieldError says that a path does not lead to a field.
type FieldError struct {
	Struct  string
	Path    string
	Part    string // the part of the path that failed
	Problem string
	Nearest string // a member with a similar name, or ""
	Pointer string // the path of the pointer that Part is behind, or ""
	Pointee string // the struct that it points to, or ""
	Err     error  // ErrNotFound or ErrNotScalar
}

// Error says what is wrong with the path, and suggests a similar one.
func (e *FieldError) Error() string {
	s := fmt.Sprintf("%s.%s: %s", e.Struct, e.Path, e.Problem)
	if e.Nearest != "" {
		s += fmt.Sprintf("; did you mean %s?", e.Nearest)
	}
	return s
}

// Unwrap is ErrNotFound or ErrNotScalar.
func (e *FieldError) Unwrap() error { return e.Err }

// Field finds a field by its path: member names joined by dots, with array
// elements in brackets ("icsk_ca_priv[2]", "icsk_ack.pending"). Members of
// anonymous structs and unions are named directly, as in C; a path does not
// go through pointers, because that needs another load.
//
// A field that does not exist is a *FieldError, which wraps ErrNotFound.
func (t *Types) Field(structName, path string) (Field, error) {
	root, err := t.Composite(structName)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Field{}, fmt.Errorf("%s.%s: %w", structName, path, err)
	}
	if err != nil {
		return Field{}, &FieldError{Struct: structName, Path: path, Part: structName,
			Problem: "this kernel has no struct " + structName, Nearest: t.Nearest(KindStruct, structName), Err: ErrNotFound}
	}
	return t.FieldOf(root, structName, path)
}

// FieldOf is Field within the struct or union of that id.
func (t *Types) FieldOf(root ID, structName, path string) (Field, error) {
	f := Field{Struct: structName, Path: path}
	fail := func(part, problem string) (Field, error) {
		return Field{}, &FieldError{Struct: structName, Path: path, Part: part, Problem: problem, Err: ErrNotFound}
	}
	at, offset := root, uint64(0) // bits
	var bits uint32
	rest := path
	for rest != "" {
		unread := rest
		part, after, more := strings.Cut(rest, ".")
		if more && after == "" {
			return fail(part, "the path ends with a dot")
		}
		rest = after
		name, indices, _ := strings.Cut(part, "[")
		owner, kind, err := t.resolve(at)
		if err != nil {
			return Field{}, err
		}
		if kind == KindPointer {
			e := &FieldError{Struct: structName, Path: path, Part: part, Err: ErrNotFound}
			e.Pointer = strings.TrimSuffix(path[:len(path)-len(unread)], ".")
			e.Problem = fmt.Sprintf("%s is a pointer, and a path does not go through pointers", e.Pointer)
			if to, ok := t.PointedTo(owner); ok {
				e.Pointee = t.Name(to)
			}
			return Field{}, e
		}
		if !kind.composite() {
			return fail(part, fmt.Sprintf("%q is looked up in %s", part, phrase.A(kind.String())))
		}
		m, ok, err := t.findMember(owner, name)
		if err != nil {
			return Field{}, err
		}
		if !ok {
			return Field{}, t.noMember(owner, &FieldError{Struct: structName, Path: path, Part: part, Err: ErrNotFound,
				Problem: fmt.Sprintf("no member %q", name), Nearest: spell.Nearest(name, t.memberNames(owner))}, name)
		}
		at, bits = m.typ, m.bits
		offset += uint64(m.offset)
		for indices != "" {
			var number string
			number, indices, ok = strings.Cut(indices, "]")
			indices = strings.TrimPrefix(indices, "[")
			n, nerr := strconv.ParseUint(number, 10, 32)
			if !ok || nerr != nil {
				return fail(part, fmt.Sprintf("%q needs an index: a number in brackets", part))
			}
			array, kind, err := t.resolve(at)
			if err != nil {
				return Field{}, err
			}
			if kind != KindArray {
				return fail(part, fmt.Sprintf("%q is %s, not an array", name, phrase.A(kind.String())))
			}
			r, err := t.record(array)
			if err != nil {
				return Field{}, err
			}
			length := word(r.extra(), 2)
			if n >= uint64(length) && length != 0 { // length 0: a flexible array
				return fail(part, fmt.Sprintf("index %d is past the %d elements of %q", n, length, name))
			}
			at = ID(word(r.extra(), 0))
			size, err := t.Size(at)
			if err != nil {
				return Field{}, err
			}
			if n*uint64(size) > math.MaxUint32 { // both have 32 bits
				return fail(part, fmt.Sprintf("element %d of %q is more than 4 GB after its beginning", n, name))
			}
			offset += n * uint64(size) * 8
		}
	}
	if at == root {
		return fail("", "the path is empty")
	}
	return t.place(f, at, offset, bits)
}

// place completes a field from its type and its offset in bits.
func (t *Types) place(f Field, at ID, offset uint64, bits uint32) (Field, error) {
	under, kind, err := t.resolve(at)
	if err != nil {
		return Field{}, err
	}
	size, err := t.Size(at)
	if err != nil {
		return Field{}, err
	}
	if offset/8+uint64(size) > math.MaxUint32 {
		return Field{}, fmt.Errorf("%s.%s: %w: it ends more than 4 GB after the beginning of %s", f.Struct, f.Path, ErrMalformed, f.Struct)
	}
	f.Type, f.Kind, f.Size = at, kind, size
	if kind == KindInt || kind == KindEnum || kind == KindEnum64 {
		r, err := t.record(under)
		if err != nil {
			return Field{}, err
		}
		f.Signed = r.flag()
		if kind == KindInt {
			word := word(r.extra(), 0)
			f.Signed = word>>24&1 == 1
			f.Bool = word>>24&4 != 0
			if inner := word & 0xff; bits == 0 && inner != 0 && inner != size*8 {
				bits = inner // the older notation: the integer type has the width
				offset += uint64(word >> 16 & 0xff)
			}
		}
	}
	if bits == 0 {
		f.Offset = uint32(offset / 8)
		return f, nil
	}
	// The smallest aligned unit that holds all the bits: reading the declared
	// one (u32 for a 1-bit flag, say) may reach past the struct's end.
	for unit := uint64(8); unit <= 64; unit *= 2 {
		begin := offset / unit * unit
		if offset+uint64(bits) <= begin+unit {
			f.Offset, f.Size = uint32(begin/8), uint32(unit/8)
			f.BitOffset, f.BitSize = uint32(offset-begin), bits
			return f, nil
		}
	}
	return Field{}, fmt.Errorf("%s.%s: a bit field of %d bits at bit %d does not fit an aligned unit: %w", f.Struct, f.Path, bits,
		offset, ErrNotScalar)
}

// eachMember calls f for every named member of a struct or union until f returns false. Members of anonymous ones count as its
// own; their offsets are from its start.
func (t *Types) eachMember(composite ID, f func(m rawMember) bool) error {
	r, err := t.record(composite)
	if err != nil {
		return err
	}
	left := maxMembers + r.vlen()
	_, err = t.walkMembers(composite, 0, 0, &left, f)
	return err
}

func (t *Types) walkMembers(composite ID, base uint32, depth int, left *int, f func(m rawMember) bool) (goOn bool, err error) {
	r, err := t.record(composite)
	if err != nil {
		return false, err
	}
	for i := range r.vlen() {
		if *left--; *left < 0 || depth > maxNesting {
			return false, fmt.Errorf("%w: type %d contains itself", ErrMalformed, composite)
		}
		m := r.member(i)
		if uint64(m.offset)+uint64(base) > math.MaxUint32 {
			return false, fmt.Errorf("%w: member %d of type %d is at bit %d of a struct that begins at bit %d", ErrMalformed, i, composite,
				m.offset, base)
		}
		m.offset += base
		if m.name != 0 {
			if !f(m) {
				return false, nil
			}
			continue
		}
		inner, kind, err := t.resolve(m.typ)
		if err != nil {
			return false, err
		}
		if !kind.composite() { // unnamed padding bits
			continue
		}
		if goOn, err := t.walkMembers(inner, m.offset, depth+1, left, f); err != nil || !goOn {
			return false, err
		}
	}
	return true, nil
}

// findMember looks for a member by name.
func (t *Types) findMember(composite ID, name string) (found rawMember, ok bool, err error) {
	err = t.eachMember(composite, func(m rawMember) bool {
		if string(t.text(m.name)) == name {
			found, ok = m, true
		}
		return !ok
	})
	return found, ok, err
}

// noMember completes the error for a member that a struct does not have. C code often casts to an inner struct, so a member of one is
// suggested by its path. For a short struct with nothing similar, the error lists what there is.
func (t *Types) noMember(owner ID, e *FieldError, name string) *FieldError {
	if inner := t.innerPath(owner, name); inner != "" {
		e.Nearest = inner
	} else if names := slices.Collect(t.memberNames(owner)); e.Nearest == "" && 0 < len(names) && len(names) <= 12 {
		e.Problem += "; it has " + strings.Join(names, ", ")
	}
	return e
}

// innerPath is the path of a member of that name in a struct within a struct, or "": the shortest one, with at most maxInner structs
// around it. Each struct is looked at once, and at most maxMembers members in all: types that contain each other would otherwise have
// more paths than can be followed.
func (t *Types) innerPath(owner ID, name string) (path string) {
	const maxInner = 6
	type inner struct {
		id    ID
		path  string // of the struct, with a dot at its end
		depth int
	}
	seen := map[ID]bool{owner: true}
	left := maxMembers
	for queue := []inner{{id: owner}}; len(queue) > 0 && left > 0 && path == ""; queue = queue[1:] {
		at := queue[0]
		_ = t.eachMember(at.id, func(m rawMember) bool { // for suggestions: what can be read
			left--
			if at.depth > 0 && string(t.text(m.name)) == name {
				path = at.path + name
			}
			if id, kind, err := t.resolve(m.typ); err == nil && kind.composite() && !seen[id] && at.depth < maxInner && m.name != 0 {
				seen[id] = true
				queue = append(queue, inner{id, at.path + t.string(m.name) + ".", at.depth + 1})
			}
			return path == "" && left > 0
		})
	}
	return path
}

// memberNames ranges over the names that findMember would find.
func (t *Types) memberNames(composite ID) iter.Seq[string] {
	return func(yield func(string) bool) {
		_ = t.eachMember(composite, func(m rawMember) bool { return yield(t.string(m.name)) }) // for suggestions: what can be read
	}
}

// FieldAt names the field of a struct that holds the byte at an offset, for
// messages: "snd_cwnd", "icsk_ack.pending", or "" when there is none. Structs
// that are embedded at offset 0 (tcp_sock.inet_conn.icsk_inet.sk) are left out
// of the path: a C programmer uses a cast instead.
func (t *Types) FieldAt(root ID, offset uint32) string {
	var path []string
	for range 16 { // deeper nesting is a loop
		owner, kind, err := t.resolve(root)
		if err != nil || !kind.composite() {
			break
		}
		name, m, ok := t.memberAt(owner, offset)
		if !ok {
			break
		}
		begin := m.offset / 8
		if _, inner, _ := t.resolve(m.typ); !inner.composite() || begin != 0 {
			path = append(path, name)
		}
		root, offset = m.typ, offset-begin
	}
	return strings.Join(path, ".")
}

// memberAt finds the named member that covers the byte at an offset.
func (t *Types) memberAt(composite ID, offset uint32) (name string, m rawMember, ok bool) {
	_ = t.eachMember(composite, func(c rawMember) bool { // for messages: what can be read
		begin := c.offset / 8
		if offset < begin {
			return true
		}
		if size, err := t.Size(c.typ); err == nil && offset-begin < size {
			name, m, ok = t.string(c.name), c, true
		}
		return !ok
	})
	return name, m, ok
}

// Size is the size of a type in bytes, like C's sizeof.
func (t *Types) Size(id ID) (uint32, error) {
	count := uint64(1)
	for range maxChain {
		under, kind, err := t.resolve(id)
		if err != nil {
			return 0, err
		}
		switch kind {
		case KindVoid, KindFunc, KindFuncProto, KindForward:
			return 0, nil
		case KindPointer:
			return checkSize(id, count*8) // BPF and every kernel that runs it with BTF: 64 bits
		}
		r, err := t.record(under)
		if err != nil {
			return 0, err
		}
		if kind != KindArray {
			return checkSize(id, count*uint64(r.size()))
		}
		count *= uint64(word(r.extra(), 2))
		if count > 1<<32 {
			break
		}
		id = ID(word(r.extra(), 0))
	}
	return 0, fmt.Errorf("%w: type %d has no size", ErrMalformed, id)
}

func checkSize(id ID, size uint64) (uint32, error) {
	if size >= 1<<32 {
		return 0, fmt.Errorf("%w: type %d has %d bytes", ErrMalformed, id, size)
	}
	return uint32(size), nil
}

// Name is the name of a type, "" for those without.
func (t *Types) Name(id ID) string {
	r, err := t.record(id)
	if err != nil {
		return ""
	}
	return t.string(r.name())
}

// PointedTo is the struct or union that a pointer type points to; false for other types, and for structs that are only declared
// in this blob.
func (t *Types) PointedTo(id ID) (ID, bool) {
	pointer, kind, err := t.resolve(id)
	if err != nil || kind != KindPointer {
		return 0, false
	}
	r, err := t.record(pointer)
	if err != nil {
		return 0, false
	}
	target, kind, err := t.resolve(r.ref())
	return target, err == nil && kind.composite()
}

// Embeds reports whether a struct is inner or begins with inner. Then a pointer to the struct is also a pointer to inner. The kernel uses
// this for tcp_sock and sock.
func (t *Types) Embeds(outer, inner ID) bool {
	for range 16 { // deeper nesting is a loop
		id, kind, err := t.resolve(outer)
		if err != nil || !kind.composite() {
			return false
		}
		if id == inner {
			return true
		}
		r, err := t.record(id)
		if err != nil || r.vlen() == 0 || r.member(0).offset != 0 {
			return false
		}
		outer = r.member(0).typ
	}
	return false
}

// LeavesAt finds the integers, pointers and enums that a struct may have at the byte at an offset: one, or several in unions. Elements of
// arrays count separately. Paths are not filled in.
func (t *Types) LeavesAt(root ID, offset uint32) []Field {
	l := leafFinder{Types: t, offset: offset, left: maxMembers}
	l.find(root, 0, 0)
	return l.found
}

// A leafFinder collects the leaves at an offset.
type leafFinder struct {
	*Types
	offset uint32
	found  []Field
	left   int // members that may still be looked at
}

// find looks into a type that begins at base.
func (t *leafFinder) find(id ID, base uint32, depth int) {
	const most = 64 // of a union's members
	offset := t.offset
	under, kind, err := t.resolve(id)
	if err != nil || depth > maxNesting || len(t.found) > most {
		return
	}
	switch {
	case kind.composite():
		r, err := t.record(under)
		if err != nil {
			return
		}
		first := 0
		// The members of a struct are in order: the last one that begins before the offset holds it, with other bit fields of its unit.
		if kind == KindStruct {
			first = sort.Search(r.vlen(), func(i int) bool { return base+r.member(i).offset/8 > offset }) - 1
			for first > 0 && r.member(first-1).offset/8 == r.member(first).offset/8 {
				first--
			}
		}
		for i := max(first, 0); i < r.vlen() && t.left > 0; i++ {
			t.left--
			m := r.member(i)
			begin := base + m.offset/8
			if begin > offset || begin < base { // after the offset, or more than 4 GB away
				break
			}
			size, err := t.Size(m.typ)
			if err != nil || offset-begin >= max(size, 1) {
				continue
			}
			if m.bits > 0 {
				t.found = append(t.found, Field{Offset: begin, Size: size, Type: m.typ, Kind: KindInt, BitSize: m.bits})
				continue
			}
			t.find(m.typ, begin, depth+1)
		}
	case kind == KindArray:
		r, err := t.record(under)
		if err != nil {
			return
		}
		element := ID(word(r.extra(), 0))
		if size, err := t.Size(element); err == nil && size > 0 {
			t.find(element, base+(offset-base)/size*size, depth+1)
		}
	default:
		if size, err := t.Size(id); err == nil {
			t.found = append(t.found, Field{Offset: base, Size: size, Type: id, Kind: kind})
		}
	}
}
