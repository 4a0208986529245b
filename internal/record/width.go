package record

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// A Width is what an integer is: its size in bits, which is 8, 16, 32 or 64, and whether it has a sign. The zero Width is that
// of what is no integer.
//
// Registers have 64 bits. Numbers of up to 32 bits are kept in the low half, the upper half being zero: unsigned ones
// extended with zeros, signed ones with their sign up to bit 31.
type Width uint8

// The widths that there are, by the names that package dsl gives to numbers of them.
const (
	U8  Width = 8
	U16 Width = 16
	U32 Width = 32
	U64 Width = 64
	S8        = 8 | signed
	S16       = 16 | signed
	S32       = 32 | signed
	S64       = 64 | signed

	signed Width = 1
)

// WidthOf is the width of integers of some bytes, with a sign or not.
func WidthOf(bytes int, sign bool) Width {
	w := Width(8 * bytes)
	if sign {
		w |= signed
	}
	return w
}

// Bits is the size in bits.
func (w Width) Bits() uint8 { return uint8(w &^ signed) }

// Signed reports whether the numbers have a sign.
func (w Width) Signed() bool { return w&signed != 0 }

// String is the name: U8 to S64.
func (w Width) String() string {
	if w.Signed() {
		return fmt.Sprintf("S%d", w.Bits())
	}
	return fmt.Sprintf("U%d", w.Bits())
}

// Bytes is the size in memory.
func (w Width) Bytes() uint8 { return w.Bits() / 8 }

// Type is how registers hold the number.
func (w Width) Type() ir.Type {
	if w.Bits() == 64 {
		return ir.I64
	}
	return ir.I32
}

// Holds reports whether n is one of the numbers of that width. Those of U64 from 2⁶³ on are no int64.
func (w Width) Holds(n int64) bool {
	if w.Signed() {
		return w.Bits() == 64 || n >= -1<<(w.Bits()-1) && n < 1<<(w.Bits()-1)
	}
	return n >= 0 && (w.Bits() == 64 || n < 1<<w.Bits())
}

// Register is the number n as a register holds it.
func (w Width) Register(n int64) int64 {
	if w.Bits() < 64 {
		return int64(uint32(n))
	}
	return n
}

// register is the number of bits of the register, or the half of one, that operations work on.
func (w Width) register() int64 {
	if w.Bits() == 64 {
		return 64
	}
	return 32
}

// A Typed operand is one of which the called function says what it has to be: a number of that width, or a constant. With the
// zero Width it had to be a Bool, and is not.
type Typed struct {
	Width   Width
	Operand any
}
