package btf

import (
	"bytes"
	"fmt"
	"unicode"
)

// Limits of what is read. Without them, broken BTF would never end: types that contain or name themselves. What kernels and compilers
// make is far below.
const (
	maxName    = 511     // bytes of a name (kernel: KSYM_NAME_LEN is 512, with the NUL)
	maxChain   = 64      // typedefs, qualifiers, pointers and arrays after each other (kernel: MAX_RESOLVE_DEPTH is 32)
	maxNesting = 32      // structs within structs
	maxMembers = 1 << 16 // members that one look-up goes through, after those of the struct itself
)

// Check reads all types and reports the first that cannot be right: it refers to a type that does not exist, its name is not there, it is
// a typedef, pointer or array of itself, or a struct that contains itself. The error wraps ErrMalformed.
//
// Look-ups do not need it: they have limits of their own, and answer for the types that they read. Check is for a blob from somewhere
// else, before it is given to code that expects BTF of a compiler. It takes some ten milliseconds for the types of a kernel.
func (t *Types) Check() error {
	n, err := t.end()
	if err != nil {
		return err
	}
	depths := make([]uint8, n-t.first)
	pos := uint32(0)
	for id := t.first; id < n; id++ {
		r := t.at(pos)
		pos += uint32(r.len())
		if err := t.checkNames(r); err != nil {
			return fmt.Errorf("type %d: %w", id, err)
		}
		for ref := range r.references() {
			if ref >= n {
				return fmt.Errorf("type %d: %w: it refers to type %d, and the last is %d", id, ErrMalformed, ref, n-1)
			}
		}
		if err := t.checkChain(id); err != nil {
			return fmt.Errorf("type %d: %w", id, err)
		}
		if _, err := t.depth(id, depths, 0); err != nil {
			return err
		}
	}
	return nil
}

// checkNames checks the names in a record: its own, and those of its entries.
func (t *Types) checkNames(r record) error {
	if r.kind() >= kinds { // nobody knows what its words are
		return nil
	}
	if err := t.checkName(r.name()); err != nil {
		return err
	}
	// The text of a declaration tag is any text: the kernel's selftests have lines with tabs in it.
	if r.name() != 0 && r.kind() != KindDeclTag && bytes.ContainsFunc(t.text(r.name()), unicode.IsControl) {
		return fmt.Errorf("%w: %.64q is not a name", ErrMalformed, t.text(r.name()))
	}
	switch r.kind() {
	case KindStruct, KindUnion, KindForward, KindEnum, KindEnum64, KindTypedef, KindFunc, KindVar:
		if err := t.checkIdentifier(r.name()); err != nil {
			return err
		}
	}
	switch r.kind() {
	case KindStruct, KindUnion, KindEnum, KindEnum64, KindFuncProto: // an entry begins with a name
		for i := range r.vlen() {
			if err := t.checkIdentifier(word(r.entry(i), 0)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkIdentifier is checkName for what C calls by its name. The kernel requires the same of its types (btf_name_valid_identifier,
// kernel/bpf/btf.c, 6.18). Names become parts of Go code and of file names, so nothing else may be in them.
func (t *Types) checkIdentifier(off uint32) error {
	if err := t.checkName(off); err != nil || off == 0 {
		return err
	}
	for i, c := range t.text(off) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '.' || c == '$'
		if !letter && (c < '0' || c > '9' || i == 0) {
			return fmt.Errorf("%w: %.64q is not a name in C", ErrMalformed, t.text(off))
		}
	}
	return nil
}

// checkChain checks that typedefs, qualifiers, pointers, arrays and functions lead to another type.
func (t *Types) checkChain(id ID) error {
	for range maxChain {
		if id == 0 {
			return nil
		}
		r, err := t.record(id)
		if err != nil {
			return err
		}
		switch kind := r.kind(); {
		case kind == KindArray:
			id = ID(word(r.extra(), 0))
		case kind.refers() && kind != KindFuncProto:
			id = r.ref()
		default:
			return nil
		}
	}
	return fmt.Errorf("%w: it is made from itself, or from more than %d types after each other", ErrMalformed, maxChain)
}

// depth returns how many structs, unions and arrays are within each other in a type, and an error when there are too many. depths has the
// known results, 0 for none.
func (t *Types) depth(id ID, depths []uint8, above int) (int, error) {
	id, kind, err := t.resolve(id)
	if err != nil || !kind.composite() && kind != KindArray {
		return 0, err
	}
	known := 0
	if id >= t.first {
		known = int(depths[id-t.first])
	}
	if above+known > maxNesting {
		return 0, fmt.Errorf("type %d: %w: it contains itself, or more than %d structs within each other", id, ErrMalformed, maxNesting)
	}
	if known > 0 {
		return known, nil
	}
	r, err := t.record(id)
	if err != nil {
		return 0, err
	}
	most := 0
	for ref := range r.references() {
		n, err := t.depth(ref, depths, above+1)
		if err != nil {
			return 0, err
		}
		most = max(most, n)
	}
	if id >= t.first {
		depths[id-t.first] = uint8(most + 1)
	}
	return most + 1, nil
}
