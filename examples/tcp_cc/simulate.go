package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// needed are the capabilities that the lab needs, with the reasons.
var needed = [...]struct {
	cap syscall.Cap
	why string
}{
	{syscall.CapBPF, "to load BPF programs"},
	{syscall.CapPerfmon, "for programs that read kernel structs"},
	{syscall.CapNetAdmin, "to set up the lab's devices"},
	{syscall.CapSysAdmin, "to make the lab's network namespaces"},
}

// missingCapabilities describes the capabilities that this process lacks. On
// other systems than Linux that is all of them.
func missingCapabilities() []string {
	have, err := syscall.Capabilities()
	if err != nil {
		have = 0
	}
	var missing []string
	for _, n := range needed {
		if !have.Has(n.cap) {
			missing = append(missing, fmt.Sprintf("%v %s", n.cap, n.why))
		}
	}
	return missing
}

// simulate does without a kernel what run does with one: the algorithms' programs run in this process, over a simulated link, with the
// types of a kernel that are part of this program.
func simulate(ctx context.Context, why string, opt options, stdout io.Writer) error {
	kernels := fixture.Kernels()
	newest := kernels[len(kernels)-1]
	types, err := fixture.Open(newest)
	if err != nil {
		return err
	}
	list := standardList()
	opt.hz = cmp.Or(opt.hz, usualHZ) // the types do not contain it
	if len(opt.compare) > 0 {
		if list, err = simulated(opt.compare, algorithms(opt.hz)); err != nil {
			return err
		}
	}
	plans, err := prepareFor(compile.Target{BTF: types, ByteOrder: isa.Native}, oursOf(list))
	if err != nil {
		return err
	}
	if !opt.json {
		fmt.Fprintf(stdout, "A simulation, not the kernel: %s.\n", why)
		fmt.Fprintf(stdout, "The programs' bytes run in this process, with the types of Linux %s.\n\n", newest)
		for _, plan := range plans {
			if err := writePlan(stdout, plan); err != nil {
				return err
			}
		}
	}
	link := comparisonLink(opt, list)
	rounds := make([][]result, len(list))
	for round := range max(1, opt.rounds) {
		for i, c := range list {
			r, err := simulateOne(ctx, opt, link, c, tcpsim.Experiment{Types: types, Seed: uint64(round)})
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			rounds[i] = append(rounds[i], r)
		}
	}
	return simulationReport(stdout, opt, link, newest, list, rounds)
}

// simulated finds the algorithms of a list of names: ours, and the kernel's Reno, which the simulator has.
func simulated(names []string, ours []structops.Implementation) ([]contender, error) {
	for _, name := range names {
		if _, known := kernelModules()[name]; known && name != "reno" {
			var written []string
			for _, o := range ours {
				written = append(written, nameOf(o))
			}
			return nil, fmt.Errorf("congestion control %q: the kernel's own algorithms need the kernel: run this as root\n"+
				"help: the simulator has those written in Go, %s, and reno", name, strings.Join(written, ", "))
		}
	}
	return contenders(names, ours, []string{"reno"}, nil)
}

// simulateOne runs one connection.
func simulateOne(ctx context.Context, opt options, link netlab.Link, c contender, e tcpsim.Experiment) (result, error) {
	e.Link = tcpsim.Link{Rate: link.Rate, Delay: link.Delay, Queue: link.Queue, MTU: link.MTU, ECNThreshold: link.ECNThreshold}
	e.Flows = []tcpsim.Flow{{Ops: c.ops}}
	e.Duration, e.HZ = opt.duration, opt.hz
	sim, err := tcpsim.Run(ctx, e)
	if err != nil {
		return result{}, err
	}
	f := sim.Flows[0]
	r := result{native: c.native, simulated: true, Result: netlab.Result{
		Algorithm: f.Algorithm, Elapsed: f.Elapsed, Received: f.Received, GoodputBPS: f.GoodputBPS, Retransmits: f.Retransmits,
		Timeouts: f.Timeouts, QueueDrops: sim.Dropped, QueueMarks: sim.Marked, MeanCwnd: f.MeanCwnd, MeanRTT: f.MeanRTT, MinRTT: f.MinRTT,
	}}
	for _, s := range f.Samples {
		r.Samples = append(r.Samples, netlab.Sample{At: s.At, Cwnd: s.Cwnd, Ssthresh: s.Ssthresh, RTT: s.RTT, Unacked: s.Unacked,
			Retransmits: s.Retransmits})
	}
	return r, nil
}

// simulationReport shows what the simulation has shown, as run does for the kernel.
func simulationReport(stdout io.Writer, opt options, link netlab.Link, kernel string, list []contender, rounds [][]result) error {
	means := meansOf(list, rounds)
	if opt.json {
		r := newReport(kernel, byRound(rounds))
		r.Simulated = true
		if len(opt.compare) > 0 {
			return newComparisonReport(r, link, opt.rounds, means, differencesOf(means)).writeJSON(stdout)
		}
		return r.writeJSON(stdout)
	}
	fmt.Fprintf(stdout, "simulated link: %v; %v each\n\n", link, opt.duration)
	results := byRound(rounds)[:len(list)]
	var err error
	if len(opt.compare) > 0 {
		err = writeComparison(stdout, means, differencesOf(means))
	} else {
		err = writeTable(stdout, results)
	}
	if err != nil {
		return err
	}
	ending := fmt.Sprintf("simulated in %v; nothing was registered. For the kernel: go run -exec sudo ./examples/tcp_cc",
		time.Since(opt.start).Round(10*time.Millisecond))
	err = show(stdout, opt, link, results, ending)
	if errors.Is(err, fs.ErrPermission) && opt.out == "." { // the user did not ask for plots
		_, err = fmt.Fprintf(stdout, "\nno plot: %v; -out says another folder\n%s\n", err, ending)
	}
	return err
}
