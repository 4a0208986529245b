// Package usermap has the kernel's maps in user space, for machines of package vm. A map is used by both sides, as in the kernel: by
// programs, through package vm, and by the handles of package maps.
//
// Values are one after the other in one piece of memory, and a program gets the address of a value in it. Errors are the kernel's errnos.
package usermap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"sync"
	"syscall"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// CPUs is how many values each element of a per-CPU map has.
const CPUs = 4

// The flags of updates (include/uapi/linux/bpf.h). BPF_F_LOCK may be added to the others; a machine runs alone, so it does nothing.
const (
	flagNoExist = 1
	flagExist   = 2
	flagLock    = 4
)

// What the kernel returns.
const (
	errFull    = syscall.E2BIG
	errMissing = syscall.ENOENT
	errExists  = syscall.EEXIST
	errInvalid = syscall.EINVAL
)

// A Map is a map of one of the types that New accepts.
type Map struct {
	Spec *dsl.MapSpec

	mu     sync.Mutex
	cpus   int             // values of an element
	values []byte          // of all slots; of each slot, those of all CPUs
	keys   []byte          // of all slots; nil if keys are indexes
	slots  map[string]int  // of keys; nil if keys are indexes
	free   []int           // slots that were used
	used   int             // slots that are or were used
	order  []int           // slots, the one that was used longest ago first: of LRU maps, queues and stacks
	ring   *ring           // of a ring buffer
	inners map[string]*Map // of a map of maps, by key
}

// New makes a map. All values of an array are zero; other maps are empty.
func New(spec *dsl.MapSpec) (*Map, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	m := &Map{Spec: spec, cpus: 1}
	const most = 1 << 30
	if size := uint64(spec.MaxEntries) * uint64(spec.ValueSize); size > most && !spec.Type.IsRing() {
		return nil, fmt.Errorf("its values take %d bytes: a machine in user space gives a map at most %d", size, most)
	}
	switch spec.Type {
	case linux.MapTypePerCPUArray:
		m.cpus = CPUs
		m.values = make([]byte, int(spec.MaxEntries)*m.Stride()*m.cpus)
	case linux.MapTypeArray:
		m.values = make([]byte, int(spec.MaxEntries)*m.Stride())
	case linux.MapTypePerCPUHash, linux.MapTypeLRUPerCPUHash:
		m.cpus = CPUs
		m.slots = make(map[string]int)
	case linux.MapTypeHash, linux.MapTypeLRUHash, linux.MapTypeLPMTrie:
		m.slots = make(map[string]int)
	case linux.MapTypeSKStorage, linux.MapTypeTaskStorage, linux.MapTypeInodeStorage, linux.MapTypeCgrpStorage:
		m.slots = make(map[string]int)
	case linux.MapTypeQueue, linux.MapTypeStack, linux.MapTypeArrayOfMaps, linux.MapTypeHashOfMaps:
	case linux.MapTypeProgArray:
	case linux.MapTypeRingBuf:
		m.ring = newRing(int(spec.MaxEntries))
	default:
		return nil, fmt.Errorf("a map of type %v is not in the machine yet", spec.Type)
	}
	return m, nil
}

// Stride is the distance between two values in bytes: user space sees values of per-CPU maps in this distance too.
func (m *Map) Stride() int { return (int(m.Spec.ValueSize) + 7) &^ 7 }

// Values is the memory of all values. It moves when a hash grows, so it must be asked for after each change.
func (m *Map) Values() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values
}

// Find gives the place of the value of a key in Values, for the CPU.
func (m *Map) Find(key []byte, cpu int) (offset int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slot, ok := m.find(key)
	if ok {
		m.touch(slot)
	}
	return m.offset(slot, cpu), ok
}

func (m *Map) offset(slot, cpu int) int { return (slot*m.cpus + cpu%m.cpus) * m.Stride() }

// keySize is the size of a key in bytes.
func (m *Map) keySize() int {
	if m.IsStorage() {
		return storageKey
	}
	return int(m.Spec.KeySize)
}

// find gives the slot of a key.
func (m *Map) find(key []byte) (slot int, ok bool) {
	switch {
	case len(key) != m.keySize():
		return 0, false
	case m.Spec.Type == linux.MapTypeLPMTrie:
		return m.longest(key)
	case m.slots != nil:
		slot, ok = m.slots[string(key)]
		return slot, ok
	case len(key) != 4 || m.values == nil:
		return 0, false
	}
	index := binary.LittleEndian.Uint32(key)
	return int(index), index < m.Spec.MaxEntries
}

// touch makes a slot of an LRU map the one that was used last.
func (m *Map) touch(slot int) {
	if !m.isLRU() {
		return
	}
	if n := len(m.order); n > 0 && m.order[n-1] == slot {
		return
	}
	m.forget(slot)
	m.order = append(m.order, slot)
}

func (m *Map) isLRU() bool {
	return m.Spec.Type == linux.MapTypeLRUHash || m.Spec.Type == linux.MapTypeLRUPerCPUHash
}

// forget takes a slot out of the order.
func (m *Map) forget(slot int) {
	for n, s := range m.order {
		if s == slot {
			m.order = append(m.order[:n], m.order[n+1:]...)
			return
		}
	}
}

// Lookup copies the value of a key; of a per-CPU map, the values of all CPUs.
func (m *Map) Lookup(key, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isSeries() {
		return m.next(value, false)
	}
	slot, ok := m.find(key)
	if !ok {
		return errMissing
	}
	copy(value, m.values[m.offset(slot, 0):m.offset(slot+1, 0)])
	return nil
}

// AllCPUs is the cpu of an update that has the values of all CPUs, as those of user space do.
const AllCPUs = -1

