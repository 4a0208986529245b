package vm

import (
	"encoding/binary"
	"math/bits"
	"syscall"
)

// Iterators that are functions of the kernel (kernel/bpf/bpf_iter.c and helpers.c, Linux 6.18). A program has an iterator in its stack.

// iterNumNew is int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end). The 8 bytes are the current number, and the end.
func iterNumNew(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 8)
	if err != nil {
		return 0, err
	}
	start, end := int32(m.Arg(2)), int32(m.Arg(3))
	clear(it)
	switch {
	case start > end:
		return errnoOf(syscall.EINVAL)
	case int64(end)-int64(start) > turnLimit:
		return errnoOf(syscall.E2BIG)
	}
	binary.LittleEndian.PutUint32(it, uint32(start-1))
	binary.LittleEndian.PutUint32(it[4:], uint32(end))
	return 0, nil
}

// iterNumNext is int *bpf_iter_num_next(struct bpf_iter_num *it): the address of the next number, or nil at the end.
func iterNumNext(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 8)
	if err != nil {
		return 0, err
	}
	next := int64(int32(binary.LittleEndian.Uint32(it)) + 1)
	if next >= int64(int32(binary.LittleEndian.Uint32(it[4:]))) {
		clear(it)
		return 0, nil
	}
	binary.LittleEndian.PutUint32(it, uint32(next))
	return m.Arg(1), nil
}

// iterNumDestroy is void bpf_iter_num_destroy(struct bpf_iter_num *it).
func iterNumDestroy(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 8)
	if err == nil {
		clear(it)
	}
	return 0, err
}

// mostBitWords is how many words of 64 bits bpf_iter_bits takes (BITS_ITER_NR_WORDS_MAX).
const mostBitWords = 511

// iterBitsNew is int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *words, u32 n): it iterates over the bits that are set. The 16
// bytes are the address of a copy, and how many bits it has. Before the words, the copy has the number of the current bit.
func iterBitsNew(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 16)
	if err != nil {
		return 0, err
	}
	n := uint32(m.Arg(3))
	clear(it)
	switch {
	case m.Arg(2) == 0 || n == 0:
		return errnoOf(syscall.EINVAL)
	case n > mostBitWords:
		return errnoOf(syscall.E2BIG)
	}
	words, err := m.Bytes(m.Arg(2), 8*int(n))
	if err != nil {
		return errnoOf(syscall.EFAULT)
	}
	copied := append(binary.LittleEndian.AppendUint64(nil, ^uint64(0)), words...)
	binary.LittleEndian.PutUint64(it, m.Add(Memory{Name: "the bit", Data: copied}))
	binary.LittleEndian.PutUint64(it[8:], 64*uint64(n))
	return 0, nil
}

// iterBitsNext is int *bpf_iter_bits_next(struct bpf_iter_bits *it): the address of the number of the next bit that is set, or nil.
func iterBitsNext(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 16)
	if err != nil {
		return 0, err
	}
	addr, size := binary.LittleEndian.Uint64(it), binary.LittleEndian.Uint64(it[8:])
	if size == 0 {
		return 0, nil
	}
	copied, err := m.Writable(addr, 8+int(size/8))
	if err != nil {
		return 0, err
	}
	for bit := uint64(int32(binary.LittleEndian.Uint32(copied)) + 1); bit < size; {
		word := binary.LittleEndian.Uint64(copied[8+bit/64*8:]) >> (bit % 64)
		if word != 0 {
			binary.LittleEndian.PutUint32(copied, uint32(bit)+uint32(bits.TrailingZeros64(word)))
			return addr, nil
		}
		bit += 64 - bit%64
	}
	binary.LittleEndian.PutUint64(it[8:], 0)
	return 0, nil
}

// iterBitsDestroy is void bpf_iter_bits_destroy(struct bpf_iter_bits *it).
func iterBitsDestroy(m *Machine) (uint64, error) {
	it, err := m.Writable(m.Arg(1), 16)
	if err != nil {
		return 0, err
	}
	if addr := binary.LittleEndian.Uint64(it); addr != 0 {
		m.Remove(addr)
	}
	clear(it)
	return 0, nil
}

// saveInterrupts is void bpf_local_irq_save(unsigned long *flags). A machine has no interrupts, so the flags are 0.
func saveInterrupts(m *Machine) (uint64, error) {
	flags, err := m.Writable(m.Arg(1), 8)
	if err == nil {
		clear(flags)
	}
	return 0, err
}
