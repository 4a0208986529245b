package maps

import (
	"fmt"
	"io/fs"
	"math"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// An objectStorage keeps a value with a kernel object. The value is deleted together with the object. User space names an object by a file
// descriptor.
type objectStorage[V any] struct{ elements[int32, V] }

// declareStorage declares a storage. Its keys are file descriptors; it has no maximum number of elements
// (kernel/bpf/bpf_local_storage.c, bpf_local_storage_map_alloc_check).
func (s *objectStorage[V]) declareStorage(name string, kind dsl.MapType, pos dsl.Position) {
	s.declareElements(&dsl.MapSpec{Name: name, Type: kind, Flags: noPrealloc, Pos: pos})
}

func (s *objectStorage[V]) checkFD(fd int) error {
	if fd < 0 || fd > math.MaxInt32 {
		return s.failed(fmt.Errorf("%d is not a file descriptor: %w", fd, fs.ErrInvalid))
	}
	return nil
}

// Lookup returns the value of the object of a file descriptor. When it has none, the error wraps fs.ErrNotExist.
func (s *objectStorage[V]) Lookup(fd int) (v V, err error) {
	if err := s.checkFD(fd); err != nil {
		return v, err
	}
	return s.get(int32(fd), 0)
}

// Put sets the value of the object of a file descriptor.
func (s *objectStorage[V]) Put(fd int, value V) error { return s.Update(fd, value, Any) }

// Update sets the value of the object of a file descriptor. The flag says whether it must or must not have one.
func (s *objectStorage[V]) Update(fd int, value V, flag Flag) error {
	if err := s.checkFD(fd); err != nil {
		return err
	}
	return s.set(int32(fd), value, flag)
}

// Delete removes the value of the object of a file descriptor.
func (s *objectStorage[V]) Delete(fd int) error {
	if err := s.checkFD(fd); err != nil {
		return err
	}
	return s.remove(int32(fd))
}

// A SkStorage keeps a value with each socket. Its keys are file descriptors of sockets. Linux 5.2.
type SkStorage[V any] struct{ objectStorage[V] }

// NewSkStorage declares a storage of sockets.
func NewSkStorage[V any](name string) *SkStorage[V] {
	s := &SkStorage[V]{}
	s.declareStorage(name, dsl.MapSkStorage, dsl.Here(0))
	return s
}

// A TaskStorage keeps a value with each task. Its keys are file descriptors from pidfd_open(2). Linux 5.11.
type TaskStorage[V any] struct{ objectStorage[V] }

// NewTaskStorage declares a storage of tasks.
func NewTaskStorage[V any](name string) *TaskStorage[V] {
	s := &TaskStorage[V]{}
	s.declareStorage(name, dsl.MapTaskStorage, dsl.Here(0))
	return s
}

// A CgroupStorage keeps a value with each cgroup. Its keys are file descriptors of cgroup directories. Linux 6.2.
type CgroupStorage[V any] struct{ objectStorage[V] }

// NewCgroupStorage declares a storage of cgroups.
func NewCgroupStorage[V any](name string) *CgroupStorage[V] {
	s := &CgroupStorage[V]{}
	s.declareStorage(name, dsl.MapCgroupStorage, dsl.Here(0))
	return s
}

// An InodeStorage keeps a value with each inode. Its keys are file descriptors of open files. Linux 5.10, with the BPF security module.
type InodeStorage[V any] struct{ objectStorage[V] }

// NewInodeStorage declares a storage of files.
func NewInodeStorage[V any](name string) *InodeStorage[V] {
	s := &InodeStorage[V]{}
	s.declareStorage(name, dsl.MapInodeStorage, dsl.Here(0))
	return s
}
