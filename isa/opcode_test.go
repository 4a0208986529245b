package isa_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// TestNegatedAndMirrored holds both against the meaning of comparisons.
func TestNegatedAndMirrored(t *testing.T) {
	names := map[isa.Opcode]string{isa.OpJEQ: "JEQ64", isa.OpJNE: "JNE64", isa.OpJSET: "JSET64", isa.OpJGT: "JGT64", isa.OpJGE: "JGE64",
		isa.OpJLT: "JLT64", isa.OpJLE: "JLE64",
		isa.OpJSGT: "JSGT64", isa.OpJSGE: "JSGE64", isa.OpJSLT: "JSLT64", isa.OpJSLE: "JSLE64"}
	holds := func(op isa.Opcode, x, y uint64) bool { return jumps(names[op.Operation()], x, y) }
	numbers := []uint64{0, 1, 2, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for op := range names {
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
