package cc

import (
	"context"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// lab makes a lab for the length of a test.
func lab(t *testing.T, link netlab.Link) *netlab.Lab {
	t.Helper()
	l, err := netlab.New(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestEachCarriesATransfer registers our algorithms. Each fills a link that drops packets; DCTCP gets a link that marks them.
func TestEachCarriesATransfer(t *testing.T) {
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	for _, ops := range all("t_cc_", 250) {
		name, link := ops.Name, netlab.DefaultLink()
		if ops.Flags != 0 {
			link.ECNThreshold = 3
		}
		t.Run(name, func(t *testing.T) {
			if ops.CongControl != nil {
				kerneltest.RequireLinux(t, 6, 10) // BBR writes app_limited
			}
			lab := lab(t, link)
			register(t, ops)
			r, err := lab.Transfer(context.Background(), netlab.TransferOptions{CongestionControl: name, Duration: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2f Mbit/s, mean window %.1f, RTT %v, %d dropped, %d marked", r.GoodputBPS/1e6, r.MeanCwnd, r.MeanRTT, r.QueueDrops,
				r.QueueMarks)
			if r.GoodputBPS < 2e6 || r.GoodputBPS > 10e6 || r.Algorithm != name {
				t.Errorf("%s carries %.2f Mbit/s through a link of 10", r.Algorithm, r.GoodputBPS/1e6)
			}
		})
	}
}

// TestDCTCPWithoutMarksIsReno connects to a host without ECN.
func TestDCTCPWithoutMarksIsReno(t *testing.T) {
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	lab := lab(t, netlab.DefaultLink())
	register(t, DCTCP("t_cc_no_ecn"))
	flow, err := lab.Dial(t.Context(), "t_cc_no_ecn")
	if err != nil {
		t.Fatal(err)
	}
	defer flow.Close()
	if name, err := flow.Congestion(); err != nil || name != "reno" {
		t.Errorf("the socket runs %q (%v)", name, err)
	}
}
