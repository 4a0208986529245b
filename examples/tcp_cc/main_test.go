package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestAlgorithmsFitThreeKernels compiles and checks our algorithms for every kernel with a fixture. BBR needs Linux 6.10: before that,
// programs may not write app_limited.
func TestAlgorithmsFitThreeKernels(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			t.Fatal(err)
		}
		for _, ops := range algorithms(usualHZ) {
			name := nameOf(ops)
			_, err := structops.Prepare(ops, compile.Target{BTF: types, ByteOrder: isa.Native})
			switch {
			case name == "go_bbr" && kernel == "6.1":
				if err == nil || !strings.Contains(err.Error(), "tcp_sock.app_limited cannot be written here") {
					t.Errorf("%s, %s: %v; app_limited cannot be written there", kernel, name, err)
				}
			case err != nil:
				t.Errorf("%s, %s: %v", kernel, name, err)
			}
		}
	}
}

// simulation runs the simulator's part of the example.
func simulation(t *testing.T, opt options) string {
	t.Helper()
	var out bytes.Buffer
	opt.simulate, opt.start = true, time.Now()
	if err := run(t.Context(), opt, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestASimulationSaysSo: in its first line. It has all that a run in the kernel has.
func TestASimulationSaysSo(t *testing.T) {
	dir := t.TempDir()
	out := simulation(t, options{duration: 4 * time.Second, out: dir})
	first, _, _ := strings.Cut(out, "\n")
	if !strings.HasPrefix(first, "A simulation, not the kernel: ") {
		t.Errorf("it begins with %q", first)
	}
	for _, want := range []string{
		"the types of Linux 6.18",
		"u32 (*)(struct sock *sk)",
		"simulated link: 10 Mbit/s, 10ms one way, queue 20 packets; 4s each",
		"go_reno (Go): congestion window in segments",
		"go_gentle (Go): congestion window in segments",
		"reno (simulator): congestion window in segments",
		"nothing was registered",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if plots, _ := filepath.Glob(filepath.Join(dir, "tcp_cc.*")); len(plots) != 2 {
		t.Errorf("plots: %v", plots)
	}
}

// TestASimulationCompares: our Reno and the simulator's, which are written in different languages, have the same windows. The kernel's
// other algorithms are not there.
func TestASimulationCompares(t *testing.T) {
	opt := options{duration: 2 * time.Second, json: true, rounds: 2,
		compare: []string{"reno", "go_reno", "go_cubic", "go_dctcp", "go_bbr"}}
	var r comparisonReport
	if err := json.Unmarshal([]byte(simulation(t, opt)), &r); err != nil {
		t.Fatal(err)
	}
	if !r.Simulated || len(r.Means) != 5 || len(r.Algorithms) != 10 {
		t.Fatalf("simulated: %v; %d means of %d transfers", r.Simulated, len(r.Means), len(r.Algorithms))
	}
	if a, b := r.Means[0], r.Means[1]; a.MeanCwnd != b.MeanCwnd || a.GoodputBPS != b.GoodputBPS {
		t.Errorf("the simulator's Reno has a window of %v and ours of %v", a.MeanCwnd, b.MeanCwnd)
	}
	for _, m := range r.Means {
		if m.GoodputBPS < 6e6 || m.GoodputBPS > 9.7e6 {
			t.Errorf("%s carries %.0f bit/s", m.Name, m.GoodputBPS)
		}
	}
	err := run(t.Context(), options{simulate: true, compare: []string{"cubic", "go_cubic"}}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `"cubic": the kernel's own algorithms need the kernel`) {
		t.Errorf("the kernel's CUBIC: %v", err)
	}
}

// TestTheMainJob runs the whole example for short transfers. The mean window of our Reno must be within 10 % of the kernel's. Other tests
// may use the processors during a transfer, so the test may try three times.
func TestTheMainJob(t *testing.T) {
	kerneltest.RequireTUN(t)
	before, err := available()
	if err != nil {
		t.Fatal(err)
	}
	var difference float64
	for range 3 {
		var out bytes.Buffer
		opt := options{json: true, duration: 3 * time.Second, start: time.Now()}
		if err := run(context.Background(), opt, &out); err != nil {
			t.Fatal(err)
		}
		var r report
		decoder := json.NewDecoder(&out)
		if err := decoder.Decode(&r); err != nil || decoder.More() {
			t.Fatalf("not one JSON object: %v", err)
		}
		if !slices.Contains(r.ListedDuring, "go_reno") || !slices.Contains(r.ListedDuring, "go_gentle") {
			t.Errorf("listed while running: %v", r.ListedDuring)
		}
		if slices.Contains(r.ListedAfter, "go_reno") || slices.Contains(r.ListedAfter, "go_gentle") {
			t.Errorf("listed afterwards: %v", r.ListedAfter)
		}
		if len(r.Algorithms) != 3 {
			t.Fatalf("%d algorithms", len(r.Algorithms))
		}
		ours, gentler, kernels := r.Algorithms[0], r.Algorithms[1], r.Algorithms[2]
		if ours.Name != "go_reno" || ours.Native || gentler.Name != "go_gentle" || kernels.Name != "reno" || !kernels.Native {
			t.Errorf("algorithms %q, %q, %q", ours.Name, gentler.Name, kernels.Name)
		}
		for _, a := range r.Algorithms {
			if a.GoodputBPS < 5e6 || a.Retransmits == 0 || len(a.Samples) < 100 {
				t.Errorf("%s: %.0f bit/s, %d retransmits, %d samples", a.Name, a.GoodputBPS, a.Retransmits, len(a.Samples))
			}
		}
		difference = math.Abs(meanWindow(ours)/meanWindow(kernels) - 1)
		if difference <= 0.1 && meanWindow(gentler) > meanWindow(ours) {
			break
		}
		t.Logf("mean windows %.1f, %.1f, %.1f: once more", meanWindow(ours), meanWindow(gentler), meanWindow(kernels))
	}
	if difference > 0.1 {
		t.Errorf("our Reno's mean window is %.0f %% off the kernel's", difference*100)
	}
	if after, err := available(); err != nil || !slices.Equal(withoutTests(after), withoutTests(before)) {
		t.Errorf("algorithms before %v, after %v (%v)", before, after, err)
	}
}

// withoutTests leaves out algorithms that other tests and benchmarks may have registered meanwhile.
func withoutTests(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return strings.HasPrefix(n, "t_") ||
			strings.HasPrefix(n, "bench")
	})
}

// meanWindow is weighted by time.
func meanWindow(a algorithmReport) float64 {
	var sum, total float64
	for i := 1; i < len(a.Samples); i++ {
		d := a.Samples[i].TMS - a.Samples[i-1].TMS
		sum += d * float64(a.Samples[i-1].Cwnd)
		total += d
	}
	return sum / total
}

// TestInterruptedItLeavesNothing ends the example in the middle of a transfer.
func TestInterruptedItLeavesNothing(t *testing.T) {
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	named, _ := os.ReadDir("/run/netns") // most machines have none
	ctx, cancel := context.WithTimeout(context.Background(), 700*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	dir := t.TempDir()
	if err := run(ctx, options{duration: 10 * time.Second, out: dir, start: time.Now()}, &out); err == nil {
		t.Fatal("it ended without an error")
	}
	names, err := available()
	if err != nil || slices.Contains(names, "go_reno") || slices.Contains(names, "go_gentle") {
		t.Errorf("still registered: %v (%v)", names, err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
		t.Errorf("plots of nothing: %v", files)
	}
	if entries, _ := os.ReadDir("/run/netns"); len(entries) > len(named) {
		t.Errorf("namespaces left: %v", entries)
	}
}
