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
		p := lookup(w)
		if !p.admits(i, w) {
			e := explain(*i)
			e.Index = n
			return buf[:start], e
		}
		if order == BigEndian {
			binary.BigEndian.PutUint64(out, toBig(w))
		} else {
			binary.LittleEndian.PutUint64(out, w)
		}
		out = out[slotSize:]
		if p.shape < shapeWide {
			continue
		}
		// The second slot has nothing but the upper half of the constant, in imm.
		if next := uint64(i.Imm) >> 32; order == BigEndian {
			binary.BigEndian.PutUint64(out, next)
		} else {
			binary.LittleEndian.PutUint64(out, next<<32)
		}
		out = out[slotSize:]
	}
	return buf, nil
}
