// Bench measures bpfsmith beside others in one run on one machine, and prints ratios: beside cilium/ebpf, if a row does not name another
// one. Absolute times mean little on a machine with other work.
//
//	go run ./internal/bench [GROUP...]
//
// Without groups it measures all of them. Machines of others are fetched from GitHub and built in the user's cache, once; the flags -ubpf
// and -mimic name other git repositories to take. Where that fails, their figures are missing.
//
// It exits with 1 when a goal that does not depend on the machine (bytes, allocations) is missed; times are printed beside their goals.
package main

import (
	"flag"
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

// groups are what can be measured alone.
var groups = []struct {
	name string
	rows func() []row
}{
	{"lookup", lookup}, {"assembler", assembler}, {"programs", programs}, {"machine", machines}, {"simulator", simulator},
	{"cold-start", coldStart},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == coldStartArgument {
		coldStartChild()
		return
	}
	for n := range peerMachines {
		p := &peerMachines[n]
		flag.StringVar(&p.source, p.name, p.source, "the git `repository` with its sources")
	}
	flag.Parse()
	var rows []row
	for _, g := range groups {
		if flag.NArg() == 0 || slices.Contains(flag.Args(), g.name) {
			rows = append(rows, g.rows()...)
		}
	}
	failed := false
	fmt.Printf("%-42s %10s %10s %7s %9s %7s  %s\n", "", "bpfsmith", "other", "ratio", "bytes/op", "allocs", "goal")
	for _, r := range rows {
		peer, ratio := "–", "–"
		if r.peer > 0 {
			peer, ratio = fmt.Sprintf("%.2f", r.peer), fmt.Sprintf("%.1f×", r.peer/r.ours)
		}
		mark := ""
		if r.missed {
			mark, failed = "  MISSED", true
		}
		fmt.Printf("%-42s %10.2f %10s %7s %9d %7d  %s%s\n", r.what+" ("+r.unit+")", r.ours, peer, ratio, r.bytes, r.alloc, r.goal, mark)
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
