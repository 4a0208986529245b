package netlab

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

func TestMeansAreWeightedByTime(t *testing.T) {
	r := Result{Elapsed: 4 * time.Second, Received: 1_000_000, Samples: []Sample{
		{At: 0, Cwnd: 10, RTT: 20 * ms},
		{At: 1 * time.Second, Cwnd: 20, RTT: 40 * ms},
		{At: 1 * time.Second, Cwnd: 1000, RTT: time.Hour}, // no time passes before the next
		{At: 1 * time.Second, Cwnd: 30, RTT: 60 * ms},
		{At: 4 * time.Second, Cwnd: 5000, RTT: time.Hour}, // marks the end
	}}
	r.summarize()
	if r.MeanCwnd != 25 || r.MeanRTT != 50*ms {
		t.Errorf("mean window %v and RTT %v, want 25 (10 for 1 s, 30 for 3 s) and 50ms", r.MeanCwnd, r.MeanRTT)
	}
	if r.GoodputBPS != 2_000_000 {
		t.Errorf("goodput %v bit/s, want 2000000", r.GoodputBPS)
	}
}

func TestMeansOfFewSamples(t *testing.T) {
	var r Result
	r.summarize()
	if r.MeanCwnd != 0 || r.GoodputBPS != 0 {
		t.Errorf("nothing measured gives %+v, want zeros", r)
	}
	r.Samples = []Sample{{Cwnd: 10, RTT: ms}}
	r.summarize()
	if r.MeanCwnd != 10 || r.MeanRTT != ms {
		t.Errorf("one sample gives window %v and RTT %v, want its own", r.MeanCwnd, r.MeanRTT)
	}
}

func TestLinkNamesAllMistakesAtOnce(t *testing.T) {
	_, err := New(context.Background(), Link{Rate: -1, Delay: -ms, Queue: -1, MTU: 10, ECNThreshold: -1})
	if err == nil {
		t.Fatal("New took an impossible link")
	}
	if strings.Contains(err.Error(), "linux only") {
		kerneltest.Missing(t, err.Error())
	}
	for _, part := range []string{"rate -1", "delay -1ms", "queue of -1", "ecn threshold of -1", "mtu 10"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not name %q", err, part)
		}
	}
}

func TestLinkDefaults(t *testing.T) {
	got := Link{Rate: 20_000_000, Delay: 10 * ms}.withDefaults()
	if got.MTU != 1500 || got.Queue != 33 { // 20e6 * 0.02 / 8 / 1500 = 33.3
		t.Errorf("defaults give %+v, want MTU 1500 and a queue of 33", got)
	}
	if got := (Link{Rate: 1000}).withDefaults(); got.Queue != minQueue {
		t.Errorf("a link that holds no packet gets a queue of %d, want %d", got.Queue, minQueue)
	}
	for threshold, valid := range map[int]bool{0: true, 1: true, 33: true, 34: false} {
		err := Link{Rate: 20_000_000, Delay: 10 * ms, ECNThreshold: threshold}.validate()
		if (err == nil) != valid {
			t.Errorf("ecn threshold %d at a queue of 33: %v", threshold, err)
		}
	}
	for _, l := range []struct {
		rate  int64
		burst int
		valid bool
	}{{0, 0, true}, {1_000_000, 0, true}, {20_000_000, 1500, true}, {1_000_000, 1499, false}, {1_000_000, -1, false}, {-1, 0, false},
		{20_000_001, 0, false}} {
		err := Link{Rate: 20_000_000, PolicedRate: l.rate, PolicedBurst: l.burst}.validate()
		if (err == nil) != l.valid {
			t.Errorf("policed to %d bit/s with a burst of %d: %v", l.rate, l.burst, err)
		}
	}
	if got := (Link{Rate: 20_000_000, PolicedRate: 4_000_000}).withDefaults().PolicedBurst; got != 50_000 {
		t.Errorf("a policer of 4 Mbit/s gets a burst of %d bytes, want 50000", got)
	}
	if got, want := (Link{Rate: 20_000_000, Queue: 5, PolicedRate: 500_000}).String(),
		"20 Mbit/s, 0s one way, queue 5 packets, policed to 0.5 Mbit/s"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if err := DefaultLink().validate(); err != nil {
		t.Error(err)
	}
	if got, want := DefaultLink().String(), "10 Mbit/s, 10ms one way, queue 20 packets"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
