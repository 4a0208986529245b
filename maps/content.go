package maps

import (
	"errors"
	"fmt"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A content is where the elements of a map are: in the kernel, or in this process for a machine of package vm.
type content interface {
	lookup(key, value []byte, flags uint64) error
	update(key, value []byte, flags uint64) error
	remove(key []byte) error
	take(key, value []byte) error
	updateBatch(keys, values []byte) (int, error)
	removeBatch(keys []byte) (int, error)
	cpus() (int, error)
	walk(m *Map, take bool, valueSize int, yield func(key, value []byte) bool) error
}

// content is the map that the handle holds.
func (m *Map) content() (content, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.fd != nil:
		return inKernel{m.fd}, nil
	case m.local != nil:
		return inProcess{m.local}, nil
	}
	return nil, m.failed(ErrNotCreated)
}

// CreateLocal creates the map in this process, for a machine of package vm, instead of in the kernel. Loading a program for such a machine
// calls it. After that, the methods of the handle work on that map. It does nothing when the map is already created so. The error wraps
// ErrInKernel when the map is in the kernel.
func (m *Map) CreateLocal() (*usermap.Map, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.local != nil {
		return m.local, nil
	}
	if m.fd != nil {
		return nil, m.failed(ErrInKernel)
	}
	local, err := usermap.New(m.spec)
	if err == nil && m.openedLocal != nil {
		err = m.openedLocal(local)
	}
	if err != nil {
		return nil, m.failed(err)
	}
	m.local = local
	return local, nil
}

// errInProcess is the error of what only maps in the kernel have: descriptors, pins.
var errInProcess = errors.New("the map is in this process, for a machine of package vm: close it first, or use another handle")

// inProcess is the map in this process, or nil.
func (m *Map) inProcess() *usermap.Map {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.local
}

// ErrInKernel is wrapped by errors of CreateLocal.
var ErrInKernel = errors.New("the map is created in the kernel: close it first, or use another handle")

// An inKernel is a map in the kernel.
type inKernel struct{ fd *syscall.FD }

func (k inKernel) lookup(key, value []byte, flags uint64) error {
	if flags == 0 {
		return syscall.MapLookup(k.fd, key, value)
	}
	return syscall.MapLookupFlags(k.fd, key, value, flags)
}

func (k inKernel) update(key, value []byte, flags uint64) error {
	return syscall.MapUpdate(k.fd, key, value, flags)
}

func (k inKernel) remove(key []byte) error { return syscall.MapDelete(k.fd, key) }

func (k inKernel) take(key, value []byte) error {
	return syscall.MapLookupAndDelete(k.fd, key, value, 0)
}

func (k inKernel) updateBatch(keys, values []byte) (int, error) {
	return syscall.MapUpdateBatch(k.fd, keys, values, 0)
}

func (k inKernel) removeBatch(keys []byte) (int, error) { return syscall.MapDeleteBatch(k.fd, keys) }

func (k inKernel) cpus() (int, error) { return syscall.PossibleCPUs() }

func (k inKernel) walk(m *Map, take bool, valueSize int, yield func(key, value []byte) bool) error {
	return m.walkBatches(k.fd, take, valueSize, yield)
}

// An inProcess is a map in this process. Its errors are those of the kernel.
type inProcess struct{ local *usermap.Map }

func failedAs(c syscall.Command, err error) error {
	if no, ok := err.(errno.Errno); ok {
		return &syscall.Error{Command: c, Errno: no}
	}
	return err
}

func (p inProcess) lookup(key, value []byte, _ uint64) error {
	return failedAs(syscall.CmdMapLookup, p.local.Lookup(key, value))
}

func (p inProcess) update(key, value []byte, flags uint64) error {
	return failedAs(syscall.CmdMapUpdate, p.local.Update(key, value, flags, usermap.AllCPUs))
}

func (p inProcess) remove(key []byte) error {
	return failedAs(syscall.CmdMapDelete, p.local.Delete(key))
}

func (p inProcess) take(key, value []byte) error {
	return failedAs(syscall.CmdMapTake, p.local.Take(key, value))
}

func (p inProcess) updateBatch(keys, values []byte) (int, error) {
	k, v := int(p.local.Spec.KeySize), int(p.local.Spec.ValueSize)
	for n := 0; n*k < len(keys); n++ {
		if err := p.local.Update(keys[n*k:(n+1)*k], values[n*v:(n+1)*v], 0, usermap.AllCPUs); err != nil {
			return n, failedAs(syscall.CmdMapUpdateMany, err)
		}
	}
	return len(keys) / k, nil
}

func (p inProcess) removeBatch(keys []byte) (int, error) {
	k := int(p.local.Spec.KeySize)
	for n := 0; n*k < len(keys); n++ {
		if err := p.local.Delete(keys[n*k : (n+1)*k]); err != nil {
			return n, failedAs(syscall.CmdMapDeleteMany, err)
		}
	}
	return len(keys) / k, nil
}

func (p inProcess) cpus() (int, error) { return usermap.CPUs, nil }

func (p inProcess) walk(_ *Map, take bool, valueSize int, yield func(key, value []byte) bool) error {
	for key, at := range p.local.All() {
		value := make([]byte, valueSize)
		copy(value, p.local.Values()[at:])
		if take {
			if err := p.local.Delete(key); err != nil {
				return fmt.Errorf("%w while the map is drained", err)
			}
		}
		if !yield(key, value) {
			return nil
		}
	}
	return nil
}
