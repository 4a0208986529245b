package usermap

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// isSeries reports whether the map is a queue or a stack.
func (m *Map) isSeries() bool {
	return m.Spec.Type == linux.MapTypeQueue || m.Spec.Type == linux.MapTypeStack
}

// push adds a value. With the flag exist, the oldest one makes room.
func (m *Map) push(value []byte, flags uint64) error {
	if flags != 0 && flags != flagExist {
		return errInvalid
	}
	var slot int
	switch {
	case len(m.order) < int(m.Spec.MaxEntries) && len(m.free) > 0:
		slot, m.free = m.free[len(m.free)-1], m.free[:len(m.free)-1]
	case len(m.order) < int(m.Spec.MaxEntries):
		slot = m.used
		m.used++
		m.values = append(m.values, make([]byte, m.Stride())...)
	case flags == flagExist:
		slot, m.order = m.order[0], m.order[1:]
	default:
		return errFull
	}
	copy(m.values[m.offset(slot, 0):m.offset(slot+1, 0)], value)
	m.order = append(m.order, slot)
	return nil
}

// next copies the next value, and takes it out.
func (m *Map) next(value []byte, take bool) error {
	if len(m.order) == 0 {
		return errMissing
	}
	at := 0
	if m.Spec.Type == linux.MapTypeStack {
		at = len(m.order) - 1
	}
	slot := m.order[at]
	copy(value[:min(len(value), int(m.Spec.ValueSize))], m.values[m.offset(slot, 0):])
	if take {
		m.order = append(m.order[:at], m.order[at+1:]...)
		m.free = append(m.free, slot)
	}
	return nil
}
