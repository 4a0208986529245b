package isa

import (
	"encoding/binary"
	"slices"
)

const slotSize = 8

// Append appends the code of the instructions to buf and returns the longer buffer, as append does. It is strict: what is
// no instruction is refused with an *EncodingError that has the index of the instruction, the field and what is
// allowed there, and buf is returned as it was. What RFC 9669 allows and Linux refuses is encoded; see
// Operand.LinuxAccepts.
//
// Append allocates only to make buf longer.
func Append(buf []byte, order ByteOrder, ins ...Instruction) ([]byte, error) {
	slots := len(ins)
	for n := range ins {
		if ins[n].Op == opWide {
			slots++
		}
	}
	start := len(buf)
	buf = slices.Grow(buf, slots*slotSize)[:start+slots*slotSize]
	out := buf[start:]
	for n := range ins {
		i := &ins[n]
		w := i.word()
		// Nearly all instructions have the first form of their opcode and one slot.
		p := &patterns[uint8(w)]
		if w&p.mask != p.value || p.shape != shapePlain || !registersExist(i.Dst, i.Src) || i.Imm != int64(int32(i.Imm)) {
			if _, err := i.Form(); err != nil {
				err.(*EncodingError).Index = n
				return buf[:start], err
			}
			if i.Op == opWide {
				put(out, w, order)
				out = out[slotSize:]
				// The second slot has nothing but the upper half of the constant, in imm.
				w = uint64(i.Imm) >> 32 << fromImm
			}
		}
		put(out, w, order)
		out = out[slotSize:]
	}
	return buf, nil
}

// put stores the word of a slot.
func put(out []byte, w uint64, order ByteOrder) {
	if order == BigEndian {
		w = flip(w)
	}
	binary.LittleEndian.PutUint64(out, w)
}
