package dsl

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A MapSpec declares a map: memory that programs and user space share. The
// pointer identifies the map, as *Program identifies a program: programs with the same
// spec use the same map.
//
// A spec describes a map; the map may not exist yet. Package maps makes specs
// from Go types, and creates, reads and writes the maps; package prog creates
// those that a program needs and that do not exist yet.
type MapSpec struct {
	Name string
	Type MapType

	// Key and Value are the layouts of an element. They are nil when only the size in bytes is known, and for kinds of map without keys or
	// values.
	Key, Value         *Layout
	KeySize, ValueSize uint32 // bytes; with a Layout, the size of the layout

	MaxEntries uint32   // elements; bytes of a ring buffer, pages of an arena
	Flags      uint32   // BPF_F_… of BPF_MAP_CREATE (include/uapi/linux/bpf.h); syscall.MapFlags
	Extra      uint64   // map_extra; its meaning is the kind's
	Inner      *MapSpec // of a map of maps: describes the inner maps

	// Owner is the map's handle of package maps in user space, or nil for a spec that
	// was written by hand.
	Owner any

	Pos Position // where it was declared
	Err error    // a declaration that cannot work, reported when compiling and creating
}

// String names the map for messages.
func (m *MapSpec) String() string {
	if m == nil {
		return "a nil map"
	}
	return fmt.Sprintf("map %q", m.Name)
}

// Check returns what is wrong with the declaration: Err, or sizes and flags with which no kernel creates such a map. Flags and the
// maximum may be set after the declaration, so compiling and creating a map call it.
func (m *MapSpec) Check() error {
	if m.Err != nil {
		return m.Err
	}
	info := m.Type.Info()
	if m.Type == linux.MapTypeUnspec || info.Name == "" {
		return nil
	}
	var wrong []error
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	switch {
	case m.Type.IsRing():
		// A page has 4096 bytes or more.
		if n := m.MaxEntries; n < linux.SmallestPage || n&(n-1) != 0 {
			add("a ring buffer of %s: the size must be a power of two and at least a page", phrase.Count(n, "byte"))
		}
	case m.Type.HasMaximum() && m.MaxEntries == 0:
		add("its maximum number of elements is 0; must be at least 1")
	case !m.Type.HasMaximum() && m.MaxEntries != 0:
		add("its maximum number of elements is %d, but %s has none; must be 0", m.MaxEntries, phrase.A(m.Type.String()))
	}
	switch {
	case info.Key == linux.KeyNone && m.KeySize != 0:
		add("its keys have %s, but %s has no keys", phrase.Count(m.KeySize, "byte"), phrase.A(m.Type.String()))
	case info.Key == linux.KeyIndex && m.KeySize != 4:
		add("its keys have %s; the keys of %s are numbers of 4 bytes", phrase.Count(m.KeySize, "byte"), phrase.A(m.Type.String()))
	case info.Key == linux.KeyAny && m.KeySize == 0:
		add("its keys have 0 bytes; must be at least 1")
	}
	flags := linux.MapFlags(m.Flags)
	known := linux.AllMapFlags | info.Flags
	switch {
	case flags&^known != 0:
		add("its flags %#x do not exist", uint32(flags&^known))
	case info.Flags != 0 && flags&^info.Flags != 0:
		add("%s cannot have the flags %v; possible are %v", phrase.A(m.Type.String()), flags&^info.Flags, info.Flags)
	case flags&info.Must != info.Must:
		add("its flags must contain %v, as for each %v", info.Must&^flags, m.Type)
	}
	if m.Inner != nil {
		if err := m.Inner.Check(); err != nil {
			wrong = append(wrong, fmt.Errorf("its inner %v: %w", m.Inner, err))
		}
	}
	return errors.Join(wrong...)
}

// A MapType is a kind of map, by the kernel's number; syscall.MapType is the same type.
type MapType = linux.MapType

// The kinds that package maps has handles for. Others have names in package syscall.
const (
	MapHash          = linux.MapTypeHash
	MapArray         = linux.MapTypeArray
	MapProgArray     = linux.MapTypeProgArray
	MapPerCPUHash    = linux.MapTypePerCPUHash
	MapPerCPUArray   = linux.MapTypePerCPUArray
	MapLRUHash       = linux.MapTypeLRUHash
	MapLRUPerCPUHash = linux.MapTypeLRUPerCPUHash
	MapLPMTrie       = linux.MapTypeLPMTrie
	MapArrayOfMaps   = linux.MapTypeArrayOfMaps
	MapHashOfMaps    = linux.MapTypeHashOfMaps
	MapQueue         = linux.MapTypeQueue
	MapStack         = linux.MapTypeStack
	MapSockMap       = linux.MapTypeSockMap
	MapSkStorage     = linux.MapTypeSKStorage
	MapRingBuf       = linux.MapTypeRingBuf
	MapInodeStorage  = linux.MapTypeInodeStorage
	MapTaskStorage   = linux.MapTypeTaskStorage
	MapUserRingBuf   = linux.MapTypeUserRingBuf
	MapCgroupStorage = linux.MapTypeCgrpStorage
	MapArena         = linux.MapTypeArena
)

// LoadMap loads the address of a map for helpers such as map_lookup_elem. It is
// [LoadMapFD], but with a declaration in place of a file descriptor.
//
//go:noinline
func LoadMap(dst isa.Register, m *MapSpec) Item {
	return symbolic(record.MapAddress, isa.LoadMapFD(dst, 0), record.Reference{To: m})
}

// LoadMapData loads the address of byte off in the value of a map that is an
// array of one element: a variable. It needs no look-up and is never nil. It is
// [LoadMapValue], but with a declaration in place of a file descriptor. Linux 5.2.
//
//go:noinline
func LoadMapData(dst isa.Register, m *MapSpec, off uint32) Item {
	return symbolic(record.MapValueAddress, isa.LoadMapValue(dst, 0, off), record.Reference{To: m})
}
