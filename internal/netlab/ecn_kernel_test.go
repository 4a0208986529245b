//go:build linux

package netlab

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestMarksKeepTheQueueShort: with marks the sender loses nothing, and the long queue stays nearly empty.
func TestMarksKeepTheQueueShort(t *testing.T) {
	for _, test := range []struct {
		threshold int
		ecn       bool
	}{{8, true}, {0, false}} {
		l := newLab(t, Link{Rate: 10_000_000, Delay: 5 * ms, Queue: 200, ECNThreshold: test.threshold})
		f, err := l.Dial(t.Context(), "reno")
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if f.Close(); info.ECN != test.ecn {
			t.Errorf("threshold %d: ECN agreed on: %v", test.threshold, info.ECN)
		}
		r, err := l.Transfer(t.Context(), TransferOptions{CongestionControl: "reno", Duration: 800 * ms})
		if err != nil {
			t.Fatal(err)
		}
		stats := l.Stats()
		t.Logf("threshold %d: %d marked, %d dropped, %d retransmits, at most %d waited, %.2f Mbit/s",
			test.threshold, r.QueueMarks, r.QueueDrops, r.Retransmits, stats.PeakQueue, r.GoodputBPS/1e6)
		// Packets that are under way at the end of the transfer may be marked after the count.
		if late := stats.Marked - r.QueueMarks; (r.QueueMarks > 0) != test.ecn || late < 0 || late > int64(stats.PeakQueue) {
			t.Errorf("threshold %d: %d and %d marks", test.threshold, r.QueueMarks, stats.Marked)
		}
		if !test.ecn {
			continue
		}
		if r.QueueDrops > 0 || r.Retransmits > 0 {
			t.Errorf("%d drops and %d retransmits in spite of marks", r.QueueDrops, r.Retransmits)
		}
		// Before the sender knows of the first mark, slow start reaches twice the window: 8 or 9 packets wait, and 8 are under way.
		if stats.PeakQueue > 60 && stats.MaxLate < standstill {
			t.Errorf("%d packets waited, although marks begin at %d", stats.PeakQueue, test.threshold)
		}
	}
}

// TestECNIsTheNamespacesOwn: the lab's setting for its hosts does not change the machine's.
func TestECNIsTheNamespacesOwn(t *testing.T) {
	const path = "/proc/sys/net/ipv4/tcp_ecn"
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	before := read()
	l := newLab(t, Link{Rate: 10_000_000, Delay: time.Millisecond, ECNThreshold: 2})
	for _, h := range []*host{l.sender, l.receiver} {
		var inside []byte
		err := h.inside(func() (err error) { inside, err = os.ReadFile(path); return err })
		if err != nil || strings.TrimSpace(string(inside)) != "1" {
			t.Errorf("%s host: tcp_ecn is %q (%v), want 1", h.name, inside, err)
		}
	}
	if after := read(); after != before {
		t.Errorf("the machine's tcp_ecn is %s, before %s", after, before)
	}
}
