package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

func TestWithoutPrivilegesItCompilesChecksAndLists(t *testing.T) {
	var out bytes.Buffer
	err := offline([]string{"CAP_BPF to load BPF programs"}, options{}, &out)
	if !errors.Is(err, errUnprivileged) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"compiled and checked against the types of Linux 6.18",
		"u32 (*)(struct sock *sk)",
		"r0 = *(u32 *)(r1 +1444)", // tcp_sock.snd_cwnd of that kernel
		"r0 = tcp_sock.snd_cwnd",
		"call kernel-function#", // tcp_slow_start
		"; reno.go:",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
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
