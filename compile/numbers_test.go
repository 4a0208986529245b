package compile

import "github.com/bpfsmith/bpfsmith/isa"

// compute is arithmetic in 64 bits as RFC 9669, section 4.1 has it, as far as the programs here go; ok is false for other operations.
func compute(op isa.Opcode, x, y uint64) (n uint64, ok bool) {
	switch op {
	case isa.OpAdd:
		return x + y, true
	case isa.OpSub:
		return x - y, true
	case isa.OpXor:
		return x ^ y, true
	case isa.OpMov:
		return y, true
	}
	return 0, false
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
