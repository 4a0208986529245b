package btf

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/spell"
)

// EnumValue is the value of an enum's constant. Without the enum's name it looks
// through all enums, which reads the whole blob. Errors wrap ErrNotFound.
func (t *Types) EnumValue(enum, constant string) (int64, error) {
	if enum != "" {
		for _, kind := range [...]Kind{KindEnum, KindEnum64} {
			id, err := t.Lookup(kind, enum)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return 0, err
			}
			r, err := t.record(id)
			if err != nil {
				return 0, err
			}
			if value, ok := t.enumConstant(r, constant); ok {
				return value, nil
			}
		}
		if near := t.NearestConstant(enum, constant); near != "" {
			return 0, fmt.Errorf("constant %s of enum %s: %w; did you mean %s?", constant, enum, ErrNotFound, near)
		}
		return 0, fmt.Errorf("constant %s of enum %s: %w", constant, enum, ErrNotFound)
	}
	if t.base != nil {
		if value, err := t.base.EnumValue("", constant); err == nil {
			return value, nil
		}
	}
	if _, err := t.end(); err != nil { // check that the blob is correct
		return 0, err
	}
	for pos := 0; pos < len(t.records); {
		r := t.at(uint32(pos))
		if kind := r.kind(); kind == KindEnum || kind == KindEnum64 {
			if value, ok := t.enumConstant(r, constant); ok {
				return value, nil
			}
		}
		pos += r.len()
	}
	return 0, fmt.Errorf("enum constant %s: %w", constant, ErrNotFound)
}

// NearestConstant returns the constant of an enum with the name that is nearest; without an enum of that name, the nearest name of an enum
// as "enum NAME". It returns "" when nothing is near.
func (t *Types) NearestConstant(enum, constant string) string {
	known := false
	near := spell.Nearest(constant, func(yield func(string) bool) {
		for _, kind := range [...]Kind{KindEnum, KindEnum64} {
			id, err := t.Lookup(kind, enum)
			if err != nil {
				continue
			}
			r, err := t.record(id)
			if err != nil {
				continue
			}
			known = true
			for i := range r.vlen() {
				if !yield(t.string(binary.NativeEndian.Uint32(r.entry(i)))) {
					return
				}
			}
		}
	})
	if known {
		return near
	}
	for _, kind := range [...]Kind{KindEnum, KindEnum64} {
		if near := t.Nearest(kind, enum); near != "" {
			return "enum " + near
		}
	}
	return ""
}

// enumConstant looks for a constant in the record of an enum.
func (t *Types) enumConstant(r record, constant string) (int64, bool) {
	for i := range r.vlen() {
		e := r.entry(i)
		if string(t.text(binary.NativeEndian.Uint32(e))) != constant {
			continue
		}
		low := binary.NativeEndian.Uint32(e[4:])
		switch {
		case r.kind() == KindEnum64:
			return int64(uint64(binary.NativeEndian.Uint32(e[8:]))<<32 | uint64(low)), true
		case r.flag(): // signed
			return int64(int32(low)), true
		}
		return int64(low), true
	}
	return 0, false
}
