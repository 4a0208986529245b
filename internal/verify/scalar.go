package verify

import (
	"fmt"
	"math"
)

// A scalar is what is known about a number: signed and unsigned limits of the whole register and of its lower half, and known bits. All
// of them hold at once (struct bpf_reg_state, include/linux/bpf_verifier.h).
type scalar struct {
	bits           tnum
	smin, smax     int64
	umin, umax     uint64
	smin32, smax32 int32
	umin32, umax32 uint32
}

func exactly(n uint64) scalar {
	return scalar{known(n), int64(n), int64(n), n, n, int32(n), int32(n), uint32(n), uint32(n)}
}

func anyScalar() scalar {
	return scalar{anyBits, math.MinInt64, math.MaxInt64, 0, math.MaxUint64, math.MinInt32, math.MaxInt32, 0, math.MaxUint32}
}

// ofBytes is any unsigned number of size bytes.
func ofBytes(size int) scalar {
	s := anyScalar()
	if size < 8 {
		s.bits = tnum{mask: 1<<(8*size) - 1}
		s.free()
		s.sync()
	}
	return s
}

// between is a number from lo to hi.
func between(lo, hi int64) scalar {
	s := anyScalar()
	s.smin, s.smax = lo, hi
	s.sync()
	return s
}

func (s *scalar) isConst() bool { return s.bits.isConst() }

// free forgets the limits, not the bits.
func (s *scalar) free() {
	bits := s.bits
	*s = anyScalar()
	s.bits = bits
}

func (s *scalar) free32() {
	s.smin32, s.smax32, s.umin32, s.umax32 = math.MinInt32, math.MaxInt32, 0, math.MaxUint32
}

func (s *scalar) free64() {
	s.smin, s.smax, s.umin, s.umax = math.MinInt64, math.MaxInt64, 0, math.MaxUint64
}

// broken reports whether no number is possible. Control never comes there.
func (s *scalar) broken() bool {
	return s.smin > s.smax || s.umin > s.umax || s.smin32 > s.smax32 || s.umin32 > s.umax32
}

// sync narrows the limits and the bits by each other, as often as the kernel does
// (reg_bounds_sync, kernel/bpf/verifier.c, Linux 6.18).
func (s *scalar) sync() {
	s.fromBits()
	for range 3 {
		s.deduce32()
		s.deduce64()
		s.mix()
	}
	s.toBits()
	s.fromBits()
}

func (s *scalar) fromBits() {
	lo := s.bits.low()
	s.smin32 = max(s.smin32, int32(lo.value|lo.mask&0x80000000))
	s.smax32 = min(s.smax32, int32(lo.value|lo.mask&0x7fffffff))
	s.umin32 = max(s.umin32, uint32(lo.value))
	s.umax32 = min(s.umax32, uint32(lo.value|lo.mask))
	s.smin = max(s.smin, int64(s.bits.value|s.bits.mask&(1<<63)))
	s.smax = min(s.smax, int64(s.bits.value|s.bits.mask&(1<<63-1)))
	s.umin = max(s.umin, s.bits.value)
	s.umax = min(s.umax, s.bits.value|s.bits.mask)
}

func (s *scalar) deduce32() {
	if s.umin>>32 == s.umax>>32 { // the upper half is known: the lower one keeps the order
		s.umin32, s.umax32 = max(s.umin32, uint32(s.umin)), min(s.umax32, uint32(s.umax))
		if int32(s.umin) <= int32(s.umax) {
			s.smin32, s.smax32 = max(s.smin32, int32(s.umin)), min(s.smax32, int32(s.umax))
		}
	}
	if s.smin>>32 == s.smax>>32 {
		if uint32(s.smin) <= uint32(s.smax) {
			s.umin32, s.umax32 = max(s.umin32, uint32(s.smin)), min(s.umax32, uint32(s.smax))
		}
		if int32(s.smin) <= int32(s.smax) {
			s.smin32, s.smax32 = max(s.smin32, int32(s.smin)), min(s.smax32, int32(s.smax))
		}
	}
	// Around zero, or around -1.
	if uint32(s.smin>>32)+1 == uint32(s.smax>>32) && int32(s.smin) < 0 && int32(s.smax) >= 0 {
		s.smin32, s.smax32 = max(s.smin32, int32(s.smin)), min(s.smax32, int32(s.smax))
	}
	if uint32(s.umin>>32)+1 == uint32(s.umax>>32) && int32(s.umin) < 0 && int32(s.umax) >= 0 {
		s.smin32, s.smax32 = max(s.smin32, int32(s.umin)), min(s.smax32, int32(s.umax))
	}
	if int32(s.umin32) <= int32(s.umax32) {
		s.smin32, s.smax32 = max(s.smin32, int32(s.umin32)), min(s.smax32, int32(s.umax32))
	}
	switch {
	case uint32(s.smin32) <= uint32(s.smax32):
		s.umin32, s.umax32 = max(s.umin32, uint32(s.smin32)), min(s.umax32, uint32(s.smax32))
	// As in deduce64 for limits on both sides of zero (Linux 6.18).
	case s.umax32 < uint32(s.smin32):
		s.smin32, s.umax32 = 0, min(s.umax32, uint32(s.smax32))
	case uint32(s.smax32) < s.umin32:
		s.umin32, s.smax32 = max(s.umin32, uint32(s.smin32)), -1
	}
}

