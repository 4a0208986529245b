package isa_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// holds is a comparison as RFC 9669, section 4.3 has it.
func holds(op isa.Opcode, x, y uint64) bool {
	a, b := int64(x), int64(y)
	switch op.Operation() {
	case isa.OpJEQ:
		return x == y
	case isa.OpJNE:
		return x != y
	case isa.OpJSET:
		return x&y != 0
	case isa.OpJGT:
		return x > y
	case isa.OpJGE:
		return x >= y
	case isa.OpJLT:
		return x < y
	case isa.OpJLE:
		return x <= y
	case isa.OpJSGT:
		return a > b
	case isa.OpJSGE:
		return a >= b
	case isa.OpJSLT:
		return a < b
	}
	return a <= b // OpJSLE
}

// TestNegatedAndMirrored holds both against the meaning of comparisons.
func TestNegatedAndMirrored(t *testing.T) {
	numbers := []uint64{0, 1, 2, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for _, op := range []isa.Opcode{isa.OpJEQ, isa.OpJGT, isa.OpJGE, isa.OpJSET, isa.OpJNE, isa.OpJSGT, isa.OpJSGE, isa.OpJLT, isa.OpJLE, isa.OpJSLT, isa.OpJSLE} {
		jump := isa.ClassJMP32 | isa.SrcX | op
		not, ok := jump.Negated()
		mirrored := jump.Mirrored()
		if ok != (op != isa.OpJSET) {
			t.Errorf("%#x: there is an opposite: %v", op, ok)
		}
		for _, other := range []isa.Opcode{not, mirrored} {
			if other.Class() != isa.ClassJMP32 || other.Source() != isa.SrcX {
				t.Errorf("%#x: %#x is of another class or source", jump, other)
			}
		}
		for _, x := range numbers {
			for _, y := range numbers {
				if ok && holds(jump, x, y) == holds(not, x, y) {
					t.Errorf("%#x and %#x agree about %d and %d", jump, not, x, y)
				}
				if holds(jump, x, y) != holds(mirrored, y, x) {
					t.Errorf("%#x of %d and %d is not %#x of the same exchanged", jump, x, y, mirrored)
				}
			}
		}
	}
	if _, ok := isa.MayGoto(0).Op.Negated(); ok {
		t.Error("may_goto has an opposite")
	}
}
