package compile

import "github.com/bpfsmith/bpfsmith/isa"

// compute is arithmetic as RFC 9669, section 4.1 has it.
func compute(op isa.Opcode, wide bool, x, y uint64) uint64 {
	bits := uint64(64)
	if !wide {
		x, y, bits = uint64(uint32(x)), uint64(uint32(y)), 32
	}
	var n uint64
	switch op {
	case isa.OpAdd:
		n = x + y
	case isa.OpSub:
		n = x - y
	case isa.OpMul:
		n = x * y
	case isa.OpDiv:
		if y != 0 {
			n = x / y
		}
	case isa.OpMod:
		n = x
		if y != 0 {
			n = x % y
		}
	case isa.OpAnd:
		n = x & y
	case isa.OpOr:
		n = x | y
	case isa.OpXor:
		n = x ^ y
	case isa.OpLsh:
		n = x << (y % bits)
	case isa.OpRsh:
		n = x >> (y % bits)
	case isa.OpMov:
		n = y
	}
	if !wide {
		n = uint64(uint32(n))
	}
	return n
}

// compare is a jump's condition as RFC 9669, section 4.3 has it.
func compare(op isa.Opcode, wide bool, x, y uint64) bool {
	a, b := int64(x), int64(y)
	if !wide {
		x, y = uint64(uint32(x)), uint64(uint32(y))
		a, b = int64(int32(x)), int64(int32(y))
	}
	switch op {
	case isa.OpJEQ:
		return x == y
	case isa.OpJNE:
		return x != y
	case isa.OpJGT:
		return x > y
	case isa.OpJGE:
		return x >= y
	case isa.OpJLT:
		return x < y
	case isa.OpJLE:
		return x <= y
	case isa.OpJSET:
		return x&y != 0
	case isa.OpJSGT:
		return a > b
	case isa.OpJSGE:
		return a >= b
	case isa.OpJSLT:
		return a < b
	default: // isa.OpJSLE
		return a <= b
	}
}