func (s *scalar) deduce64() {
	if int64(s.umin) <= int64(s.umax) {
		s.smin, s.smax = max(s.smin, int64(s.umin)), min(s.smax, int64(s.umax))
	}
	if uint64(s.smin) <= uint64(s.smax) {
		s.umin, s.umax = max(s.umin, uint64(s.smin)), min(s.umax, uint64(s.smax))
		return
	}
	// The signed limits are on both sides of zero; the unsigned ones may be on one side (Linux 6.17).
	switch {
	case s.umax < uint64(s.smin):
		s.smin, s.umax = 0, min(s.umax, uint64(s.smax))
	case uint64(s.smax) < s.umin:
		s.umin, s.smax = max(s.umin, uint64(s.smin)), -1
	}
}

// mix narrows the whole by the lower half.
func (s *scalar) mix() {
	const high = uint64(math.MaxUint32) << 32
	s.umin = max(s.umin, s.umin&high|uint64(s.umin32))
	s.umax = min(s.umax, s.umax&high|uint64(s.umax32))
	s.smin = max(s.smin, int64(uint64(s.smin)&high|uint64(s.umin32)))
	s.smax = min(s.smax, int64(uint64(s.smax)&high|uint64(s.umax32)))
	if s.smin32 >= 0 && s.smin >= math.MinInt32 && s.smax <= math.MaxInt32 { // its sign was extended
		s.smin, s.smax = max(s.smin, int64(s.smin32)), min(s.smax, int64(s.smax32))
		s.bits = s.bits.meet(tnumRange(uint64(s.smin32), uint64(s.smax32)))
	}
}

func (s *scalar) toBits() {
	if s.umin <= s.umax {
		s.bits = s.bits.meet(tnumRange(s.umin, s.umax))
	}
	if s.umin32 <= s.umax32 {
		lo := s.bits.low().meet(tnumRange(uint64(s.umin32), uint64(s.umax32)))
		hi := s.bits.high()
		s.bits = tnum{hi.value | lo.value, hi.mask | lo.mask}
	}
}

// extend32 is the number after an operation on its lower half, which clears the upper one.
func (s *scalar) extend32() {
	s.bits = s.bits.low()
	s.free64()
	s.umin, s.umax = uint64(s.umin32), uint64(s.umax32)
	if s.smin32 >= 0 {
		s.smin, s.smax = int64(s.smin32), int64(s.smax32)
	} else {
		s.smin, s.smax = 0, math.MaxUint32
	}
	s.sync()
}

// within reports whether all numbers of t are numbers of s.
func (s *scalar) within(t *scalar) bool {
	return s.umin <= t.umin && t.umax <= s.umax && s.smin <= t.smin && t.smax <= s.smax &&
		s.umin32 <= t.umin32 && t.umax32 <= s.umax32 && s.smin32 <= t.smin32 && t.smax32 <= s.smax32 && s.bits.within(t.bits)
}

// text is a number as messages show it.
func (s *scalar) text() string {
	switch {
	case s.isConst():
		return fmt.Sprintf("%d", int64(s.bits.value))
	case *s == anyScalar():
		return "any number"
	case s.smin >= 0:
		return fmt.Sprintf("from %d to %d", s.umin, s.umax)
	}
	return fmt.Sprintf("from %d to %d", s.smin, s.smax)
}
