package isa

// A ByteOrder says how the bytes of code are arranged. It is the order of the machine that runs the code: in big-endian
// code off and imm have their most significant byte first, and dst is in the upper half of the second byte, src in the
// lower; in little-endian code both are the other way round. Native is the order of this machine.
type ByteOrder uint8

// The byte orders. The zero value is little-endian.
const (
	LittleEndian ByteOrder = iota
	BigEndian
)

// String returns "little-endian" or "big-endian".
func (o ByteOrder) String() string {
	if o == BigEndian {
		return "big-endian"
	}
	return "little-endian"
}

// toBig turns a word (see Instruction.word) into the number that big-endian code holds for it, and fromBig back.
func toBig(w uint64) uint64 {
	return w<<56 | (w>>8&15)<<52 | (w>>12&15)<<48 | (w>>16&0xffff)<<32 | w>>32
}

func fromBig(b uint64) uint64 {
	return b>>56 | (b>>52&15)<<8 | (b>>48&15)<<12 | (b>>32&0xffff)<<16 | b<<32
}
