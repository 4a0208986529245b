package isa

import (
	"encoding/binary"
	"slices"
)

const slotSize = 8

// Append appends the code of the instructions to buf and returns the longer buffer, as append does. It is strict: a value that
// is not an instruction is refused with an *EncodingError, which has the index of the instruction, the field and what is
// allowed there; buf is then returned unchanged. Instructions that RFC 9669 allows and Linux refuses are encoded; see
// Operand.LinuxAccepts.
//
// Append allocates only to make buf longer.
func Append(buf []byte, order ByteOrder, ins ...Instruction) ([]byte, error) {
	return appendCode(buf, order, loadable, ins)
}

func appendCode(buf []byte, order ByteOrder, set formSet, ins []Instruction) ([]byte, error) {
	start, end := len(buf), len(buf)
	buf = room(buf, end, len(ins))
	for n := 0; ; n++ {
		// Nearly all instructions are encoded in here.
		done := encodePlain(buf[end:], ins[n:], order)
		n += done
		end += done * slotSize
		if n == len(ins) {
			return buf[:end], nil
		}
		i := &ins[n]
		if !i.isWideConstant() && i.pattern(set) == nil {
			err := explain(*i, set)
			err.Index = n
			return buf[:start], err
		}
		put(buf[end:], i.word(), order)
		end += slotSize
		if i.Op == opWide {
			buf = room(buf, end, len(ins)-n)
			// The second slot has only the upper half of the constant, in imm.
			put(buf[end:], uint64(i.Imm)>>32<<fromImm, order)
			end += slotSize
		}
	}
}

// isWideConstant reports whether the instruction is LoadImm64 or LoadMapFD, and can be encoded: a frequent case that needs no search.
func (i *Instruction) isWideConstant() bool {
	return i.Op == opWide && i.Dst <= R10 && i.Off == 0 && (i.Src == PseudoNumber || i.Src == PseudoMapFD && i.Imm>>32 == 0)
}

// room makes buf long enough for that many slots after end, or longer.
func room(buf []byte, end, slots int) []byte {
	if need := end + slots*slotSize; need > len(buf) {
		return slices.Grow(buf[:end], slots*slotSize)[:need]
	}
	return buf
}

// encodePlain encodes instructions until it meets one that is wide, is not the first form of its opcode, or is not an
// instruction. It returns how many it encoded. It is a function of its own so that its few variables stay in registers; out is
// long enough.
func encodePlain(out []byte, ins []Instruction, order ByteOrder) int {
	if order == BigEndian {
		return encodePlainBig(out, ins)
	}
	for n := range ins {
		i := &ins[n]
		if i.Imm != int64(int32(i.Imm)) || !registersExist(i.Dst, i.Src) {
			return n
		}
		w := uint64(i.Op) | uint64(i.Dst)<<fromDst | uint64(i.Src)<<fromSrc | uint64(uint16(i.Off))<<fromOff | uint64(i.Imm)<<fromImm
		if p := &plain[i.Op]; w&p.mask != p.value {
			if uint32(w) != uint32(opCall) || w>>fromImm == 0 { // a helper's call has one more rule than its bits, and is common
				return n
			}
		}
		binary.LittleEndian.PutUint64(out[n*slotSize:n*slotSize+slotSize], w)
	}
	return len(ins)
}

// encodePlainBig is encodePlain for the other order, with words that are arranged as the bytes are.
func encodePlainBig(out []byte, ins []Instruction) int {
	for n := range ins {
		i := &ins[n]
		if i.Imm != int64(int32(i.Imm)) || !registersExist(i.Dst, i.Src) {
			return n
		}
		w := uint64(i.Op)<<56 | uint64(i.Dst)<<52 | uint64(i.Src)<<48 | uint64(uint16(i.Off))<<32 | uint64(uint32(i.Imm))
		if p := &plainBig[i.Op]; w&p.mask != p.value {
			if w>>32 != uint64(opCall)<<24 || uint32(w) == 0 {
				return n
			}
		}
		binary.BigEndian.PutUint64(out[n*slotSize:n*slotSize+slotSize], w)
	}
	return len(ins)
}

// put stores the word of a slot.
func put(out []byte, w uint64, order ByteOrder) {
	if order == BigEndian {
		w = flip(w)
	}
	binary.LittleEndian.PutUint64(out, w)
}
