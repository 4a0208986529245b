package verifierlog

import "math"

// anyNumber returns the limits of a number of which nothing is known.
func anyNumber() (Bounds, Tnum, bool) {
	return Bounds{
		Min: math.MinInt64, Max: math.MaxInt64, UMax: math.MaxUint64,
		Min32: math.MinInt32, Max32: math.MaxInt32, UMax32: math.MaxUint32,
	}, Tnum{Mask: math.MaxUint64}, false
}

// Constant returns the number when only one value is possible.
func (b Bounds) Constant() (int64, bool) { return b.Min, b.Min == b.Max }

// deduce uses each limit to tighten the others. The kernel does the same, and prints only limits that are not extreme; up to 6.6 it also
// leaves out a limit that equals another that it prints. Two rounds are enough: bits limit numbers, halves limit each other, and the
// second round uses what the halves gave.
func (b *Bounds) deduce(t Tnum) {
	for range 2 {
		b.deduceFromBits(t)
		b.deduceSigns()
		b.deduceHalves()
	}
}

// deduceFromBits: a number is at least the value of its known bits, and at most that value with all unknown bits set.
func (b *Bounds) deduceFromBits(t Tnum) {
	const sign, sign32 = uint64(1) << 63, uint32(1) << 31
	least, most := t.Value, t.Value|t.Mask
	b.UMin, b.UMax = max(b.UMin, least), min(b.UMax, most)
	b.Min, b.Max = max(b.Min, int64(least|t.Mask&sign)), min(b.Max, int64(most&^(t.Mask&sign)))
	least32, most32, mask32 := uint32(least), uint32(most), uint32(t.Mask)
	b.UMin32, b.UMax32 = max(b.UMin32, least32), min(b.UMax32, most32)
	b.Min32, b.Max32 = max(b.Min32, int32(least32|mask32&sign32)), min(b.Max32, int32(most32&^(mask32&sign32)))
}

// deduceSigns: when all possible numbers have the same sign, signed and unsigned order are the same.
func (b *Bounds) deduceSigns() {
	if int64(b.UMin) <= int64(b.UMax) {
		b.Min, b.Max = max(b.Min, int64(b.UMin)), min(b.Max, int64(b.UMax))
	}
	if uint64(b.Min) <= uint64(b.Max) {
		b.UMin, b.UMax = max(b.UMin, uint64(b.Min)), min(b.UMax, uint64(b.Max))
	}
	if int32(b.UMin32) <= int32(b.UMax32) {
		b.Min32, b.Max32 = max(b.Min32, int32(b.UMin32)), min(b.Max32, int32(b.UMax32))
	}
	if uint32(b.Min32) <= uint32(b.Max32) {
		b.UMin32, b.UMax32 = max(b.UMin32, uint32(b.Min32)), min(b.UMax32, uint32(b.Max32))
	}
}

// deduceHalves: when the upper half is the same for all possible numbers, the lower half goes from that of the smallest number to that of
// the largest. When the upper half is 0, the number equals its lower half.
func (b *Bounds) deduceHalves() {
	if b.UMin>>32 == b.UMax>>32 {
		b.UMin32, b.UMax32 = max(b.UMin32, uint32(b.UMin)), min(b.UMax32, uint32(b.UMax))
	}
	if b.Min>>32 == b.Max>>32 && int32(b.Min) <= int32(b.Max) {
		b.Min32, b.Max32 = max(b.Min32, int32(b.Min)), min(b.Max32, int32(b.Max))
	}
	if b.UMax <= math.MaxUint32 {
		b.UMin, b.UMax = max(b.UMin, uint64(b.UMin32)), min(b.UMax, uint64(b.UMax32))
	}
	if b.Min >= math.MinInt32 && b.Max <= math.MaxInt32 {
		b.Min, b.Max = max(b.Min, int64(b.Min32)), min(b.Max, int64(b.Max32))
	}
}
