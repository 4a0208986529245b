package dsl

import (
	"math/bits"
	"reflect"
)

// Fields of a map's value that belong to the kernel. It finds them by the names
// of their types, and programs hand their addresses to helpers; neither programs
// nor user space read or write what is in them. A value has at most one of each.

// A SpinLock guards the fields of one value: struct bpf_spin_lock, 4 bytes.
// Linux 5.1.
type SpinLock struct{ _ [1]uint32 }

// A Timer calls a program later: struct bpf_timer, 16 bytes. Linux 5.15.
type Timer struct{ _ [2]uint64 }

// A WorkQueue calls a program later, where it may sleep: struct bpf_wq, 16
// bytes. Linux 6.10.
type WorkQueue struct{ _ [2]uint64 }

// specialLayout is the layout of one of this package's types that stand for the
// kernel's.
func specialLayout(t reflect.Type) (*Layout, bool) {
	l := Layout{Type: t}
	switch t {
	case reflect.TypeFor[SpinLock]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_spin_lock", 4, 4
	case reflect.TypeFor[Timer]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_timer", 16, 8
	case reflect.TypeFor[WorkQueue]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_wq", 16, 8
	case reflect.TypeFor[BE16]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 2, 2, true
	case reflect.TypeFor[BE32]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 4, 4, true
	case reflect.TypeFor[BE64]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 8, 8, true
	default:
		return nil, false
	}
	return &l, true
}

// A BE16 is a number of 16 bits in network order, as ports stand in packets:
// C's __be16. Comparing two for equality makes sense, arithmetic does not.
type BE16 uint16

// A BE32 is a number of 32 bits in network order, as IPv4 addresses are.
type BE32 uint32

// A BE64 is a number of 64 bits in network order.
type BE64 uint64

// NetworkOrder16 puts a number into network order: htons.
func NetworkOrder16(n uint16) BE16 { return BE16(swap16(n)) }

// NetworkOrder32 puts a number into network order: htonl.
func NetworkOrder32(n uint32) BE32 { return BE32(swap32(n)) }

// NetworkOrder64 puts a number into network order.
func NetworkOrder64(n uint64) BE64 { return BE64(swap64(n)) }

// Get is the number that is stored: ntohs.
func (n BE16) Get() uint16 { return swap16(uint16(n)) }

// Get is the number that is stored: ntohl.
func (n BE32) Get() uint32 { return swap32(uint32(n)) }

// Get is the number that is stored.
func (n BE64) Get() uint64 { return swap64(uint64(n)) }

// The kernel on a big-endian machine has numbers in network order already.

func swap16(n uint16) uint16 {
	if bigEndian {
		return n
	}
	return bits.ReverseBytes16(n)
}

func swap32(n uint32) uint32 {
	if bigEndian {
		return n
	}
	return bits.ReverseBytes32(n)
}

func swap64(n uint64) uint64 {
	if bigEndian {
		return n
	}
	return bits.ReverseBytes64(n)
}
