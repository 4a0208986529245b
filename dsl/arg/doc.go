// Package arg is for code that bpfsmith gen writes: with its functions, a generated function says what a parameter of a kernel
// function, or a field, is. Programs written by hand do not need it.
//
// Each function gives an operand for dsl.Ptr.Kernel, dsl.Fn.Kernel and dsl.Field.Set. Its argument must have the type in the
// function's name, or be a Go constant that fits. Anything else is a mistake. Compiling reports it with the number of the argument, or
// with the field.
package arg

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/record"
)

// U8 is an operand that must be a dsl.U8 or a Go constant.
func U8(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.U8, Operand: o} }

// U16 is an operand that must be a dsl.U16 or a Go constant.
func U16(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.U16, Operand: o} }

// U32 is an operand that must be a dsl.U32 or a Go constant.
func U32(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.U32, Operand: o} }

// U64 is an operand that must be a dsl.U64 or a Go constant.
func U64(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.U64, Operand: o} }

// S8 is an operand that must be a dsl.S8 or a Go constant.
func S8(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.S8, Operand: o} }

// S16 is an operand that must be a dsl.S16 or a Go constant.
func S16(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.S16, Operand: o} }

// S32 is an operand that must be a dsl.S32 or a Go constant.
func S32(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.S32, Operand: o} }

// S64 is an operand that must be a dsl.S64 or a Go constant.
func S64(o dsl.Operand) dsl.Operand { return record.Typed{Width: record.S64, Operand: o} }

// Bool is an operand that must be a dsl.Bool or a Go bool.
func Bool(o dsl.Operand) dsl.Operand {
	switch b := o.(type) {
	case bool:
		if b {
			return 1
		}
		return 0
	case dsl.Bool:
		return b
	}
	return record.Typed{Operand: o}
}

// Ptr is an operand that is a pointer; a Go nil is a nil pointer.
func Ptr(p dsl.StructPtr) dsl.Operand {
	if p == nil {
		return 0
	}
	return p
}
