package vm

import (
	"encoding/binary"
	"syscall"

	"github.com/bpfsmith/bpfsmith/internal/usermap"
)

// A dynptr is memory whose bounds are known when the program runs (struct bpf_dynptr_kern, include/linux/bpf.h, Linux 6.18). In the 16
// bytes that a program has for it are the address, the size with the kind in the upper bits, and 4 bytes that are not used.

const (
	dynptrSize     = 16        // bytes of struct bpf_dynptr
	dynptrMost     = 1<<24 - 1 // bytes that one leads to
	dynptrReadOnly = 1 << 31
	dynptrPacket   = 1 << 28 // no address is given out
)

// A dynptr is one as it is in memory.
type dynptr struct {
	memory []byte // of the program
	addr   uint64
	size   uint32
	flags  uint32
}

// dynptrArg is the dynptr that an argument points to.
func (m *Machine) dynptrArg(n int) (dynptr, error) {
	b, err := m.Writable(m.Arg(n), dynptrSize)
	if err != nil {
		return dynptr{}, err
	}
	size := binary.LittleEndian.Uint32(b[8:])
	return dynptr{b, binary.LittleEndian.Uint64(b), size & dynptrMost, size &^ dynptrMost}, nil
}

// set writes it.
func (d *dynptr) set(addr uint64, size, flags uint32) {
	d.addr, d.size, d.flags = addr, size, flags
	binary.LittleEndian.PutUint64(d.memory, addr)
	binary.LittleEndian.PutUint32(d.memory[8:], size|flags)
	binary.LittleEndian.PutUint32(d.memory[12:], 0)
}

// has reports whether it leads to n bytes from an offset on.
func (d *dynptr) has(offset, n uint64) bool { return n <= uint64(d.size) && offset <= uint64(d.size)-n }

// dynptrFromMemory is bpf_dynptr_from_mem(data, size, flags, ptr).
func dynptrFromMemory(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(4)
	if err != nil {
		return 0, err
	}
	size := uint32(m.Arg(2))
	d.set(0, 0, 0)
	switch {
	case size > dynptrMost:
		return errnoOf(syscall.E2BIG)
	case m.Arg(3) != 0:
		return errnoOf(syscall.EINVAL)
	}
	if _, err := m.Writable(m.Arg(1), int(size)); err != nil {
		return 0, err
	}
	d.set(m.Arg(1), size, 0)
	return 0, nil
}

// ringReserveDynptr is bpf_ringbuf_reserve_dynptr(ringbuf, size, flags, ptr).
func ringReserveDynptr(m *Machine) (uint64, error) {
	l, err := m.ringArg()
	if err != nil {
		return 0, err
	}
	d, err := m.dynptrArg(4)
	if err != nil {
		return 0, err
	}
	size := uint32(m.Arg(2))
	d.set(0, 0, 0)
	switch {
	case m.Arg(3) != 0:
		return errnoOf(syscall.EINVAL)
	case size > dynptrMost:
		return errnoOf(syscall.E2BIG)
	}
	record := l.content.Reserve(int(size))
	if record == nil {
		return errnoOf(syscall.EINVAL)
	}
	addr := m.Add(Memory{Name: "the record", Data: record.Data})
	m.region(addr).record = record
	d.set(addr, size, 0)
	return 0, nil
}

func ringSubmitDynptr(m *Machine) (uint64, error) {
	return 0, m.finishDynptr((*usermap.Record).Submit)
}

func ringDiscardDynptr(m *Machine) (uint64, error) {
	return 0, m.finishDynptr((*usermap.Record).Discard)
}

// finishDynptr ends the record of a dynptr. One of a reservation that failed is nil, and nothing happens.
func (m *Machine) finishDynptr(finish func(*usermap.Record)) error {
	d, err := m.dynptrArg(1)
	if err != nil || d.addr == 0 {
		return err
	}
	r := m.region(d.addr)
	if r.record == nil || r.gone {
		return &accessError{NotAnAddress, "argument 1 is not the dynptr of a record that is reserved"}
	}
	finish(r.record)
	m.Remove(d.addr)
	d.set(0, 0, 0)
	return nil
}

