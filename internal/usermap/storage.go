package usermap

import (
	"encoding/binary"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A storage has its values by object: a key is the address of the object in the machine, 8 bytes. The kernel's user space names objects by
// descriptors; there are none here.

// storageKey is the size of the key of a storage in bytes.
const storageKey = 8

// IsStorage reports whether the map keeps values with objects.
func (m *Map) IsStorage() bool {
	switch m.Spec.Type {
	case linux.MapTypeSKStorage, linux.MapTypeTaskStorage, linux.MapTypeInodeStorage, linux.MapTypeCgrpStorage:
		return true
	}
	return false
}

// Of gives the place in Values of the value that an object has; create makes one of zeros if it has none, or of first.
func (m *Map) Of(object uint64, create bool, first []byte) (offset int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := binary.LittleEndian.AppendUint64(nil, object)
	slot, ok := m.slots[string(key)]
	if !ok && create {
		var err error
		if slot, err = m.insert(key); err != nil {
			return 0, false
		}
		ok = true
		copy(m.values[m.offset(slot, 0):], first)
	}
	return m.offset(slot, 0), ok
}

// Forget removes the value of an object.
func (m *Map) Forget(object uint64) error {
	return m.Delete(binary.LittleEndian.AppendUint64(nil, object))
}
