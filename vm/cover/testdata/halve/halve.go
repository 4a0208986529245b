// Package halve has a congestion control whose tests do not run all of it.
package halve

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	half := tp.SndCwnd().Shr(1).Var()
	f.If(half.Lt(2), func() {
		half.Set(tp.PriorCwnd()) // not run
	})
	f.If(tp.SndCwnd().Gt(100), func() {
		half.Set(tp.SndSsthresh()) // run
	})
	return half.Get()
}

func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.PriorCwnd() }

func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	tp.CongAvoidAI(tp.SndCwnd(), acked) // not run
}

// Ops is the algorithm.
var Ops = tcp.CongestionOps{Name: "go_halve", License: "GPL", Ssthresh: ssthresh, UndoCwnd: undoCwnd, CongAvoid: congAvoid}

// Limit is a function that programs have nothing to do with.
func Limit(n int) int {
	if n > 5 {
		return 5 // not run by the tests
	}
	return n
}
