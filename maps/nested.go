package maps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// references is a map whose values are other kernel objects. User space sets them by file descriptor and reads them by id.
type references[K any] struct {
	Map
	key codec[K]
}

func (r *references[K]) declareReferences(spec *dsl.MapSpec) {
	var err error
	if r.key, err = newCodec[K](); err != nil {
		spec.Err = errors.Join(spec.Err, fmt.Errorf("key %w", err))
	}
	spec.Key, spec.ValueSize = r.key.layout, 4
	r.declare(spec)
}

// put sets the object of a key.
func (r *references[K]) put(key K, object *syscall.FD) error {
	fd, err := r.FD()
	if err != nil {
		return err
	}
	num := object.Int()
	if object == nil {
		return r.failed(fmt.Errorf("the value is nil: %w", fs.ErrInvalid))
	}
	if num < 0 {
		return r.failed(fmt.Errorf("the value: %w", fs.ErrClosed))
	}
	return r.failed(syscall.MapUpdate(fd, r.key.encode(key), binary.NativeEndian.AppendUint32(nil, uint32(num)), 0))
}

// Delete removes the object of a key. When there is none, the error wraps fs.ErrNotExist.
func (r *references[K]) Delete(key K) error {
	if local := r.inProcess(); local != nil && local.IsNested() {
		return r.failed(failedAs(syscall.CmdMapDelete, local.RemoveInner(r.key.encode(key))))
	}
	fd, err := r.FD()
	if err != nil {
		return err
	}
	return r.failed(syscall.MapDelete(fd, r.key.encode(key)))
}

// ID returns the kernel's id of the object of a key. When there is none, the error wraps fs.ErrNotExist.
func (r *references[K]) ID(key K) (uint32, error) {
	fd, err := r.FD()
	if err != nil {
		return 0, err
	}
	b := make([]byte, 4)
	if err := syscall.MapLookup(fd, r.key.encode(key), b); err != nil {
		return 0, r.failed(err)
	}
	return binary.NativeEndian.Uint32(b), nil
}

// A ProgArray holds programs for tail calls. The kernel empties it when user space closes it.
type ProgArray struct{ references[uint32] }

// NewProgArray declares an array of n programs.
func NewProgArray(name string, n uint32) *ProgArray {
	a := &ProgArray{}
	a.declareReferences(&dsl.MapSpec{Name: name, Type: dsl.MapProgArray, MaxEntries: n, Pos: dsl.Here(0)})
	return a
}

// Put sets the program at an index. All programs of an array must have the same type.
func (a *ProgArray) Put(index uint32, program *syscall.FD) error { return a.put(index, program) }

// nested is a map of maps.
type nested[K any] struct{ references[K] }

func (n *nested[K]) declareNested(spec *dsl.MapSpec) {
	switch {
	case spec.Inner == nil:
		spec.Err = errors.New("the inner map is missing: give the spec of one")
	case spec.Inner.Inner != nil:
		spec.Err = fmt.Errorf("%v is itself a map of maps: the kernel allows one level", spec.Inner)
	}
	n.declareReferences(spec)
}

// Put sets the map of a key. It must be created, and have the same type and sizes as the Inner of the spec.
func (n *nested[K]) Put(key K, m Handle) error {
	if m == nil {
		return n.failed(fmt.Errorf("the map is nil: %w", fs.ErrInvalid))
	}
	if local := n.inProcess(); local != nil {
		handle := HandleOf(m.Spec())
		if handle == nil {
			return n.failed(fmt.Errorf("the map has no handle: %w", fs.ErrInvalid))
		}
		inner, err := handle.CreateLocal()
		if err != nil {
			return err
		}
		return n.failed(failedAs(syscall.CmdMapUpdate, local.SetInner(n.key.encode(key), inner)))
	}
	fd, err := m.FD()
	if err != nil {
		return n.failed(err)
	}
	return n.put(key, fd)
}

// An ArrayOf is an array of maps. Linux 4.12.
type ArrayOf struct{ nested[uint32] }

// NewArrayOf declares an array of n maps, each like inner: the Spec of one of them, or of a handle that is declared only as a model.
func NewArrayOf(name string, n uint32, inner *dsl.MapSpec) *ArrayOf {
	a := &ArrayOf{}
	a.declareNested(&dsl.MapSpec{Name: name, Type: dsl.MapArrayOfMaps, MaxEntries: n, Inner: inner, Pos: dsl.Here(0)})
	return a
}

// A HashOf is a hash of maps. Linux 4.12.
type HashOf[K any] struct{ nested[K] }

// NewHashOf declares a hash of at most max maps, each like inner.
func NewHashOf[K any](name string, max uint32, inner *dsl.MapSpec) *HashOf[K] {
	h := &HashOf[K]{}
	h.declareNested(&dsl.MapSpec{Name: name, Type: dsl.MapHashOfMaps, MaxEntries: max, Inner: inner, Pos: dsl.Here(0)})
	return h
}
