package usermap

import (
	"encoding/binary"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A map of maps has maps as its values. User space sets them; programs only find them.

// IsNested reports whether the map is one of maps.
func (m *Map) IsNested() bool {
	return m.Spec.Type == linux.MapTypeArrayOfMaps || m.Spec.Type == linux.MapTypeHashOfMaps
}

// checkInner says whether a key may have a map, and the map fits the declaration.
func (m *Map) checkInner(key []byte, inner *Map) error {
	want := m.Spec.Inner
	switch {
	case !m.IsNested() || len(key) != int(m.Spec.KeySize):
		return errInvalid
	case m.Spec.Type == linux.MapTypeArrayOfMaps && binary.LittleEndian.Uint32(key) >= m.Spec.MaxEntries:
		return errFull
	case want != nil && (inner.Spec.Type != want.Type || inner.Spec.KeySize != want.KeySize || inner.Spec.ValueSize != want.ValueSize ||
		inner.Spec.Flags != want.Flags):
		return errInvalid
	}
	return nil
}

// SetInner sets the map of a key.
func (m *Map) SetInner(key []byte, inner *Map) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.checkInner(key, inner); err != nil {
		return err
	}
	if m.inners[string(key)] == nil && len(m.inners) >= int(m.Spec.MaxEntries) {
		return errFull
	}
	if m.inners == nil {
		m.inners = make(map[string]*Map)
	}
	m.inners[string(key)] = inner
	return nil
}

// Inner is the map of a key; nil if it has none.
func (m *Map) Inner(key []byte) *Map {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inners[string(key)]
}

// RemoveInner removes the map of a key.
func (m *Map) RemoveInner(key []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inners[string(key)] == nil {
		return errMissing
	}
	delete(m.inners, string(key))
	return nil
}
