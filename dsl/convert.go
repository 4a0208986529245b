package dsl

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// convert is Go's conversion to another integer type: longer numbers are cut to
// their low bits, shorter ones filled up, signed ones with their sign.
func convert[To, From Integer](n number[From]) Int[To] {
	f := n.fn
	if !f.usable() {
		return Int[To]{number[To]{fn: f}}
	}
	x, from := n.read(f)
	to := formOf[To]()
	switch {
	case from.bits == 64 && to.bits < 64:
		x = f.cut(to, f.emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, x))
	case from.bits < 64 && to.bits == 64:
		op := ir.ZExt
		if from.signed {
			op = ir.SExt32 // narrower ones are kept extended to 32 bits
		}
		x = f.emit(ir.Value{Op: op, Type: ir.I64}, x)
	case from.bits < to.bits && (to.bits == 32 || to.signed || !from.signed): // the form is already right
	default:
		x = f.cut(to, x)
	}
	return newInt[To](f, x)
}

// U8 converts as Go's uint8(n) does. So do U16, U32, U64, S8, S16, S32 and S64.
func (n number[T]) U8() U8 { return convert[uint8](n) }

// U16 converts as Go's uint16(n) does.
func (n number[T]) U16() U16 { return convert[uint16](n) }

// U32 converts as Go's uint32(n) does.
func (n number[T]) U32() U32 { return convert[uint32](n) }

// U64 converts as Go's uint64(n) does.
func (n number[T]) U64() U64 { return convert[uint64](n) }

// S8 converts as Go's int8(n) does.
func (n number[T]) S8() S8 { return convert[int8](n) }

// S16 converts as Go's int16(n) does.
func (n number[T]) S16() S16 { return convert[int16](n) }

// S32 converts as Go's int32(n) does.
func (n number[T]) S32() S32 { return convert[int32](n) }

// S64 converts as Go's int64(n) does.
func (n number[T]) S64() S64 { return convert[int64](n) }
