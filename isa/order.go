package isa

import "math/bits"

// A ByteOrder says how the bytes of code are arranged. It is the order of the machine that runs the code: in big-endian code
// off and imm have their most significant byte first, and dst is in the upper half of the second byte, src in the lower; in
// little-endian code both are reversed. Native is the order of this machine.
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

// flip turns the word of an instruction (see Instruction.word) into the number that a little-endian load reads from big-endian
// code, and back: it reverses the bytes of off and of imm, and swaps the halves of the register byte. Both orders use loads of
// one order for another reason too: with two kinds of load side by side, the Go compiler does not make one machine instruction
// of each.
func flip(w uint64) uint64 {
	r := bits.ReverseBytes64(w)
	return w&0xff | (w>>fromSrc&15)<<fromDst | (w>>fromDst&15)<<fromSrc | (r>>32&0xffff)<<fromOff | r<<fromImm
}
