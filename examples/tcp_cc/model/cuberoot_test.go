package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSmallCubeRootsAreRounded compares the part of the table that has whole roots with the exact roots.
func TestSmallCubeRootsAreRounded(t *testing.T) {
	t.Parallel()
	for a := uint64(0); a < 64; a++ {
		if got, exact := CubeRoot(a), math.Cbrt(float64(a)); math.Abs(float64(got)-exact) > 0.6 {
			t.Errorf("∛%d = %d, exactly %.3f", a, got, exact)
		}
	}
	for a, want := range map[uint64]uint32{0: 0, 1: 1, 3: 1, 4: 2, 8: 2, 15: 2, 16: 3, 27: 3, 41: 3, 42: 4, 63: 4} {
		if got := CubeRoot(a); got != want {
			t.Errorf("∛%d = %d, want %d", a, got, want)
		}
	}
}

// TestCubeRootStaysWithinItsError: one Newton step from a start with error ε leaves an error of about ε². The start has an error of up to
// 5.2 %, so this is at most 0.27 %. Using 341/1024 for a third makes the result 0.1 % smaller. Rounding to integers may add an error of
// one.
func TestCubeRootStaysWithinItsError(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var worst, sum float64
	const samples = 400_000
	check := func(a uint64) {
		exact := math.Cbrt(float64(a))
		off := math.Abs(float64(CubeRoot(a)) - exact)
		if off > max(1.01, 0.0016*exact) {
			t.Errorf("∛%d = %d, exactly %.3f", a, CubeRoot(a), exact)
		}
		if a >= cubeFactor { // the range that CUBIC uses
			worst, sum = max(worst, off/exact), sum+off/exact
		}
	}
	for a := uint64(64); a < 5000; a++ {
		check(a)
	}
	for range samples {
		check(max(cubeFactor, random.Uint64()>>random.IntN(32)))
	}
	check(math.MaxUint64)
	t.Logf("in CUBIC's range: off by %.2f %% on average, %.2f %% at most", 100*sum/samples, 100*worst)
	if sum/samples > 0.0005 || worst > 0.0016 {
		t.Errorf("in CUBIC's range: off by %.3f %% on average, %.3f %% at most; want 0.05 and 0.16", 100*sum/samples, 100*worst)
	}
}

// TestCubeRootStartsNearTheRoot finds wrong numbers in the table. The Newton step would hide them.
func TestCubeRootStartsNearTheRoot(t *testing.T) {
	t.Parallel()
	for x := 8; x < len(rootEstimates); x++ {
		start := float64(rootEstimates[x]) + 10
		low, high := 64*math.Cbrt(float64(x)), 64*math.Cbrt(float64(x+1))
		if start < low || start > high+10 {
			t.Errorf("entry %d starts at %.0f, the roots it stands for are %.1f to %.1f", x, start, low, high)
		}
		if x > 8 && rootEstimates[x] <= rootEstimates[x-1] {
			t.Errorf("entry %d is not above the one before", x)
		}
	}
}
