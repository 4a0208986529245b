package vm

import (
	"encoding/binary"

	"github.com/bpfsmith/bpfsmith/internal/usermap"
)

// Addresses have the number of a region in the upper half. In the lower half, a region begins in the middle: so a pointer that was moved
// out of its region, to either side, still tells which one it was. The address 0 and the pages around it are in no region.
//
// Region 0 is the packet, because contexts of packets have its addresses in 32 bits.
const (
	regionShift = 32
	middle      = 1 << 31

	packetRegion  = 0
	stackRegion   = 1 // of the first function; those that it calls follow
	contextRegion = stackRegion + maxFrames
	codeRegion    = contextRegion + 1
	firstFree     = codeRegion + 1
)

// firstAddress is the address of a region's first byte.
func firstAddress(region int) uint64 { return uint64(region)<<regionShift | middle }

// codeAddress is the address of a function, by the index of its first instruction.
func codeAddress(index int) uint64 { return firstAddress(codeRegion) + 8*uint64(index) }

// codeIndex is the reverse of codeAddress. ok is false if the address is not that of an instruction.
func codeIndex(addr uint64) (index int, ok bool) {
	at := addr - firstAddress(codeRegion)
	return int(at / 8), at>>regionShift == 0 && at < middle && at%8 == 0
}

// A region is memory at an address.
type region struct {
	read  []byte // what loads may access; nil if nothing
	write []byte // what stores may access; nil if nothing
	name  string // for messages: "the stack"
	size  int    // for messages: the bytes that it has, or had
	gone  bool   // it was there, and was removed

	object   *Struct         // the object of the kernel that it is, or nil
	packet   *Packet         // the packet whose context it is, or nil
	table    *usermap.Map    // the map that its address stands for, or nil
	elements *usermap.Map    // the map whose values it has, or nil
	record   *usermap.Record // the record of a ring buffer that it is, or nil
}

// A Memory is a piece of Go memory that programs may access while it belongs to a machine.
type Memory struct {
	Name     string // for messages, with an article: "the packet"
	Data     []byte
	ReadOnly bool
}

func (mem Memory) region() region {
	r := region{read: mem.Data, write: mem.Data, name: mem.Name, size: len(mem.Data)}
	if mem.ReadOnly {
		r.write = nil
	}
	if r.name == "" {
		r.name = "the memory"
	}
	return r
}

// Add makes memory accessible to programs, and returns its address. It must have less than 2 GB.
func (m *Machine) Add(mem Memory) (addr uint64) { return m.addRegion(mem.region()) }

// removedKept is how many removed regions are remembered, so that their use is seen, before their numbers are used again.
const removedKept = 1024

func (m *Machine) addRegion(r region) (addr uint64) {
	if len(m.removed) > removedKept {
		n := m.removed[0]
		m.removed = m.removed[1:]
		m.regions[n] = r
		return firstAddress(n)
	}
	m.regions = append(m.regions, r)
	return firstAddress(len(m.regions) - 1)
}

// Remove makes the memory at an address of Add inaccessible. A program that uses it later ends with a fault that says so.
func (m *Machine) Remove(addr uint64) {
	if n := addr >> regionShift; n >= firstFree && n < uint64(len(m.regions)) {
		r := &m.regions[n]
		if !r.gone {
			m.removed = append(m.removed, int(n))
		}
		r.read, r.write, r.gone = nil, nil, true
	}
}

// SetPacket makes data the packet that programs access through the addresses in their context. It returns its address, which fits 32 bits.
func (m *Machine) SetPacket(data []byte) (addr uint64) {
	m.regions[packetRegion] = Memory{Name: "the packet", Data: data}.region()
	return firstAddress(packetRegion)
}

// Bytes gives n bytes at an address of a program's memory, as helpers get it, to read. It fails as a load of the program would.
func (m *Machine) Bytes(addr uint64, n int) ([]byte, error) {
	if b, ok := m.bytes(addr, n, false); ok {
		return b, nil
	}
	return nil, m.accessError(addr, n, false)
}

// Writable is Bytes for memory that the caller writes.
func (m *Machine) Writable(addr uint64, n int) ([]byte, error) {
	if b, ok := m.bytes(addr, n, true); ok {
		return b, nil
	}
	return nil, m.accessError(addr, n, true)
}

// bytes gives the memory at an address. All accesses go through here, if fast has not found plain memory.
func (m *Machine) bytes(addr uint64, n int, write bool) ([]byte, bool) {
	number := addr >> regionShift
	if number >= uint64(len(m.regions)) || n < 0 {
		return nil, false
	}
	r := &m.regions[number]
	b := r.read
	at := int64(addr&(1<<regionShift-1)) - middle
	if r.elements != nil {
		return element(r.elements, at, n, write)
	}
	if write && !r.allows(at, n) {
		b = r.write
	}
	if at < 0 || at > int64(len(b)) || int64(n) > int64(len(b))-at {
		return nil, false
	}
	return b[at : at+int64(n) : at+int64(n)], true
}

// allows reports whether programs may write these bytes of a region that they may not write as a whole.
func (r *region) allows(at int64, n int) bool {
	return r.object != nil && r.object.allows(at, n) || r.packet != nil && r.packet.allows(at, n)
}

// load reads size bytes, 1, 2, 4 or 8.
func load(b []byte, size uint8) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// store writes the low size bytes of v.
func store(b []byte, size uint8, v uint64) {
	switch size {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, v)
	}
}
