package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// tries is how often a comparison may be repeated: other tests take the processors away in the middle of a transfer, and what then
// differs are not the algorithms.
const tries = 5

// comparison runs the example's -compare.
func comparison(t *testing.T, opt options) comparisonReport {
	t.Helper()
	var out bytes.Buffer
	opt.json, opt.start = true, time.Now()
	if err := run(context.Background(), opt, &out); err != nil {
		t.Fatal(err)
	}
	var r comparisonReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOursCarryAsTheKernels compares each algorithm with the kernel's own over the same link: goodput within 3 %, mean window within 10 %. A
// busy machine can only take away from a transfer, so what counts is the best goodput of each; and the median of the windows, as BBR's
// differ by a third between transfers of one and the same algorithm: where in its cycle it begins is chance.
func TestOursCarryAsTheKernels(t *testing.T) {
	kerneltest.RequireTUN(t)
	names, err := available()
	if err != nil {
		t.Fatal(err)
	}
	for _, kernels := range []string{"reno", "cubic", "dctcp", "bbr"} {
		t.Run(kernels, func(t *testing.T) {
			if kernels == "bbr" {
				kerneltest.RequireLinux(t, 6, 10)
			}
			if _, err := contenders([]string{kernels}, nil, names); err != nil {
				t.Skip(err)
			}
			best, windows := map[string]float64{}, map[string][]float64{}
			for range 2 * tries {
				for _, a := range comparison(t, options{compare: []string{kernels, "go_" + kernels}, rounds: 1, duration: 3 * time.Second}).Algorithms {
					best[a.Name] = max(best[a.Name], a.GoodputBPS)
					windows[a.Name] = append(windows[a.Name], meanWindow(a))
				}
				theirs, ours := median(windows[kernels]), median(windows["go_"+kernels])
				goodput, window := 100*(best["go_"+kernels]/best[kernels]-1), 100*(ours/theirs-1)
				t.Logf("goodput %+.1f %% (%.2f and %.2f Mbit/s), mean window %+.1f %% (%.1f and %.1f)",
					goodput, best["go_"+kernels]/1e6, best[kernels]/1e6, window, ours, theirs)
				if math.Abs(goodput) <= 3 && math.Abs(window) <= 10 {
					return
				}
			}
			t.Errorf("in %d comparisons never within 3 %% of the goodput and 10 %% of the window", 2*tries)
		})
	}
}

// median is the middle one of some numbers, or between the two in the middle.
func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// TestDCTCPKeepsTheQueueShort compares it with Reno on a link that marks: there Reno's queue is short too, since it halves its window at
// each mark; but DCTCP fills the link.
func TestDCTCPKeepsTheQueueShort(t *testing.T) {
	kerneltest.RequireTUN(t)
	base := 2 * netlab.DefaultLink().Delay
	for range tries {
		means := comparison(t, options{compare: []string{"go_reno", "go_dctcp"}, rounds: 1, duration: 3 * time.Second}).Means
		reno, dctcp := means[0], means[1]
		rtt := time.Duration(dctcp.MeanRTTUS) * time.Microsecond
		t.Logf("Reno %.2f Mbit/s, %.0f marks; DCTCP %.2f Mbit/s, %.0f marks, RTT %v", reno.GoodputBPS/1e6, reno.Marks, dctcp.GoodputBPS/1e6, dctcp.Marks, rtt)
		if dctcp.GoodputBPS > 1.1*reno.GoodputBPS && dctcp.Drops == 0 && dctcp.Marks > reno.Marks && rtt < base*13/10 {
			return
		}
	}
	t.Errorf("in %d comparisons DCTCP never carried a tenth more than Reno without a drop and with a RTT below %v", tries, base*13/10)
}
