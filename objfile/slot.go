package objfile

import (
	"encoding/binary"

	"github.com/bpfsmith/bpfsmith/isa"
)

// slotSize is the size of a slot of code in bytes; a 64-bit load takes two.
const slotSize = 8

// A slot is 8 bytes of code. Code is linked slot by slot and decoded later: what is not an instruction is the program's mistake, and does
// not keep it from being linked.
type slot struct {
	op       isa.Opcode
	dst, src uint8
	off      int16
	imm      int32
}

func readSlot(code []byte, order isa.ByteOrder) slot {
	regs := code[1]
	if order == isa.BigEndian {
		regs = regs<<4 | regs>>4
	}
	words := byteOrder(order)
	return slot{op: isa.Opcode(code[0]), dst: regs & 15, src: regs >> 4, off: int16(words.Uint16(code[2:])),
		imm: int32(words.Uint32(code[4:]))}
}

func (s slot) write(code []byte, order isa.ByteOrder) {
	regs := s.src<<4 | s.dst
	if order == isa.BigEndian {
		regs = regs<<4 | regs>>4
	}
	words := byteOrder(order)
	code[0], code[1] = byte(s.op), regs
	words.PutUint16(code[2:], uint16(s.off))
	words.PutUint32(code[4:], uint32(s.imm))
}

func byteOrder(order isa.ByteOrder) binary.ByteOrder {
	if order == isa.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Opcodes that linking changes.
const (
	opWide isa.Opcode = 0x18 // a 64-bit load
	opCall isa.Opcode = 0x85
)

func (s slot) isWide() bool { return s.op == opWide }
func (s slot) isCall() bool { return s.op == opCall }

// callsFunction reports whether the slot calls a function of the object.
func (s slot) callsFunction() bool { return s.isCall() && s.src == isa.PseudoCall }
