package model

import (
	"math/rand/v2"
	"testing"
)

// TestMinmaxIsAMaximumOfTheWindow compares with the true maximum. The result is never larger, and never less than the latest value. It is
// equal when values come at a steady rate and the maximum is still in the first part of the window.
func TestMinmaxIsAMaximumOfTheWindow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	const win = 10
	type sample struct{ t, v uint32 }
	for range 300 {
		var m Minmax
		var all []sample
		now := random.Uint32() // wraps around in some runs
		m.Reset(now, 0)
		all = append(all, sample{now, 0})
		for range 500 {
			now += random.Uint32N(3)
			v := random.Uint32N(1000)
			m.RunningMax(win, now, v)
			all = append(all, sample{now, v})
			var largest uint32
			for i := len(all) - 1; i >= 0 && now-all[i].t <= win; i-- {
				largest = max(largest, all[i].v)
			}
			if got := m.Get(); got > largest || got < v {
				t.Fatalf("at %d: %d, the window's largest is %d, the latest %d", now, got, largest, v)
			}
			if m[1].V > m[0].V || m[2].V > m[1].V {
				t.Fatalf("candidates out of order: %v", m)
			}
		}
	}
}

func TestMinmaxByHand(t *testing.T) {
	t.Parallel()
	var m Minmax
	m.Reset(0, 0)
	for _, step := range []struct{ t, v, want uint32 }{
		{1, 100, 100},
		{2, 50, 100},
		{4, 60, 100},  // a quarter of the window has passed: second candidate
		{7, 40, 100},  // half: third
		{11, 30, 100}, // 10 rounds old: still there
		{12, 20, 60},  // 11: the second takes its place
		{15, 10, 40},
		{16, 70, 70},
		{40, 1, 1}, // nothing is left
	} {
		if m.RunningMax(10, step.t, step.v); m.Get() != step.want {
			t.Errorf("at %d, %d came: maximum %d, want %d (%v)", step.t, step.v, m.Get(), step.want, m)
		}
	}
}
