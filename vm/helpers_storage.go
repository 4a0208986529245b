package vm

import (
	"fmt"
	"syscall"

	"github.com/bpfsmith/bpfsmith/maps"
)

// storageCreate is the flag of the helpers that get a value: make one if the object has none (BPF_LOCAL_STORAGE_GET_F_CREATE,
// include/uapi/linux/bpf.h).
const storageCreate = 1

// storageGet is bpf_sk_storage_get(map, object, value, flags), and those of tasks, files and cgroups: the address of the object's value,
// or nil. value is what a new one begins with, or nil for zeros.
func storageGet(m *Machine) (uint64, error) {
	l, err := m.storageArg()
	if err != nil {
		return 0, err
	}
	object, flags := m.Arg(2), m.Arg(4)
	if flags&^storageCreate != 0 || object == 0 {
		return 0, nil
	}
	if _, err := m.objectOf(object); err != nil {
		return 0, err
	}
	var first []byte
	if flags != 0 && m.Arg(3) != 0 {
		if first, err = m.Bytes(m.Arg(3), int(l.content.Spec.ValueSize)); err != nil {
			return 0, err
		}
	}
	at, ok := l.content.Of(object, flags != 0, first)
	if !ok {
		return 0, nil
	}
	return l.value + uint64(at), nil
}

// storageDelete is bpf_sk_storage_delete(map, object), and those of tasks, files and cgroups.
func storageDelete(m *Machine) (uint64, error) {
	l, err := m.storageArg()
	switch {
	case err != nil:
		return 0, err
	case m.Arg(2) == 0:
		return errnoOf(syscall.EINVAL)
	}
	return errnoOf(l.content.Forget(m.Arg(2)))
}

// storageArg is the storage that the first argument points to.
func (m *Machine) storageArg() (lentMap, error) {
	l, err := m.mapArg(1)
	if err == nil && !l.content.IsStorage() {
		err = &accessError{NotAnAddress, "argument 1 is " + l.content.Spec.String() + ", which keeps no values with objects"}
	}
	return l, err
}

// objectOf is the object that begins at an address.
func (m *Machine) objectOf(addr uint64) (*Struct, error) {
	if number := addr >> regionShift; number < uint64(len(m.regions)) {
		if s := m.regions[number].object; s != nil && s.addr == addr {
			return s, nil
		}
	}
	return nil, &accessError{NotAnAddress, fmt.Sprintf("expected a pointer to an object of the kernel, not %v", m.ValueOf(addr))}
}

// Stored gives the value that a storage of package maps keeps with an object: nil if it has none. Changes to it are changes of the value.
func (m *Machine) Stored(storage maps.Handle, object *Struct) ([]byte, error) {
	handle := maps.HandleOf(storage.Spec())
	if handle == nil {
		return nil, fmt.Errorf("%v has no handle", storage.Spec())
	}
	content, err := handle.CreateLocal()
	if err != nil {
		return nil, err
	}
	addr, err := m.Object(object)
	if err != nil || !content.IsStorage() {
		return nil, err
	}
	at, ok := content.Of(addr, false, nil)
	if !ok {
		return nil, nil
	}
	return content.Values()[at : at+int(content.Spec.ValueSize)], nil
}
