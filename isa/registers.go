package isa

import (
	"iter"
	"math/bits"
)

// A Register is one of the eleven registers, r0 to r10.
type Register uint8

// The registers and their calling convention.
const (
	R0  Register = 0  // the result of calls and of the program; lost at calls
	R1  Register = 1  // first argument, and the context on entry; lost at calls
	R2  Register = 2  // second argument; lost at calls
	R3  Register = 3  // third argument; lost at calls
	R4  Register = 4  // fourth argument; lost at calls
	R5  Register = 5  // fifth argument; lost at calls
	R6  Register = 6  // kept across calls
	R7  Register = 7  // kept across calls
	R8  Register = 8  // kept across calls
	R9  Register = 9  // kept across calls
	R10 Register = 10 // the frame pointer, read-only; the stack is the 512 bytes below it
	FP           = R10
	R11 Register = 11 // Linux's own, in code that is read back from it; programs must not use it
)

// Valid reports whether r is one of r0 to r10.
func (r Register) Valid() bool { return r <= R10 }

// String returns r0 to r10, and a higher number in the same way for a value that is not a register.
func (r Register) String() string { return "r" + itoa(int64(r)) }

// A RegisterSet is a set of registers; bit n stands for register n. The zero value is the empty set.
type RegisterSet uint16

// Register sets of the calling convention.
const (
	CallerSaved RegisterSet = 1<<R0 | 1<<R1 | 1<<R2 | 1<<R3 | 1<<R4 | 1<<R5 // lost at a call
	CalleeSaved RegisterSet = 1<<R6 | 1<<R7 | 1<<R8 | 1<<R9                 // kept across a call
	Arguments   RegisterSet = 1<<R1 | 1<<R2 | 1<<R3 | 1<<R4 | 1<<R5         // the arguments of a call

	setR0 RegisterSet = 1 << R0
	setR6 RegisterSet = 1 << R6
)

// Registers returns the set of the given registers. A value above 15 is in no set.
func Registers(rs ...Register) RegisterSet {
	var s RegisterSet
	for _, r := range rs {
		s |= 1 << r
	}
	return s
}

// Has reports whether r is in the set.
func (s RegisterSet) Has(r Register) bool { return s>>r&1 != 0 }

// With returns the set with r in it.
func (s RegisterSet) With(r Register) RegisterSet { return s | 1<<r }

// Without returns the set without r.
func (s RegisterSet) Without(r Register) RegisterSet { return s &^ (1 << r) }

// Len returns the number of registers in the set.
func (s RegisterSet) Len() int { return bits.OnesCount16(uint16(s)) }

// All ranges over the registers in the set, lowest first.
func (s RegisterSet) All() iter.Seq[Register] {
	return func(yield func(Register) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Register(bits.TrailingZeros16(uint16(s)))) {
				return
			}
		}
	}
}

// String returns the set as {r0, r6}.
func (s RegisterSet) String() string {
	buf := []byte{'{'}
	for r := range s.All() {
		if len(buf) > 1 {
			buf = append(buf, ", "...)
		}
		buf = append(buf, r.String()...)
	}
	return string(append(buf, '}'))
}
