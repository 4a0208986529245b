package record

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// A Width is the size and the sign of an integer type: 8, 16, 32 or 64 bits, signed or not. The zero Width stands for what is not an
// integer.
//
// Registers have 64 bits. Numbers of up to 32 bits are in the low half, and the upper half is zero. Narrow unsigned numbers are
// extended with zeros, narrow signed ones with their sign up to bit 31.
type Width uint8

// The widths, with the names that package dsl gives to numbers of them.
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

// WidthOf is the width of integers with that many bytes. sign says whether they are signed.
func WidthOf(bytes int, sign bool) Width {
	w := Width(8 * bytes)
	if sign {
		w |= signed
	}
	return w
}

// Bits is the size in bits.
func (w Width) Bits() uint8 { return uint8(w &^ signed) }

// Signed reports whether the numbers are signed.
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

// Type is the type of the register that holds the number.
func (w Width) Type() ir.Type {
	if w.Bits() == 64 {
		return ir.I64
	}
	return ir.I32
}

// Holds reports whether n is a number of that width. Numbers of 2⁶³ or more in a U64 do not fit n, which is an int64.
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

// register is the number of bits that operations work on: those of a register, or of half a register.
func (w Width) register() int64 {
	if w.Bits() == 64 {
		return 64
	}
	return 32
}

// What an argument of a call by name is, besides its Width: Imm of ir.KernelCall has one byte for each argument. Compile compares it with
// the parameter in the target. 0 is for arguments that are compared otherwise: pointers, and those for which a generated function states
// the type.
const (
	PassedBool     Width = 2 // a condition
	PassedConst    Width = 4 // a Go constant
	PassedNegative Width = 6 // a Go constant below 0
)

// A Typed operand is one for which the called function states the type: a number of that width, or a constant. The zero Width says that
// the function needs a Bool, but the operand is not one.
type Typed struct {
	Width   Width
	Operand any
}
