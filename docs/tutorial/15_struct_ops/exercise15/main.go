// Exercise 15: mend an implementation of tcp_congestion_ops.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

var ops = tcp.CongestionOps{
	Name: "my algorithm", License: "GPL",
	Ssthresh: func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		return tp.SndCwnd().Shr(1).Max(2)
	},
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
		tp.Field("packets_out").Set(acked)
		tp.RenoCongAvoid(ack, acked)
	},
}

func main() { exercise.Report(exercise.StructOps(ops)) }
