package isa

import (
	"encoding/binary"
	"slices"
)

// Decode returns the instructions of the code. See DecodeAppend.
func Decode(code []byte, order ByteOrder) ([]Instruction, error) {
	return DecodeAppend(nil, code, order)
}

// DecodeAppend appends the instructions of the code to ins and returns the longer slice, as append does. It is strict:
// it takes what Append gives and nothing else, so decoding and encoding again gives the same bytes. It doesn't look at what
// instructions do together: whether jumps arrive somewhere, registers have values, r10 isn't written.
//
// The error is an *EncodingError with the slot, the field and what is allowed there; the instructions before it are
// returned. Linux refuses all that is refused here, but for an exit with an offset, which it overlooks.
//
// DecodeAppend allocates only to make ins longer.
func DecodeAppend(ins []Instruction, code []byte, order ByteOrder) ([]Instruction, error) {
	return decodeCode(ins, code, order, loadable)
}

func decodeCode(ins []Instruction, code []byte, order ByteOrder, set formSet) ([]Instruction, error) {
	n, slots := len(ins), len(code)/slotSize
	ins = slices.Grow(ins, slots)[:n+slots]
	for slot := 0; ; slot++ {
		// Nearly all instructions are decoded in here.
		done := decodePlain(ins[n:], code[slot*slotSize:], order)
		n += done
		slot += done
		rest := code[slot*slotSize:]
		if len(rest) < slotSize {
			if len(rest) == 0 {
				return ins[:n], nil
			}
			return ins[:n], &EncodingError{
				Index: -1, Slot: slot, Rule: RuleTruncated, Value: int64(len(rest)),
				Allowed: "slots of 8 bytes, and " + itoa(int64(len(rest))) + " are left",
			}
		}
		i := &ins[n]
		w := get(rest, order)
		i.set(w)
		if err := decodeRare(i, w, rest, order, set); err != nil {
			err.Slot += slot
			return ins[:n], err
		}
		n++
		if i.Op == opWide {
			slot++
		}
	}
}

// decodePlain decodes slots until one isn't an instruction, or is one that is wide or not the first form of its opcode. It returns
// how many it decoded. Like encodePlain it is apart to stay in registers; ins is long enough.
func decodePlain(ins []Instruction, code []byte, order ByteOrder) int {
	slots := len(code) / slotSize
	if slots < len(ins) {
		ins = ins[:slots]
	}
	if order == BigEndian {
		return decodePlainBig(ins, code)
	}
	for n := range ins {
		w := binary.LittleEndian.Uint64(code[n*slotSize : n*slotSize+slotSize])
		p := &plain[uint8(w)]
		dst, src := Register(w>>fromDst&15), Register(w>>fromSrc&15)
		if w&p.mask != p.value || !registersExist(dst, src) {
			return n
		}
		// Field by field: a composite literal is built of small stores and then copied by a large load, which has to wait for them.
		i := &ins[n]
		i.Op = Opcode(w)
		i.Dst = dst
		i.Src = src
		i.Off = int16(w >> fromOff)
		i.Imm = int64(w) >> fromImm
	}
	return len(ins)
}

func decodePlainBig(ins []Instruction, code []byte) int {
	for n := range ins {
		w := binary.BigEndian.Uint64(code[n*slotSize : n*slotSize+slotSize])
		op, dst, src, off, imm := Opcode(w>>56), Register(w>>52&15), Register(w>>48&15), int16(w>>32), int64(int32(w))
		p := &plain[op]
		v := uint64(op) | uint64(dst)<<fromDst | uint64(src)<<fromSrc | uint64(uint16(off))<<fromOff | uint64(imm)<<fromImm
		if v&p.mask != p.value || !registersExist(dst, src) {
			return n
		}
		i := &ins[n]
		i.Op = op
		i.Dst = dst
		i.Src = src
		i.Off = off
		i.Imm = imm
	}
	return len(ins)
}

// decodeRare completes an instruction that is wide, not the first form of its opcode, or none at all. The error's slot
// counts from the instruction.
func decodeRare(i *Instruction, w uint64, rest []byte, order ByteOrder, set formSet) *EncodingError {
	p := match(w, set)
	if p != nil && p.shape >= shapeWide {
		if err := second(i, rest[slotSize:], order); err != nil {
			return err
		}
	}
	if p == nil || !set.have(i.Dst, i.Src) || !p.shape.admits(i.Imm, set) {
		e := explain(*i, set)
		e.Slot = 0
		return e
	}
	return nil
}

// get loads the word of a slot.
func get(code []byte, order ByteOrder) uint64 {
	w := binary.LittleEndian.Uint64(code)
	if order == BigEndian {
		w = flip(w)
	}
	return w
}

// set makes i the instruction with the given word. It does so field by field, since a composite literal is built of small
// stores and then copied by a large load, which has to wait for them.
func (i *Instruction) set(w uint64) {
	i.Op = Opcode(w)
	i.Dst = Register(w >> fromDst & 15)
	i.Src = Register(w >> fromSrc & 15)
	i.Off = int16(w >> fromOff)
	i.Imm = int64(w) >> fromImm
}

// second adds the upper half of a 64-bit load's constant, which stands in the next slot.
func second(i *Instruction, rest []byte, order ByteOrder) *EncodingError {
	if len(rest) < slotSize {
		return &EncodingError{Index: -1, Form: i.form(), Rule: RuleHalfLoad, Value: int64(len(rest))}
	}
	w := get(rest, order)
	i.Imm = int64(w&^(1<<fromImm-1) | uint64(uint32(i.Imm)))
	if uint32(w) == 0 {
		return nil
	}
	e := &EncodingError{Index: -1, Slot: 1, Form: i.form(), Rule: RuleSecondSlot, Allowed: "0"}
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
