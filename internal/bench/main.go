// Bench measures bpfsmith and cilium/ebpf in one run on one machine, and prints ratios. Absolute times mean little on a machine with other
// work.
//
//	go run ./internal/bench
//
// It exits with 1 when a goal that does not depend on the machine (bytes,
// allocations) is missed; times are printed beside their goals.
package main

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// A row is one measurement of our code, and of the peer if there is one.
type row struct {
	what   string
	unit   string  // "ns/insn", "ms"
	ours   float64 // in unit
	peer   float64 // in unit; 0 when there is none
	bytes  int64   // allocated by ours in an operation
	alloc  int64   // allocations by ours in an operation
	goal   string
	missed bool // a goal that holds on any machine
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == coldStartArgument {
		coldStartChild()
		return
	}
	rows := slices.Concat(lookup(), assembler(), programs(), simulator(), coldStart())
	fmt.Printf("%-34s %10s %10s %7s %9s %7s  %s\n", "", "bpfsmith", "cilium", "ratio", "bytes/op", "allocs", "goal")
	failed := false
	for _, r := range rows {
		peer, ratio := "–", "–"
		if r.peer > 0 {
			peer, ratio = fmt.Sprintf("%.2f", r.peer), fmt.Sprintf("%.1f×", r.peer/r.ours)
		}
		mark := ""
		if r.missed {
			mark, failed = "  MISSED", true
		}
		fmt.Printf("%-34s %10.2f %10s %7s %9d %7d  %s%s\n", r.what+" ("+r.unit+")", r.ours, peer, ratio, r.bytes, r.alloc, r.goal, mark)
	}
	if failed {
		os.Exit(1)
	}
}

// best runs a benchmark three times and returns the fastest run, because noise only adds time.
func best(f func(b *testing.B)) testing.BenchmarkResult {
	var fastest testing.BenchmarkResult
	for i := range 3 {
		if r := testing.Benchmark(f); i == 0 || perOp(r) < perOp(fastest) {
			fastest = r
		}
	}
	if fastest.N == 0 { // the benchmark failed and has said why
		os.Exit(1)
	}
	return fastest
}

func perOp(r testing.BenchmarkResult) time.Duration {
	if r.N == 0 {
		return 0
	}
	return r.T / time.Duration(r.N)
}

func check(b *testing.B, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		b.FailNow()
	}
}
