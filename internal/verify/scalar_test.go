package verify

import (
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// known5 are all tnums of a few bits, moved to the positions that matter.
func someTnums() []tnum {
	var list []tnum
	for mask := range uint64(16) {
		for value := range uint64(16) {
			if value&mask == 0 {
				list = append(list, tnum{value, mask}, tnum{value << 29, mask << 29}, tnum{value << 60, mask << 60})
			}
		}
	}
	return list
}

func (t tnum) has(n uint64) bool { return n&^t.mask == t.value }

// numbersOf are numbers of a tnum.
func (t tnum) numbersOf(r *rand.Rand) uint64 { return t.value | r.Uint64()&t.mask }

// TestTnumsHoldAllResults: the result of an operation on numbers is one of the numbers in the result on their tnums.
func TestTnumsHoldAllResults(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	list := someTnums()
	for name, op := range map[string]struct {
		of func(a, b tnum) tnum
		is func(x, y uint64) uint64
	}{
		"add": {tnum.add, func(x, y uint64) uint64 { return x + y }},
		"sub": {tnum.sub, func(x, y uint64) uint64 { return x - y }},
		"and": {tnum.and, func(x, y uint64) uint64 { return x & y }},
		"or":  {tnum.or, func(x, y uint64) uint64 { return x | y }},
		"xor": {tnum.xor, func(x, y uint64) uint64 { return x ^ y }},
		"mul": {tnum.mul, func(x, y uint64) uint64 { return x * y }},
	} {
		for range 200_000 {
			a, b := list[r.IntN(len(list))], list[r.IntN(len(list))]
			x, y := a.numbersOf(r), b.numbersOf(r)
			if got := op.of(a, b); !got.has(op.is(x, y)) {
				t.Fatalf("%s: %#x and %#x give %#x, which is not in %+v", name, x, y, op.is(x, y), got)
			}
		}
	}
	for range 10_000 {
		lo, hi := r.Uint64()>>r.IntN(64), r.Uint64()>>r.IntN(64)
		lo, hi = min(lo, hi), max(lo, hi)
		if n := lo + (hi-lo)/3; !tnumRange(lo, hi).has(n) || !tnumRange(lo, hi).has(hi) {
			t.Fatalf("%#x to %#x does not have %#x", lo, hi, n)
		}
	}
}

// has reports whether a scalar allows a number.
func (s *scalar) has(n uint64) bool {
	return s.bits.has(n) && n >= s.umin && n <= s.umax && int64(n) >= s.smin && int64(n) <= s.smax &&
		uint32(n) >= s.umin32 && uint32(n) <= s.umax32 && int32(n) >= s.smin32 && int32(n) <= s.smax32
}

// edge is a number at which something wraps around, or a number near it.
func edge(r *rand.Rand) uint64 {
	n := [...]uint64{0, 1 << 31, 1 << 32, 1 << 63, 1 << 16, 255, r.Uint64(), r.Uint64() >> r.IntN(64)}[r.IntN(8)]
	return n + uint64(r.IntN(5)) - 2
}

// scalarWith is a scalar that allows a number, narrowed by comparisons that hold for the number.
func scalarWith(r *rand.Rand, n uint64) scalar {
	s := anyScalar()
	for range r.IntN(4) {
		limit := edge(r)
		op := [...]isa.Opcode{isa.OpJLT, isa.OpJLE, isa.OpJGT, isa.OpJGE, isa.OpJSLT, isa.OpJSLE, isa.OpJSGT, isa.OpJSGE, isa.OpJNE,
			isa.OpJSET}[r.IntN(10)]
		wide := r.IntN(2) == 0
		x, y := exactly(n), exactly(limit)
		holds := decide(op, wide, &x, &y) == always
		refine(op, wide, holds, &s, &y)
	}
	return s
}

// TestScalarsHoldAllResults: comparisons and arithmetic in both widths lose no possible number.
func TestScalarsHoldAllResults(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	ops := [...]isa.Opcode{isa.OpAdd, isa.OpSub, isa.OpMul, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpLsh, isa.OpRsh, isa.OpArsh}
	for range 500_000 {
		x, y := edge(r), edge(r)
		a, b := scalarWith(r, x), scalarWith(r, y)
		if !a.has(x) || a.broken() {
			t.Fatalf("%#x got lost by comparisons that hold for it: %+v", x, a)
		}
		op, wide := ops[r.IntN(len(ops))], r.IntN(2) == 0
		if op == isa.OpLsh || op == isa.OpRsh || op == isa.OpArsh {
			y = uint64(r.IntN(64))
			if !wide {
				y &= 31
			}
			b = exactly(y)
		}
		want := compute(op, wide, x, y)
		if got, _ := computed(op, wide, a, b); !got.has(want) || got.broken() {
			t.Fatalf("%v wide %v: %#x and %#x give %#x, which is not in %+v (from %+v and %+v)", op, wide, x, y, want, got, a, b)
		}
		for _, size := range [...]int{1, 2, 4} {
			want := uint64(int64(x) << (64 - 8*size) >> (64 - 8*size))
			if got := signExtended(a, size, true); !got.has(want) {
				t.Fatalf("%#x extended from %d bytes is %#x, which is not in %+v", x, size, want, got)
			}
		}
	}
}

// compute is the operation on two numbers.
func compute(op isa.Opcode, wide bool, x, y uint64) uint64 {
	if !wide {
		x, y = uint64(uint32(x)), uint64(uint32(y))
	}
	var n uint64
	switch op {
	case isa.OpAdd:
		n = x + y
	case isa.OpSub:
		n = x - y
	case isa.OpMul:
		n = x * y
	case isa.OpAnd:
		n = x & y
	case isa.OpOr:
		n = x | y
	case isa.OpXor:
		n = x ^ y
	case isa.OpLsh:
		n = x << y
	case isa.OpRsh:
		n = x >> y
	case isa.OpArsh:
		if n = uint64(int64(x) >> y); !wide {
			n = uint64(int32(x) >> y)
		}
	}
	if !wide {
		n = uint64(uint32(n))
	}
	return n
}
