package netlab

import (
	"testing"
	"time"
)

func TestPolicerLetsABurstThroughAndThenTheRate(t *testing.T) {
	p := policer{rate: 8_000_000, burst: 3000} // 1000 bytes a millisecond
	for _, step := range []struct {
		at   time.Duration
		size int
		want bool
	}{
		{at: 0, size: 1500, want: true}, // it begins full
		{at: 0, size: 1500, want: true},
		{at: 0, size: 1, want: false},
		{at: 1 * ms, size: 1001, want: false}, // dropped packets take nothing from the bucket
		{at: 1 * ms, size: 1000, want: true},
		{at: 1*ms + 500*time.Microsecond, size: 501, want: false},
		{at: 2 * ms, size: 1000, want: true},
		{at: time.Second, size: 3000, want: true}, // it never holds more than its size
		{at: time.Second, size: 1, want: false},
	} {
		if got := p.admits(step.at, step.size); got != step.want {
			t.Errorf("%d bytes at %v: admitted %v, want %v", step.size, step.at, got, step.want)
		}
	}
}

func TestPolicerAdmitsTheRateOverTime(t *testing.T) {
	const rate, burst, size = 5_000_000, 15_000, 1500
	p := policer{rate: rate, burst: burst}
	admitted := 0
	for at := time.Duration(0); at < 10*time.Second; at += 300 * time.Microsecond { // 40 Mbit/s
		if p.admits(at, size) {
			admitted += size
		}
	}
	if want := rate/8*10 + burst; admitted < want-size || admitted > want {
		t.Errorf("in ten seconds %d bytes were admitted, want %d less one packet at most", admitted, want)
	}
}

func TestNoPolicerAdmitsEverything(t *testing.T) {
	var p policer
	for range 3 {
		if !p.admits(0, 1<<30) {
			t.Error("a packet was dropped without a policer")
		}
	}
}
