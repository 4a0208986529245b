package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

// An algorithm decides how many segments a connection may have in flight: its window.
type algorithm struct {
	counts *maps.Global[counts]
}

// counts are shared: the functions below add to them in the kernel, and main reads them.
type counts struct {
	Acks   uint64 // calls of congAvoid
	Losses uint64 // calls of ssthresh
	Window uint64 // the largest window, in segments
}

func newAlgorithm() *algorithm {
	return &algorithm{counts: maps.NewGlobal("counts", counts{})}
}

// ops is the algorithm as the kernel wants it. Sockets choose it by its name, which has at most 15 letters.
func (a *algorithm) ops() tcp.CongestionOps {
	return tcp.CongestionOps{Name: "starter", License: "GPL",
		Ssthresh: a.ssthresh, CongAvoid: a.congAvoid, UndoCwnd: a.undoCwnd}
}

// ssthresh is called when packets are lost. It returns the window below which the next growth is fast.
func (a *algorithm) ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	a.counts.In(f).U64("Losses").AtomicAdd(1)
	return tp.SndCwnd().Shr(1).Max(2) // half the window: try Mul(7).Div(10), which is CUBIC's part
}

// congAvoid is called when packets have arrived. It makes the window larger.
func (a *algorithm) congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	a.counts.In(f).U64("Acks").AtomicAdd(1)
	window := a.counts.In(f).U64("Window")
	window.Set(tp.SndCwnd().U64().Max(window))

	left := acked.Var()
	f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
		left.Set(tp.SlowStart(left)) // a function of the kernel: one segment more for each that arrived
		f.If(left.Eq(0), f.Exit)
	})
	tp.CongAvoidAI(tp.SndCwnd(), left) // and this one: one segment more for each window
}

// undoCwnd is called when nothing was lost after all. It returns the window to go on with.
func (a *algorithm) undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }
