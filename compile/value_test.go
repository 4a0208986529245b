package compile

import (
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// TestBoundsHold draws numbers within bounds, computes with them as RFC 9669
// says, and looks whether the results lie within the bounds that come out.
func TestBoundsHold(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ops := []isa.Opcode{isa.OpAdd, isa.OpSub, isa.OpMul, isa.OpDiv, isa.OpMod, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpLsh, isa.OpRsh, isa.OpMov}
	jumps := []isa.Opcode{isa.OpJEQ, isa.OpJNE, isa.OpJGT, isa.OpJGE, isa.OpJLT, isa.OpJLE, isa.OpJSGT, isa.OpJSGE, isa.OpJSLT, isa.OpJSLE, isa.OpJSET}
	draw := func() (value, uint64) {
		a := random.Uint64() >> random.IntN(64)
		b := a
		if random.IntN(3) > 0 {
			b = random.Uint64() >> random.IntN(64)
		}
		v := value{kind: scalar, min: min(a, b), max: max(a, b)}
		n := v.min
		if span := v.max - v.min; span > 0 {
			n += random.Uint64() % span
		}
		return v, n
	}
	for range 200_000 {
		dst, x := draw()
		src, y := draw()
		wide := random.IntN(2) == 0
		class := isa.ClassALU64
		if !wide {
			class = isa.ClassALU
		}
		op := ops[random.IntN(len(ops))]
		got := dst
		got.apply(&isa.Instruction{Op: class | op | isa.SrcX, Dst: 0, Src: 1}, &src)
		if n := compute(op, wide, x, y); got.kind == scalar && (n < got.min || n > got.max) {
			t.Fatalf("op %#x wide %v: %d with %d is %d, not within %+v", op, wide, x, y, n, got)
		}
		jump := jumps[random.IntN(len(jumps))]
		holds := compare(jump, wide, x, y)
		always, never := decide(jump, wide, dst, src)
		if always && !holds || never && holds {
			t.Fatalf("jump %#x wide %v: %d with %d is %v, but always %v, never %v (%+v, %+v)", jump, wide, x, y, holds, always, never, dst, src)
		}
		if !holds {
			if jump = negated(jump); jump == 0 {
				continue
			}
		}
		if after := narrow(jump, wide, dst, src); x < after.min || x > after.max {
			t.Fatalf("jump %#x wide %v: %d with %d is not within %+v afterwards", jump, wide, x, y, after)
		}
	}
}

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
