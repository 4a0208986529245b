package main

import (
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// simulator measures what an acknowledgement takes in package tcpsim, all of TCP and the link included. The connection fills a link of 100
// Mbit/s for a minute: 250,000 acknowledgements.
func simulator() []row {
	var rows []row
	link := tcpsim.Link{Rate: 100_000_000, Delay: 10 * time.Millisecond}
	for _, a := range []struct {
		name string
		ops  structops.Implementation
	}{{"Reno", cc.Reno("bench_reno")}, {"CUBIC", cc.Cubic("bench_cubic", 250)}, {"BBR", cc.BBR("bench_bbr", 250)}} {
		acks := int64(0)
		r := best(func(b *testing.B) {
			for b.Loop() {
				result, err := tcpsim.Run(b.Context(), tcpsim.Experiment{Link: link, Flows: []tcpsim.Flow{{Ops: a.ops}},
					Duration: time.Minute, SampleEvery: time.Minute})
				if err != nil {
					b.Fatal(err)
				}
				acks = result.Flows[0].Acks
			}
		})
		rows = append(rows, row{what: "simulator: an ACK, " + a.name, unit: "ns", ours: float64(perOp(r)) / float64(acks),
			bytes: r.AllocedBytesPerOp() / acks, alloc: r.AllocsPerOp() / acks, goal: "≤ 2000 ns, so 1,000,000 in 2 s; allocates nothing",
			missed: r.AllocsPerOp()/acks > 0})
	}
	return rows
}
