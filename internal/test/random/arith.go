package random

import (
	"fmt"
	"math/bits"
)

// integer lists the types that T may be.
type integer interface {
	uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64
}

// An arithmetic is Go's arithmetic for one type. Numbers are passed as uint64, converted as Go does.
type arithmetic interface {
	binary(op Op, x, y uint64) uint64
	shift(op Op, x, count uint64) uint64
	unary(op Op, x uint64) uint64
	compare(op Op, x, y uint64) bool
	convert(x uint64) uint64
}

var arithmetics = [numTypes]arithmetic{of[uint8]{}, of[uint16]{}, of[uint32]{}, of[uint64]{}, of[int8]{}, of[int16]{}, of[int32]{},
	of[int64]{}}

// of is Go's arithmetic of a T.
type of[T integer] struct{}

func (of[T]) binary(op Op, a, b uint64) uint64 {
	x, y := T(a), T(b)
	switch op {
	case Add:
		x += y
	case Sub:
		x -= y
	case Mul:
		x *= y
	case Div: // RFC 9669, section 4.1
		if y == 0 {
			return 0
		}
		x /= y
	case Mod:
		if y == 0 {
			return uint64(x)
		}
		x %= y
	case And:
		x &= y
	case Or:
		x |= y
	case Xor:
		x ^= y
	case Min:
		x = min(x, y)
	case Max:
		x = max(x, y)
	default:
		panic(fmt.Sprint("operation ", op))
	}
	return uint64(x)
}

func (of[T]) shift(op Op, a, count uint64) uint64 {
	if op == Shl {
		return uint64(T(a) << count)
	}
	return uint64(T(a) >> count)
}

func (of[T]) unary(op Op, a uint64) uint64 {
	x := T(a)
	switch op {
	case Neg:
		return uint64(-x)
	case Not:
		return uint64(^x)
	}
	switch x := any(x).(type) { // Swap
	case uint16:
		return uint64(bits.ReverseBytes16(x))
	case int16:
		return uint64(int16(bits.ReverseBytes16(uint16(x))))
	case uint32:
		return uint64(bits.ReverseBytes32(x))
	case int32:
		return uint64(int32(bits.ReverseBytes32(uint32(x))))
	case uint64:
		return bits.ReverseBytes64(x)
	case int64:
		return bits.ReverseBytes64(uint64(x))
	}
	return a
}

func (of[T]) compare(op Op, a, b uint64) bool {
	x, y := T(a), T(b)
	switch op {
	case Eq:
		return x == y
	case Ne:
		return x != y
	case Lt:
		return x < y
	case Le:
		return x <= y
	case Gt:
		return x > y
	case Ge:
		return x >= y
	}
	return x&y != 0 // Has
}

func (of[T]) convert(x uint64) uint64 { return uint64(T(x)) }
