package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// agreement is how far the means of simulator and kernel may be apart, in percent.
const agreement = 15

// tooLate is how late the lab may deliver a packet: as long as the link takes to send two. While a machine stands still, packets gather,
// and then come all at once. That is another path than the one that is simulated: marks and losses come too early, and BBR keeps a larger
// window. So such a transfer does not count, whatever its result is. On a busy machine, chrt -r 1 before the command keeps the lab
// punctual.
func tooLate(link netlab.Link) time.Duration {
	const bits = 8
	return 2 * time.Second * time.Duration(bits*link.MTU) / time.Duration(link.Rate)
}

// TestSimulatorAgreesWithTheKernel lets each algorithm carry data in the kernel's lab and in the simulator, over the same links, and
// compares mean window and goodput. It makes transfers in the kernel until their means are known well, and then compares once: make agree
// runs it.
func TestSimulatorAgreesWithTheKernel(t *testing.T) {
	kerneltest.RequireTUN(t)
	kerneltest.RequireLinux(t, 6, 10) // for BBR
	hz, err := clockRate()
	if err != nil {
		t.Fatal(err)
	}
	short := netlab.DefaultLink()
	for _, link := range []netlab.Link{short, {Rate: 5_000_000, Delay: 25 * time.Millisecond, Queue: 40, MTU: short.MTU}} {
		for i, name := range []string{"reno", "gentle", "cubic", "dctcp", "bbr"} {
			t.Run(fmt.Sprintf("%s/%v", name, link), func(t *testing.T) {
				// Handles of maps belong to one of kernel and simulator, so each gets an algorithm of its own.
				agrees(t, link, hz, algorithms(hz)[i], algorithms(hz)[i])
			})
		}
	}
}

func agrees(t *testing.T, link netlab.Link, hz uint32, original, forSimulator structops.Implementation) {
	forKernel := structops.ByName(original)
	forKernel.Members["name"] = "t_sim_" + strings.TrimPrefix(nameOf(original), "go_") // others may have registered ours
	c := contender{name: nameOf(forKernel), ops: forKernel}
	if c.needsECN() {
		link.ECNThreshold = link.BDP()/7 + 1
	}
	plans, err := prepareAll([]structops.Implementation{forKernel})
	if err != nil {
		t.Fatal(err)
	}
	links, err := registerAll(plans, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := links.close(); err != nil {
			t.Error(err)
		}
	})
	const least, most, tries, length = 3, 8, 100, 4 * time.Second
	var kernel, simulator transfers
	known := func(s series) bool { return 100*math.Sqrt(s.relativeVariance()) <= agreement/6 }
	disturbed := 0
	for n := 0; n < least || n < most && !(known(kernel.goodput) && known(kernel.window)); {
		r, late := quietTransfer(t, link, length, c)
		if late <= tooLate(link) {
			kernel.goodput, kernel.window = append(kernel.goodput, r.GoodputBPS/1e6), append(kernel.window, r.MeanCwnd)
			n++
		} else if disturbed++; disturbed == tries {
			t.Fatalf("in %d transfers the machine stood still, and %d were undisturbed", disturbed, n)
		}
	}
	kernels := fixture.Kernels()
	types, err := fixture.Open(kernels[len(kernels)-1])
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(least) {
		r, err := simulateOne(t.Context(), options{duration: length, hz: hz}, link, contender{ops: forSimulator},
			tcpsim.Experiment{Types: types, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		simulator.goodput, simulator.window = append(simulator.goodput, r.GoodputBPS/1e6), append(simulator.window, r.MeanCwnd)
	}
	goodput, goodputError := percentMore(simulator.goodput, kernel.goodput)
	window, windowError := percentMore(simulator.window, kernel.window)
	t.Logf("the simulator's goodput is %+.1f ± %.1f %% (%.2f and %.2f Mbit/s), its window %+.1f ± %.1f %% (%.1f and %.1f segments)",
		goodput, goodputError, simulator.goodput.mean(), kernel.goodput.mean(), window, windowError, simulator.window.mean(),
		kernel.window.mean())
	t.Logf("%d transfers in the kernel; in %d more the machine stood still for more than %v", len(kernel.window), disturbed, tooLate(link))
	if math.Abs(goodput) > agreement || math.Abs(window) > agreement {
		t.Errorf("not within %d %%; the kernel's %d transfers: %.2f Mbit/s, %.1f segments", agreement, len(kernel.window), kernel.goodput,
			kernel.window)
	}
}

// quietTransfer runs one transfer in a lab of its own, and returns how late its latest packet was. When that is too late, the transfer
// ends at once.
func quietTransfer(t *testing.T, link netlab.Link, length time.Duration, c contender) (result, time.Duration) {
	t.Helper()
	lab, err := netlab.New(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	samples := 0
	r, err := lab.Transfer(ctx, netlab.TransferOptions{CongestionControl: c.name, Duration: length, Progress: func(netlab.Sample) {
		if samples++; samples%20 == 0 && lab.Stats().MaxLate > tooLate(link) {
			stop()
		}
	}})
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	return result{Result: r}, lab.Stats().MaxLate
}
