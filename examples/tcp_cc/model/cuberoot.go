package model

import "math/bits"

// rootEstimates has the beginning of a cube root: for the leading six bits x of a number it has about 64·∛x - 10, as a byte.
//
// The table has two uses, so its numbers are not simply those of the formula. For numbers below 64 it gives the rounded root itself: 0,
// then 1 up to 3, 2 up to 15, 3 up to 41, 4 above. For all other numbers it is the start of Newton's method, with only one step. In the
// kernel, the entries from 8 on were chosen by hand so that this one step has the least error. They differ from the roots by up to 5 %,
// and the window depends on them. So they are copied here: a replay must start where net/ipv4/tcp_cubic.c starts.
var rootEstimates = [64]uint8{
	0, 54, 54, 54, 118, 118, 118, 118, // [0, 8): used for themselves only
	123, 129, 134, 138, 143, 147, 151, 156, // [8, 16): numbers whose length in bits is 3n+1
	157, 161, 164, 168, 170, 173, 176, 179, // [16, 32): 3n+2
	181, 185, 187, 190, 192, 194, 197, 199,
	200, 202, 204, 206, 209, 211, 213, 215, // [32, 64): 3n
	217, 219, 221, 222, 224, 225, 227, 229,
	231, 232, 234, 236, 237, 239, 240, 242,
	244, 245, 246, 248, 250, 251, 252, 254,
}

// CubeRoot is CUBIC's ∛a, in integers. In the range that CUBIC uses (2.7e9 and above), the error is 0.03 % on average and 0.15 % at most.
// Elsewhere it is at most 0.15 % or 1.
func CubeRoot(a uint64) uint32 {
	length := uint32(bits.Len64(a))
	if length < 7 {
		return (uint32(rootEstimates[a]) + 35) >> 6
	}
	// A third of the length, as a product and a shift (84/256 = 0.328): the root has this many bits more than those in the table.
	b := length*84>>8 - 1
	x := (uint32(rootEstimates[a>>(3*b)]) + 10) << b >> 6

	// Newton's step for f(x) = x³ - a is x - (x³-a)/(3x²) = (2x + a/x²)/3. Its result is always above the root, because the arithmetic
	// mean is above the geometric mean. Dividing by x·(x-1) compensates for the rounding of the division, and 341/1024 is a third.
	x = 2*x + uint32(a/(uint64(x)*uint64(x-1)))
	return x * 341 >> 10
}
