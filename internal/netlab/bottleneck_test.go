package netlab

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A packet of 1250 bytes takes 1 ms here.
var tenMegabit = Link{Rate: 10_000_000, Queue: 3, MTU: 1250}

const ms = time.Millisecond

func TestBottleneckSpacesPacketsByTheRate(t *testing.T) {
	b := bottleneck{link: tenMegabit, limit: 3}
	for _, step := range []struct {
		at   time.Duration
		size int
		want time.Duration
	}{
		{at: 10 * ms, size: 1250, want: 11 * ms},                                       // idle: leaves after its own transmission
		{at: 10 * ms, size: 1250, want: 12 * ms},                                       // after the first
		{at: 10*ms + 900*time.Microsecond, size: 125, want: 12100 * ms / 1000},         // short, still after it
		{at: 12*ms + 50*time.Microsecond, size: 1250, want: 13100 * ms / 1000},         // arrived in the busy period: no gap
		{at: 20 * ms, size: 1250, want: 21 * ms},                                       // idle again: credit is not saved up
		{at: 20*ms + 999*time.Microsecond, size: 1250, want: 22 * ms},                  // at the last moment
		{at: 22 * ms, size: 1250, want: 23 * ms},                                       // exactly when the packet before it leaves
		{at: 22*ms + 1*time.Microsecond, size: 12500, want: 33 * ms},                   // ten times as long
		{at: 22*ms + 2*time.Microsecond, size: 1250, want: 34 * ms},                    // waits for it
		{at: 22*ms + 3*time.Microsecond, size: 1, want: 34*ms + 8*time.Nanosecond*100}, // 8 bits take 800 ns
	} {
		got, ok := b.arrive(step.at, step.size)
		if !ok || got != step.want {
			t.Errorf("packet of %d bytes at %v: departs %v, %v; want %v, true", step.size, step.at, got, ok, step.want)
		}
	}
}

func TestBottleneckDropsTheTail(t *testing.T) {
	b := bottleneck{link: tenMegabit, limit: 3}
	accepted := 0
	for range 10 {
		if _, ok := b.arrive(0, 1250); ok {
			accepted++
		}
	}
	if accepted != 4 { // one is being sent, three wait
		t.Errorf("of 10 packets at once %d were taken, want 4", accepted)
	}
	if got := b.waiting(0); got != 3 {
		t.Errorf("waiting at 0 = %d, want 3", got)
	}
	if got := b.waiting(1500 * time.Microsecond); got != 2 {
		t.Errorf("waiting at 1.5ms = %d, want 2", got)
	}
	if _, ok := b.arrive(1500*time.Microsecond, 1250); !ok {
		t.Error("a place became free at 1 ms, but the packet at 1.5 ms was dropped")
	}
	if _, ok := b.arrive(1600*time.Microsecond, 1250); ok {
		t.Error("the queue was full again, but the packet at 1.6 ms was taken")
	}
	if b.peak != 3 {
		t.Errorf("peak = %d, want 3", b.peak)
	}
	if got := b.waiting(time.Second); got != 0 {
		t.Errorf("waiting at the end = %d, want 0", got)
	}
}

func TestBottleneckWithoutLimitNeverDrops(t *testing.T) {
	b := bottleneck{link: tenMegabit, limit: -1}
	for i := range 10_000 {
		if _, ok := b.arrive(0, 1250); !ok {
			t.Fatalf("packet %d was dropped", i)
		}
	}
	if got := b.waiting(5 * time.Second); got != 4999 {
		t.Errorf("after half of the time %d packets wait, want 4999", got)
	}
}

// Late and irregular wake-ups must not change the rate: for any arrivals, a busy period carries exactly rate × time.
func TestBottleneckRateDoesNotDependOnArrivalJitter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b := bottleneck{link: tenMegabit, limit: -1}
	now, last := time.Duration(0), time.Duration(0)
	for i := range 1000 {
		if i%10 == 0 { // bunches of ten every 10 ms, each up to 5 ms late
			now = time.Duration(i)*ms + time.Duration(random.IntN(int(5*ms)))
		}
		last, _ = b.arrive(now, 1250)
	}
	if last < 1000*ms || last > 1005*ms {
		t.Errorf("1000 packets of 1 ms in 1 s, in late bunches, left by %v; want within 5 ms of 1 s", last)
	}
}

func TestRingKeepsOrderAcrossGrowth(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var r ring[int]
	var want []int
	for i := range 5000 {
		if random.IntN(5) < 3 {
			r.push(i)
			want = append(want, i)
		} else if r.len() > 0 {
			if got := r.pop(); got != want[0] {
				t.Fatalf("pop %d = %d, want %d", i, got, want[0])
			}
			want = want[1:]
		}
		if r.len() != len(want) || (len(want) > 0 && r.first() != want[0]) {
			t.Fatalf("step %d: length %d, want %d", i, r.len(), len(want))
		}
	}
	var got []int
	for r.len() > 0 {
		got = append(got, r.pop())
	}
	if !slices.Equal(got, want) {
		t.Errorf("rest = %v, want %v", got, want)
	}
}
