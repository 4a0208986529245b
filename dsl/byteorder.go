package dsl

import "math/bits"

// A BE16 is a number of 16 bits in network order, such as a port in a packet:
// C's __be16. Two of them can be compared for equality; arithmetic with them makes no sense.
type BE16 uint16

// A BE32 is a number of 32 bits in network order, such as an IPv4 address.
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

// On a big-endian machine, numbers are in network order already.

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
