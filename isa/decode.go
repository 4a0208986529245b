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
	n := len(ins)
	ins = slices.Grow(ins, len(code)/slotSize)[:n+len(code)/slotSize]
	rest := code
	for len(rest) >= slotSize {
		w := get(rest, order)
		i := &ins[n]
		i.set(w)
		// Nearly all instructions have the first form of their opcode and one slot.
		p := &patterns[uint8(w)]
		if w&p.mask != p.value || p.shape != shapePlain || !registersExist(i.Dst, i.Src) {
			if err := decodeRare(i, w, rest, order); err != nil {
				err.Slot += slotOf(code, rest)
				return ins[:n], err
			}
			if i.Op == opWide {
				rest = rest[slotSize:]
			}
		}
		rest = rest[slotSize:]
		n++
	}
	if len(rest) > 0 {
		return ins[:n], &EncodingError{
			Index: -1, Slot: slotOf(code, rest), Rule: RuleTruncated, Value: int64(len(rest)),
			Allowed: "slots of 8 bytes, and " + itoa(int64(len(rest))) + " are left",
		}
	}
	return ins[:n], nil
}

// decodeRare completes an instruction that is wide, not the first form of its opcode, or none at all. The error's slot
// counts from the instruction.
func decodeRare(i *Instruction, w uint64, rest []byte, order ByteOrder) *EncodingError {
	p := match(w)
	if p == nil || !registersExist(i.Dst, i.Src) {
		e := explain(*i)
		e.Slot = 0
		return e
	}
	if p.shape >= shapeWide {
		if err := second(i, rest[slotSize:], order); err != nil {
			return err
		}
	}
	if !p.shape.admits(i.Imm) {
		e := explain(*i)
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

// slotOf returns the slot that begins where rest does.
func slotOf(code, rest []byte) int { return (len(code) - len(rest)) / slotSize }

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
