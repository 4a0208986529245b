package verify

import (
	"math"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// computed is the result of an operation on two numbers. It is any number where the kernel does not
// follow the operation, also after operations of 32 bits (adjust_scalar_min_max_vals,
// is_safe_to_compute_dst_reg_range). vague says that later kernels may know more.
func computed(op isa.Opcode, wide bool, a, b scalar) (s scalar, vague bool) {
	width := uint64(64)
	if !wide {
		width = 32
	}
	switch op {
	case isa.OpAdd, isa.OpSub, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpMul:
	case isa.OpLsh, isa.OpRsh, isa.OpArsh:
		constant, most := b.isConst(), b.umax
		if !wide {
			constant, most = b.bits.low().isConst(), uint64(b.umax32)
		}
		if !constant || most >= width {
			return anyScalar(), true
		}
	default: // division and remainder; later kernels follow some
		return anyScalar(), true
	}
	s = a
	switch op {
	case isa.OpAdd:
		s.add32(b)
		s.add64(b)
		s.bits = a.bits.add(b.bits)
	case isa.OpSub:
		s.sub32(b)
		s.sub64(b)
		s.bits = a.bits.sub(b.bits)
	case isa.OpMul:
		s.bits = a.bits.mul(b.bits)
		s.mul32(b)
		s.mul64(b)
	case isa.OpAnd:
		s.bits = a.bits.and(b.bits)
		s.bitwise(a, b, func() {
			s.umin, s.umax = s.bits.value, min(a.umax, b.umax)
			lo := s.bits.low()
			s.umin32, s.umax32 = uint32(lo.value), min(a.umax32, b.umax32)
		})
	case isa.OpOr:
		s.bits = a.bits.or(b.bits)
		s.bitwise(a, b, func() {
			s.umin, s.umax = max(a.umin, b.umin), s.bits.value|s.bits.mask
			lo := s.bits.low()
			s.umin32, s.umax32 = max(a.umin32, b.umin32), uint32(lo.value|lo.mask)
		})
	case isa.OpXor:
		s.bits = a.bits.xor(b.bits)
		s.bitwise(a, b, func() {
			s.umin, s.umax = s.bits.value, s.bits.value|s.bits.mask
			lo := s.bits.low()
			s.umin32, s.umax32 = uint32(lo.value), uint32(lo.value|lo.mask)
		})
	case isa.OpLsh:
		s.shiftLeft(uint8(b.umin32), wide)
	case isa.OpRsh:
		s.shiftRight(uint8(b.umin32), wide)
	case isa.OpArsh:
		s.shiftSigned(uint8(b.umin32), wide)
	}
	if !wide {
		s.extend32()
		return s, false
	}
	s.sync()
	return s, false
}

// bitwise sets the limits after an operation on bits. set sets the unsigned limits. The signed ones
// are set where they follow from them.
func (s *scalar) bitwise(a, b scalar, set func()) {
	set()
	s.smin, s.smax, s.smin32, s.smax32 = math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt32
	if int64(s.umin) <= int64(s.umax) {
		s.smin, s.smax = int64(s.umin), int64(s.umax)
	}
	if int32(s.umin32) <= int32(s.umax32) {
		s.smin32, s.smax32 = int32(s.umin32), int32(s.umax32)
	}
	s.umin = min(s.umin, s.umax)
	s.umin32 = min(s.umin32, s.umax32)
}

func (s *scalar) add64(b scalar) {
	lo, over1 := addSigned(s.smin, b.smin)
	hi, over2 := addSigned(s.smax, b.smax)
	if over1 || over2 {
		lo, hi = math.MinInt64, math.MaxInt64
	}
	s.smin, s.smax = lo, hi
	ulo, c1 := bits.Add64(s.umin, b.umin, 0)
	uhi, c2 := bits.Add64(s.umax, b.umax, 0)
	if c1 != c2 { // some of the sums wrap around, and others do not (Linux 6.17)
		ulo, uhi = 0, math.MaxUint64
	}
	s.umin, s.umax = ulo, uhi
}

func (s *scalar) add32(b scalar) {
	s.setSigned32(int64(s.smin32)+int64(b.smin32), int64(s.smax32)+int64(b.smax32))
	lo, hi := uint64(s.umin32)+uint64(b.umin32), uint64(s.umax32)+uint64(b.umax32)
	if lo>>32 != hi>>32 {
		lo, hi = 0, math.MaxUint32
	}
	s.umin32, s.umax32 = uint32(lo), uint32(hi)
}

func (s *scalar) sub64(b scalar) {
	lo, over1 := subSigned(s.smin, b.smax)
	hi, over2 := subSigned(s.smax, b.smin)
	if over1 || over2 {
		lo, hi = math.MinInt64, math.MaxInt64
	}
	s.smin, s.smax = lo, hi
	ulo, c1 := bits.Sub64(s.umin, b.umax, 0)
	uhi, c2 := bits.Sub64(s.umax, b.umin, 0)
	if c1 != c2 {
		ulo, uhi = 0, math.MaxUint64
	}
	s.umin, s.umax = ulo, uhi
}

func (s *scalar) sub32(b scalar) {
	s.setSigned32(int64(s.smin32)-int64(b.smax32), int64(s.smax32)-int64(b.smin32))
	lo, hi := int64(s.umin32)-int64(b.umax32), int64(s.umax32)-int64(b.umin32)
	if lo < 0 != (hi < 0) {
		lo, hi = 0, math.MaxUint32
	}
	s.umin32, s.umax32 = uint32(lo), uint32(hi)
}

func (s *scalar) setSigned32(lo, hi int64) {
	if lo < math.MinInt32 || hi > math.MaxInt32 {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	s.smin32, s.smax32 = int32(lo), int32(hi)
}

func (s *scalar) mul64(b scalar) {
	if h, _ := bits.Mul64(s.umax, b.umax); h != 0 {
		s.umin, s.umax = 0, math.MaxUint64
	} else {
		s.umin, s.umax = s.umin*b.umin, s.umax*b.umax
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, x := range [2]int64{s.smin, s.smax} {
		for _, y := range [2]int64{b.smin, b.smax} {
			p, over := mulSigned(x, y)
			if over {
				s.smin, s.smax = math.MinInt64, math.MaxInt64
				return
			}
			lo, hi = min(lo, p), max(hi, p)
		}
	}
	s.smin, s.smax = lo, hi
}

func (s *scalar) mul32(b scalar) {
	if hi := uint64(s.umax32) * uint64(b.umax32); hi > math.MaxUint32 {
		s.umin32, s.umax32 = 0, math.MaxUint32
	} else {
		s.umin32, s.umax32 = s.umin32*b.umin32, uint32(hi)
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, x := range [2]int32{s.smin32, s.smax32} {
		for _, y := range [2]int32{b.smin32, b.smax32} {
			p := int64(x) * int64(y)
			lo, hi = min(lo, p), max(hi, p)
		}
	}
	s.setSigned32(lo, hi)
}

func (s *scalar) shiftLeft(n uint8, wide bool) {
	before := *s
	s.smin32, s.smax32 = math.MinInt32, math.MaxInt32
	if n < 32 && uint64(before.umax32)<<n <= math.MaxUint32 {
		s.umin32, s.umax32 = before.umin32<<n, before.umax32<<n
	} else {
		s.umin32, s.umax32 = 0, math.MaxUint32
	}
	if !wide {
		t := before.bits.low().shl(n).low()
		s.bits = t
		s.fromBits32()
		return
	}
	s.smin, s.smax = math.MinInt64, math.MaxInt64
	if n == 32 { // what programs do to extend a sign
		s.smin, s.smax = int64(before.smin32)<<32, int64(before.smax32)<<32
	}
	if before.umax<<n>>n == before.umax {
		s.umin, s.umax = before.umin<<n, before.umax<<n
	} else {
		s.umin, s.umax = 0, math.MaxUint64
	}
	s.bits = before.bits.shl(n)
}

func (s *scalar) fromBits32() {
	lo := s.bits.low()
	s.umin32, s.umax32 = max(s.umin32, uint32(lo.value)), min(s.umax32, uint32(lo.value|lo.mask))
}

func (s *scalar) shiftRight(n uint8, wide bool) {
	s.smin32, s.smax32 = math.MinInt32, math.MaxInt32
	if !wide {
		s.umin32, s.umax32 = s.umin32>>n, s.umax32>>n
		s.bits = s.bits.low().shr(n)
		return
	}
	s.free32()
	s.smin, s.smax = math.MinInt64, math.MaxInt64
	s.umin, s.umax = s.umin>>n, s.umax>>n
	s.bits = s.bits.shr(n)
}

func (s *scalar) shiftSigned(n uint8, wide bool) {
	if !wide {
		s.smin32, s.smax32 = s.smin32>>n, s.smax32>>n
		s.umin32, s.umax32 = 0, math.MaxUint32
		s.bits = s.bits.low().sar(n, 32)
		return
	}
	s.free32()
	s.smin, s.smax = s.smin>>n, s.smax>>n
	s.umin, s.umax = 0, math.MaxUint64
	s.bits = s.bits.sar(n, 64)
}

// signExtended is a number whose low bytes were extended by their sign.
func signExtended(s scalar, size int, wide bool) scalar {
	if size == 4 && wide {
		const upper = uint64(math.MaxUint32) << 32
		t := anyScalar()
		t.smin32, t.smax32, t.umin32, t.umax32 = s.smin32, s.smax32, s.umin32, s.umax32
		t.smin, t.smax = int64(s.smin32), int64(s.smax32)
		lo := s.bits.low()
		switch {
		case lo.mask>>31 != 0:
			t.bits = tnum{lo.value, lo.mask | upper}
		case lo.value>>31 != 0:
			t.bits = tnum{lo.value | upper, lo.mask}
		default:
			t.bits = lo
		}
		t.sync()
		return t
	}
	n := 8 * size
	limit := int64(1) << (n - 1)
	if s.isConst() {
		x := int64(s.bits.value) << (64 - n) >> (64 - n)
		if !wide {
			return exactly(uint64(uint32(x)))
		}
		return exactly(uint64(x))
	}
	t := between(-limit, limit-1)
	if sign := uint64(limit); s.bits.mask&sign == 0 { // the sign is known (coerce_reg_to_size_sx)
		if high := ^(sign<<1 - 1); s.bits.value&sign != 0 {
			t.bits = tnum{s.bits.value | high, s.bits.mask &^ high}
		} else {
			t.bits = tnum{s.bits.value &^ high, s.bits.mask &^ high}
		}
		t.sync()
	}
	if s.smin >= 0 && s.smax < limit { // it is its own extension
		t = s
	}
	if !wide {
		t.extend32()
	}
	return t
}

func addSigned(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) != (b > 0) && b != 0
}

func subSigned(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) != (b > 0) && b != 0
}

func mulSigned(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, false
	}
	c := a * b
	return c, c/b != a || a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64
}
