// Exercise 14: leave 70 percent of the window after a loss, at least two segments.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	return tp.SndCwnd().Mul(7).Div(10).Max(2)
}

func main() { exercise.Report(exercise.Congestion(ssthresh)) }
