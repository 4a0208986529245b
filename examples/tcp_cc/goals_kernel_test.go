package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

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

// TestOursCarryAsTheKernels compares each algorithm with the kernel's own over the same link: mean goodput within 3 %, mean window within
// 10 %. It takes minutes, so make long runs it and make test does not. DCTCP, which many kernels lack, is compared in the matrix. BBR
// begins its cycle at random, and a busy machine disturbs any transfer. So the test makes transfers until both means are known well. Only
// the errors of the means decide how many, and the differences are compared once, after that. A comparison that is repeated until it
// succeeds would prove nothing.
func TestOursCarryAsTheKernels(t *testing.T) {
	kerneltest.RequireTUN(t)
	for _, kernels := range []string{"reno", "cubic", "bbr"} {
		t.Run(kernels, func(t *testing.T) {
			if kernels == "bbr" {
				kerneltest.RequireLinux(t, 6, 10)
			}
			carriesAsTheKernels(t, kernels)
		})
	}
}

func carriesAsTheKernels(t *testing.T, kernels string) {
	names, err := available()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contenders([]string{kernels}, nil, names, nil); err != nil {
		kerneltest.Missing(t, err.Error())
	}
	const least, most = 4, 24 // transfers of each
	var theirs, ours transfers
	n := 0
	for ; n < least || n < most && !known(ours, theirs); n += 2 {
		for _, a := range comparison(t, options{compare: []string{kernels, "go_" + kernels}, rounds: 2,
			duration: 3 * time.Second}).Algorithms {
			to := &theirs
			if a.Name != kernels {
				to = &ours
			}
			to.goodput, to.window = append(to.goodput, a.GoodputBPS/1e6), append(to.window, meanWindow(a))
		}
	}
	goodput, goodputError := percentMore(ours.goodput, theirs.goodput)
	window, windowError := percentMore(ours.window, theirs.window)
	t.Logf("%d transfers of each: goodput %+.1f ± %.1f %% (%.2f and %.2f Mbit/s), window %+.1f ± %.1f %% (%.1f and %.1f)",
		n, goodput, goodputError, ours.goodput.mean(), theirs.goodput.mean(), window, windowError, ours.window.mean(),
		theirs.window.mean())
	if math.Abs(goodput) > 3 || math.Abs(window) > 10 {
		t.Errorf("not within 3 %% of the goodput and 10 %% of the window\nours: %.2f, %.1f\ntheirs: %.2f, %.1f",
			ours.goodput, ours.window, theirs.goodput, theirs.window)
	}
}

// transfers has the figures of all transfers of one algorithm.
type transfers struct{ goodput, window series } // Mbit/s; segments

// known reports whether the standard errors of the differences are at most a quarter of the allowed differences.
func known(ours, theirs transfers) bool {
	_, goodput := percentMore(ours.goodput, theirs.goodput)
	_, window := percentMore(ours.window, theirs.window)
	return goodput <= 0.75 && window <= 2.5
}

// A series is one figure of several transfers.
type series []float64

func (s series) mean() float64 {
	sum := 0.0
	for _, x := range s {
		sum += x
	}
	return sum / float64(len(s))
}

// relativeVariance is the square of the mean's standard error, as a part of the mean.
func (s series) relativeVariance() float64 {
	mean, squares := s.mean(), 0.0
	for _, x := range s {
		squares += (x - mean) * (x - mean)
	}
	n := float64(len(s))
	return squares / (n - 1) / n / (mean * mean)
}

// percentMore is how much more ours has on average than theirs, with its standard error.
func percentMore(ours, theirs series) (percent, standardError float64) {
	return 100 * (ours.mean()/theirs.mean() - 1), 100 * math.Sqrt(ours.relativeVariance()+theirs.relativeVariance())
}

// TestDCTCPKeepsTheQueueShort compares DCTCP with Reno on a link that marks. Reno's queue is short there too, because Reno halves its
// window at each mark. But DCTCP also fills the link.
func TestDCTCPKeepsTheQueueShort(t *testing.T) {
	kerneltest.RequireTUN(t)
	const tries = 5 // other tests may use the processors during a transfer, and then the difference is not in the algorithms
	base := 2 * netlab.DefaultLink().Delay
	for range tries {
		means := comparison(t, options{compare: []string{"go_reno", "go_dctcp"}, rounds: 1, duration: 3 * time.Second}).Means
		reno, dctcp := means[0], means[1]
		rtt := time.Duration(dctcp.MeanRTTUS) * time.Microsecond
		t.Logf("Reno %.2f Mbit/s, %.0f marks; DCTCP %.2f Mbit/s, %.0f marks, RTT %v", reno.GoodputBPS/1e6, reno.Marks,
			dctcp.GoodputBPS/1e6, dctcp.Marks, rtt)
		if dctcp.GoodputBPS > 1.1*reno.GoodputBPS && dctcp.Drops == 0 && dctcp.Marks > reno.Marks && rtt < base*13/10 {
			return
		}
	}
	t.Errorf("in %d comparisons DCTCP never carried a tenth more than Reno without a drop and with a RTT below %v", tries, base*13/10)
}