// dynptrRead is bpf_dynptr_read(dst, len, src, offset, flags).
func dynptrRead(m *Machine) (uint64, error) {
	to, err := m.Writable(m.Arg(1), int(uint32(m.Arg(2))))
	if err != nil {
		return 0, err
	}
	d, err := m.dynptrArg(3)
	if err != nil {
		return 0, err
	}
	offset := uint64(uint32(m.Arg(4)))
	switch {
	case d.addr == 0 || m.Arg(5) != 0:
		return errnoOf(syscall.EINVAL)
	case !d.has(offset, uint64(len(to))):
		return errnoOf(syscall.E2BIG)
	}
	from, err := m.Bytes(d.addr+offset, len(to))
	copy(to, from)
	return 0, err
}

// dynptrWrite is bpf_dynptr_write(dst, offset, src, len, flags).
func dynptrWrite(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err != nil {
		return 0, err
	}
	from, err := m.Bytes(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	offset := uint64(uint32(m.Arg(2)))
	switch {
	case d.addr == 0 || m.Arg(5) != 0 || d.flags&dynptrReadOnly != 0:
		return errnoOf(syscall.EINVAL)
	case !d.has(offset, uint64(len(from))):
		return errnoOf(syscall.E2BIG)
	}
	to, err := m.Writable(d.addr+offset, len(from))
	copy(to, from)
	return 0, err
}

// dynptrData is bpf_dynptr_data(ptr, offset, len): the address, or nil. There is none of a packet.
func dynptrData(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err != nil {
		return 0, err
	}
	offset := uint64(uint32(m.Arg(2)))
	if d.addr == 0 || d.flags != 0 || !d.has(offset, uint64(uint32(m.Arg(3)))) {
		return 0, nil
	}
	return d.addr + offset, nil
}

// dynptrFromPacket is bpf_dynptr_from_skb(skb, flags, ptr), and bpf_dynptr_from_xdp(xdp, flags, ptr).
func dynptrFromPacket(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	d, err := m.dynptrArg(3)
	if err != nil {
		return 0, err
	}
	if d.set(0, 0, 0); m.Arg(2) != 0 {
		return errnoOf(syscall.EINVAL)
	}
	d.set(firstAddress(packetRegion)+uint64(p.data-p.meta), uint32(len(p.Bytes())), dynptrPacket)
	return 0, nil
}

// dynptrSlice is bpf_dynptr_slice(ptr, offset, buffer, len), and bpf_dynptr_slice_rdwr: the address, or nil. The buffer is not needed,
// because the packet is in one piece.
func dynptrSlice(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err != nil {
		return 0, err
	}
	offset := uint64(uint32(m.Arg(2)))
	if d.addr == 0 || !d.has(offset, uint64(uint32(m.Arg(4)))) {
		return 0, nil
	}
	return d.addr + offset, nil
}

// dynptrAdjust is int bpf_dynptr_adjust(ptr, u32 start, u32 end): the part from start to end.
func dynptrAdjust(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err != nil {
		return 0, err
	}
	start, end := uint32(m.Arg(2)), uint32(m.Arg(3))
	switch {
	case d.addr == 0 || start > end:
		return errnoOf(syscall.EINVAL)
	case start > d.size || end > d.size:
		return errnoOf(syscall.ERANGE)
	}
	d.set(d.addr+uint64(start), end-start, d.flags)
	return 0, nil
}

// dynptrLength is u32 bpf_dynptr_size(ptr).
func dynptrLength(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err == nil && d.addr == 0 {
		return errnoOf(syscall.EINVAL)
	}
	return uint64(d.size), err
}

// dynptrIsNil is bool bpf_dynptr_is_null(ptr).
func dynptrIsNil(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	if err == nil && d.addr == 0 {
		return 1, nil
	}
	return 0, err
}

// dynptrIsReadOnly is bool bpf_dynptr_is_rdonly(ptr).
func dynptrIsReadOnly(m *Machine) (uint64, error) {
	d, err := m.dynptrArg(1)
	return uint64(d.flags >> 31), err
}

// dynptrClone is int bpf_dynptr_clone(ptr, clone).
func dynptrClone(m *Machine) (uint64, error) {
	from, err := m.dynptrArg(1)
	if err != nil {
		return 0, err
	}
	to, err := m.dynptrArg(2)
	if err != nil {
		return 0, err
	}
	if to.set(0, 0, 0); from.addr == 0 {
		return errnoOf(syscall.EINVAL)
	}
	to.set(from.addr, from.size, from.flags)
	return 0, nil
}