// Update sets the value of a key, or of one CPU. For a queue or a stack it adds the value.
func (m *Map) Update(key, value []byte, flags uint64, cpu int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isSeries() {
		return m.push(value, flags)
	}
	flags &^= flagLock
	if flags > flagExist || m.ring != nil || m.Spec.Type == linux.MapTypeProgArray || m.IsNested() {
		return errInvalid
	}
	slot, ok := m.exact(key)
	switch {
	case m.slots == nil && !ok:
		return errFull
	case ok && flags == flagNoExist:
		return errExists
	case !ok && flags == flagExist:
		return errMissing
	case !ok:
		var err error
		if slot, err = m.insert(key); err != nil {
			return err
		}
	}
	m.touch(slot)
	if cpu == AllCPUs {
		copy(m.values[m.offset(slot, 0):m.offset(slot+1, 0)], value)
		return nil
	}
	at := m.offset(slot, cpu)
	copy(m.values[at:at+int(m.Spec.ValueSize)], value)
	return nil
}

// exact is find for changes: a trie has its keys one by one.
func (m *Map) exact(key []byte) (int, bool) {
	if m.Spec.Type != linux.MapTypeLPMTrie {
		return m.find(key)
	}
	slot, ok := m.slots[string(prefixOf(key))]
	return slot, ok
}

// insert gives a key a slot with a value of zeros.
func (m *Map) insert(key []byte) (slot int, err error) {
	if m.Spec.Type == linux.MapTypeLPMTrie {
		if int64(binary.LittleEndian.Uint32(key)) > 8*(int64(len(key))-4) {
			return 0, errInvalid
		}
		key = prefixOf(key)
	}
	if len(m.slots) >= int(m.Spec.MaxEntries) && !m.IsStorage() {
		if m.Spec.Type == linux.MapTypeLPMTrie {
			return 0, syscall.ENOSPC
		}
		if !m.isLRU() {
			return 0, errFull
		}
		m.release(m.order[0])
	}
	if n := len(m.free); n > 0 {
		slot, m.free = m.free[n-1], m.free[:n-1]
	} else {
		slot = m.used
		m.used++
		m.keys = append(m.keys, make([]byte, m.keySize())...)
		m.values = append(m.values, make([]byte, m.cpus*m.Stride())...)
	}
	copy(m.keys[slot*len(key):], key)
	clear(m.values[m.offset(slot, 0):m.offset(slot+1, 0)])
	m.slots[string(key)] = slot
	return slot, nil
}

// release makes a slot free. Its value stays until the slot is used again, so a program that still has its address reads the old one.
func (m *Map) release(slot int) {
	size := m.keySize()
	delete(m.slots, string(m.keys[slot*size:(slot+1)*size]))
	m.forget(slot)
	m.free = append(m.free, slot)
}

// Delete removes a key.
func (m *Map) Delete(key []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remove(key)
}

func (m *Map) remove(key []byte) error {
	if m.slots == nil {
		return errInvalid
	}
	slot, ok := m.exact(key)
	if !ok {
		return errMissing
	}
	m.release(slot)
	return nil
}

// Take removes a key, or the next value of a queue or a stack, and copies the value.
func (m *Map) Take(key, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isSeries() {
		return m.next(value, true)
	}
	slot, ok := m.exact(key)
	if !ok {
		return errMissing
	}
	copy(value, m.values[m.offset(slot, 0):m.offset(slot+1, 0)])
	return m.remove(key)
}

// Len is how many elements there are.
func (m *Map) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.isSeries():
		return len(m.order)
	case m.IsNested():
		return len(m.inners)
	case m.slots != nil:
		return len(m.slots)
	}
	return int(m.Spec.MaxEntries)
}

// All ranges over keys, and the places of their values in Values for CPU 0. Elements may be changed meanwhile.
func (m *Map) All() iter.Seq2[[]byte, int] {
	return func(yield func([]byte, int) bool) {
		for slot := 0; ; slot++ {
			key, end := m.keyAt(slot)
			if end || key != nil && !yield(key, m.offset(slot, 0)) {
				return
			}
		}
	}
}

// keyAt is the key in a slot, nil if it is free. end says that there are no more slots.
func (m *Map) keyAt(slot int) (key []byte, end bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slots == nil {
		if m.values == nil || slot >= int(m.Spec.MaxEntries) {
			return nil, true
		}
		return binary.LittleEndian.AppendUint32(nil, uint32(slot)), false
	}
	if slot >= m.used {
		return nil, true
	}
	size := m.keySize()
	key = bytes.Clone(m.keys[slot*size : (slot+1)*size])
	if at, ok := m.slots[string(key)]; !ok || at != slot {
		return nil, false
	}
	return key, false
}

// longest finds the longest prefix of a key in a trie.
func (m *Map) longest(key []byte) (slot int, ok bool) {
	length, best := binary.LittleEndian.Uint32(key), -1
	for prefix, s := range m.slots {
		n := binary.LittleEndian.Uint32([]byte(prefix))
		if n <= length && int(n) > best && commonBits(key[4:], []byte(prefix)[4:]) >= int(n) {
			slot, best = s, int(n)
		}
	}
	return slot, best >= 0
}

// commonBits is how many bits at the beginning are the same.
func commonBits(a, b []byte) int {
	for n := range a {
		if d := a[n] ^ b[n]; d != 0 {
			return 8*n + bits.LeadingZeros8(d)
		}
	}
	return 8 * len(a)
}

// prefixOf is a key of a trie without the bits after its prefix: two keys with the same prefix are one.
func prefixOf(key []byte) []byte {
	key = bytes.Clone(key)
	length := int(binary.LittleEndian.Uint32(key))
	for n := range key[4:] {
		if keep := length - 8*n; keep < 8 {
			key[4+n] &= ^byte(0) << (8 - max(keep, 0))
		}
	}
	return key
}
