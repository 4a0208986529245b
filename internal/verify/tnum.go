package verify

import "math/bits"

// A tnum says for each bit of a number whether it is known. A bit that is 1 in mask is not known,
// and is 0 in value ("tristate number", kernel/bpf/tnum.c).
type tnum struct{ value, mask uint64 }

func known(n uint64) tnum { return tnum{value: n} }

var anyBits = tnum{mask: ^uint64(0)}

func (t tnum) isConst() bool { return t.mask == 0 }

// tnumRange has the bits that are the same in all numbers from lo to hi.
func tnumRange(lo, hi uint64) tnum {
	n := bits.Len64(lo ^ hi)
	if n > 63 {
		return anyBits
	}
	mask := uint64(1)<<n - 1
	return tnum{lo &^ mask, mask}
}

func (t tnum) shl(n uint8) tnum { return tnum{t.value << n, t.mask << n} }
func (t tnum) shr(n uint8) tnum { return tnum{t.value >> n, t.mask >> n} }

func (t tnum) sar(n uint8, width int) tnum {
	if width == 32 {
		return tnum{uint64(uint32(int32(t.value) >> n)), uint64(uint32(int32(t.mask) >> n))}
	}
	return tnum{uint64(int64(t.value) >> n), uint64(int64(t.mask) >> n)}
}

func (t tnum) add(u tnum) tnum {
	sum := t.value + u.value
	all := t.mask + u.mask + sum
	mask := all ^ sum | t.mask | u.mask
	return tnum{sum &^ mask, mask}
}

func (t tnum) sub(u tnum) tnum {
	diff := t.value - u.value
	mask := (diff + t.mask) ^ (diff - u.mask) | t.mask | u.mask
	return tnum{diff &^ mask, mask}
}

func (t tnum) and(u tnum) tnum {
	v := t.value & u.value
	return tnum{v, (t.value | t.mask) & (u.value | u.mask) &^ v}
}

func (t tnum) or(u tnum) tnum {
	v := t.value | u.value
	return tnum{v, (t.mask | u.mask) &^ v}
}

func (t tnum) xor(u tnum) tnum {
	mask := t.mask | u.mask
	return tnum{(t.value ^ u.value) &^ mask, mask}
}

func (t tnum) mul(u tnum) tnum {
	acc := tnum{}
	v := t.value * u.value
	for t.value != 0 || t.mask != 0 {
		switch {
		case t.value&1 != 0:
			acc = acc.add(tnum{mask: u.mask})
		case t.mask&1 != 0:
			acc = acc.add(tnum{mask: u.value | u.mask})
		}
		t, u = t.shr(1), u.shl(1)
	}
	return known(v).add(acc)
}

// meet has the bits that are known in t or in u. The two must not contradict each other.
func (t tnum) meet(u tnum) tnum {
	mask := t.mask & u.mask
	return tnum{(t.value | u.value) &^ mask, mask}
}

// within reports whether all numbers of u are numbers of t.
func (t tnum) within(u tnum) bool {
	return u.mask&^t.mask == 0 && t.value == u.value&^t.mask
}

func (t tnum) low() tnum  { return tnum{uint64(uint32(t.value)), uint64(uint32(t.mask))} }
func (t tnum) high() tnum { return tnum{t.value &^ (1<<32 - 1), t.mask &^ (1<<32 - 1)} }
