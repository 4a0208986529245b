package isa

import (
	"encoding/binary"
	"slices"
)

// Decode returns the instructions of the code. See DecodeAppend.
func Decode(code []byte, order ByteOrder) ([]Instruction, error) {
	return DecodeAppend(nil, code, order)
}

// DecodeAppend appends the instructions of the code to ins and returns the longer slice, as append does. It is strict: it
// accepts what Append writes and nothing else. So decoding and encoding again gives the same bytes. It does not check what
// instructions do together: whether jumps have a target, whether registers have values, whether r10 is written.
//
// The error is an *EncodingError with the slot, the field and what is allowed there; the instructions before it are returned.
// Linux refuses everything that is refused here, with one exception: it does not see an exit with an offset.
//
// DecodeAppend allocates only to make ins longer.
func DecodeAppend(ins []Instruction, code []byte, order ByteOrder) ([]Instruction, error) {
	return decodeCode(ins, code, order, loadable)
}

func decodeCode(ins []Instruction, code []byte, order ByteOrder, set formSet) ([]Instruction, error) {
	n, slots := len(ins), len(code)/slotSize
	ins = slices.Grow(ins, slots)[:n+slots]
	for at := 0; ; {
		// Nearly all instructions are decoded in here.
		done := decodePlain(ins[n:], code[at:], order)
		n += done
		at += done * slotSize
		if len(code)-at < slotSize {
			break
		}
		i := &ins[n]
		i.set(get(code[at:], order))
		size, second := slotSize, uint64(0)
		if i.Op == opWide {
			if size = 2 * slotSize; len(code)-at < size {
				return ins[:n], &EncodingError{Index: -1, Slot: at / slotSize, Form: i.form(), Rule: RuleHalfLoad,
					Value: int64(len(code) - at - slotSize)}
			}
			second = get(code[at+slotSize:], order)
			i.Imm = int64(second>>fromImm<<fromImm | uint64(uint32(i.Imm)))
		}
		if !i.isWideConstant() && i.pattern(set) == nil {
			err := explain(*i, set)
			err.Slot = at / slotSize
			return ins[:n], err
		}
		if uint32(second) != 0 { // only imm is used: the upper half of the constant
			return ins[:n], explainSecond(i.form(), second, at+slotSize)
		}
		n++
		at += size
	}
	if rest := len(code) % slotSize; rest != 0 {
		return ins[:n], &EncodingError{
			Index: -1, Slot: len(code) / slotSize, Rule: RuleTruncated, Value: int64(rest),
			Allowed: "slots of 8 bytes, and " + itoa(int64(rest)) + " are left",
		}
	}
	return ins[:n], nil
}

// decodePlain decodes slots until it meets one that is not an instruction, is wide, or is not the first form of its opcode. It
// returns how many it decoded. Like encodePlain, it is a function of its own so that its variables stay in registers.
func decodePlain(ins []Instruction, code []byte, order ByteOrder) int {
	if slots := len(code) / slotSize; slots < len(ins) {
		ins = ins[:slots]
	}
	if order == BigEndian {
		return decodePlainBig(ins, code)
	}
	for n := range ins {
		w := binary.LittleEndian.Uint64(code[n*slotSize : n*slotSize+slotSize])
		p, pair := &plain[uint8(w)], registerPairs[uint8(w>>fromDst)]
		if w&p.mask != p.value || pair == noPair {
			if uint32(w) != uint32(opCall) || w>>fromImm == 0 { // a helper's call has one more rule than its bits, and is common
				return n
			}
		}
		// Field by field: a composite literal is built of small stores and then copied by a large load, which has to wait for them.
		i := &ins[n]
		i.Op = Opcode(w)
		i.Dst = Register(pair)
		i.Src = Register(pair >> 8)
		i.Off = int16(w >> fromOff)
		i.Imm = int64(w) >> fromImm
	}
	return len(ins)
}

func decodePlainBig(ins []Instruction, code []byte) int {
	for n := range ins {
		w := binary.BigEndian.Uint64(code[n*slotSize : n*slotSize+slotSize])
		p, pair := &plainBig[w>>56], registerPairs[uint8(w>>48)]
		if w&p.mask != p.value || pair == noPair {
			if w>>32 != uint64(opCall)<<24 || uint32(w) == 0 {
				return n
			}
		}
		i := &ins[n]
		i.Op = Opcode(w >> 56)
		i.Src = Register(pair) // dst is in the upper half here
		i.Dst = Register(pair >> 8)
		i.Off = int16(w >> 32)
		i.Imm = int64(int32(w))
	}
	return len(ins)
}

// get loads the word of a slot.
func get(code []byte, order ByteOrder) uint64 {
	w := binary.LittleEndian.Uint64(code)
	if order == BigEndian {
		w = flip(w)
	}
	return w
}

// set makes i the instruction with the given word.
func (i *Instruction) set(w uint64) {
	i.Op = Opcode(w)
	i.Dst = Register(w >> fromDst & 15)
	i.Src = Register(w >> fromSrc & 15)
	i.Off = int16(w >> fromOff)
	i.Imm = int64(w) >> fromImm
}

// explainSecond says what is wrong with the second slot of a load.
func explainSecond(form Form, w uint64, at int) *EncodingError {
	e := &EncodingError{Index: -1, Slot: at / slotSize, Form: form, Rule: RuleSecondSlot, Allowed: "0"}
	switch {
	case uint8(w) != 0:
		e.Field, e.Value = FieldNextOpcode, int64(uint8(w))
	case w>>fromDst&15 != 0:
		e.Field, e.Value = FieldNextDst, int64(w>>fromDst&15)
	case w>>fromSrc&15 != 0:
		e.Field, e.Value = FieldNextSrc, int64(w>>fromSrc&15)
	default:
		e.Field, e.Value = FieldNextOff, int64(int16(w>>fromOff))
	}
	return e
}
