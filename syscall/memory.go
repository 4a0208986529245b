package syscall

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A Memory is a part of a map that is mapped into this process. The process sees what programs write there, and programs see what the
// process writes, without a command.
//
// All accesses are checked: accesses outside, unaligned ones, and those after Close return errors that wrap [fs.ErrInvalid] and
// [fs.ErrClosed].
type Memory struct {
	mu       sync.Mutex
	data     []byte // not the collector's, but where own is set
	writable bool
	closed   bool
	lent     bool // to a word, which must be able to go on
	own      bool // it is the process's own, and never mapped
	cleanup  runtime.Cleanup
}

// newMemory takes over mapped memory. The memory is unmapped when nothing refers to it any more, words included, or earlier by Close.
func newMemory(data []byte, writable bool) *Memory {
	m := &Memory{data: data, writable: writable}
	m.cleanup = runtime.AddCleanup(m, func(data []byte) { _ = unmap(data) }, data)
	return m
}

// NewMemory is a Memory of this process alone: that of a map which is not in the kernel. data must be aligned to 8 bytes.
func NewMemory(data []byte) *Memory { return &Memory{data: data, writable: true, own: true} }

// PageSize is the size of a page on this machine, in bytes.
func PageSize() int { return os.Getpagesize() }

// Len is the size in bytes, also after Close.
func (m *Memory) Len() int { return len(m.data) }

// Address is the address of the memory in this process. Use it to compare addresses in an arena, not to access memory.
func (m *Memory) Address() uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(m.data)))) }

// Close ends the use of the memory. It stays mapped as long as a word of it is
// held. Further calls do nothing and return nil.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if m.lent || m.own {
		return nil
	}
	m.cleanup.Stop()
	return unmap(m.data)
}

// at returns n bytes at an offset. The caller holds m.mu.
func (m *Memory) at(off, n int, write bool) ([]byte, error) {
	switch {
	case m.closed:
		return nil, fmt.Errorf("memory of a map: %w", fs.ErrClosed)
	case off < 0 || n < 0 || off > len(m.data)-n:
		return nil, fmt.Errorf("memory of a map: %d bytes at offset %d of %d: %w", n, off, len(m.data), fs.ErrInvalid)
	case write && !m.writable:
		return nil, fmt.Errorf("memory of a map: it is mapped to read only: %w", fs.ErrInvalid)
	}
	return m.data[off : off+n : off+n], nil
}

// aligned is at for an atomic access of n bytes.
func (m *Memory) aligned(off, n int, write bool) (unsafe.Pointer, error) {
	b, err := m.at(off, n, write)
	if err != nil {
		return nil, err
	}
	if off%n != 0 {
		return nil, fmt.Errorf("memory of a map: offset %d is not a multiple of %d, which atomic access needs: %w", off, n, fs.ErrInvalid)
	}
	return unsafe.Pointer(unsafe.SliceData(b)), nil
}

// Read copies bytes at an offset into p. Programs may write meanwhile, so p may get some old bytes and some new ones.
func (m *Memory) Read(p []byte, off int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.at(off, len(p), false)
	copy(p, b)
	return err
}

// Write copies p to an offset, not atomically either.
func (m *Memory) Write(p []byte, off int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.at(off, len(p), true)
	copy(b, p)
	return err
}

// Load32 reads a number atomically.
func (m *Memory) Load32(off int) (uint32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 4, false)
	if err != nil {
		return 0, err
	}
	return atomic.LoadUint32((*uint32)(p)), nil
}

// Load64 reads a number atomically.
func (m *Memory) Load64(off int) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 8, false)
	if err != nil {
		return 0, err
	}
	return atomic.LoadUint64((*uint64)(p)), nil
}

// Store32 writes a number atomically.
func (m *Memory) Store32(off int, n uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 4, true)
	if err == nil {
		atomic.StoreUint32((*uint32)(p), n)
	}
	return err
}

// Store64 writes a number atomically.
func (m *Memory) Store64(off int, n uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 8, true)
	if err == nil {
		atomic.StoreUint64((*uint64)(p), n)
	}
	return err
}

// Word32 gives lasting access to a number in writable memory.
func (m *Memory) Word32(off int) (Word32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 4, true)
	if err != nil {
		return Word32{}, err
	}
	m.lent = true
	return Word32{m, (*uint32)(p)}, nil
}

// Word64 gives lasting access to a number in writable memory.
func (m *Memory) Word64(off int) (Word64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.aligned(off, 8, true)
	if err != nil {
		return Word64{}, err
	}
	m.lent = true
	return Word64{m, (*uint64)(p)}, nil
}

// A Word64 is a number of 64 bits in a map's memory, with atomic access. It stays valid as long as it is referenced, even after
// Close. The zero value is not usable.
type Word64 struct {
	memory *Memory // which is mapped as long as this refers to it
	p      *uint64
}

// A Word32 is a number of 32 bits in a map's memory, as a Word64.
type Word32 struct {
	memory *Memory
	p      *uint32
}

// Load returns the number.
func (w Word64) Load() uint64 {
	defer runtime.KeepAlive(w.memory)
	return atomic.LoadUint64(w.p)
}

// Store sets the number.
func (w Word64) Store(n uint64) {
	defer runtime.KeepAlive(w.memory)
	atomic.StoreUint64(w.p, n)
}

// Add adds to the number and returns the new number.
func (w Word64) Add(delta uint64) uint64 {
	defer runtime.KeepAlive(w.memory)
	return atomic.AddUint64(w.p, delta)
}

// Swap sets the number and returns the old number.
func (w Word64) Swap(n uint64) uint64 {
	defer runtime.KeepAlive(w.memory)
	return atomic.SwapUint64(w.p, n)
}

// CompareAndSwap sets the number to n if it equals old, and reports whether it did.
func (w Word64) CompareAndSwap(old, n uint64) bool {
	defer runtime.KeepAlive(w.memory)
	return atomic.CompareAndSwapUint64(w.p, old, n)
}

// Load returns the number.
func (w Word32) Load() uint32 {
	defer runtime.KeepAlive(w.memory)
	return atomic.LoadUint32(w.p)
}

// Store sets the number.
func (w Word32) Store(n uint32) {
	defer runtime.KeepAlive(w.memory)
	atomic.StoreUint32(w.p, n)
}

// Add adds to the number and returns the new number.
func (w Word32) Add(delta uint32) uint32 {
	defer runtime.KeepAlive(w.memory)
	return atomic.AddUint32(w.p, delta)
}

// Swap sets the number and returns the old number.
func (w Word32) Swap(n uint32) uint32 {
	defer runtime.KeepAlive(w.memory)
	return atomic.SwapUint32(w.p, n)
}

// CompareAndSwap sets the number to n if it equals old, and reports whether it did.
func (w Word32) CompareAndSwap(old, n uint32) bool {
	defer runtime.KeepAlive(w.memory)
	return atomic.CompareAndSwapUint32(w.p, old, n)
}
