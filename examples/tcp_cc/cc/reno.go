package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// Reno is RFC 5681's congestion control with a name. The window grows by one segment in each round trip, and is halved after a loss.
func Reno(name string) tcp.CongestionOps {
	return tcp.CongestionOps{Name: name, License: "GPL", Ssthresh: renoSsthresh, CongAvoid: renoCongAvoid, UndoCwnd: undoCwnd}
}

// renoSsthresh is called after a loss: it returns half the window, at least two segments (RFC 5681, equation 4, with the window instead of
// the data in flight).
func renoSsthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

// renoCongAvoid lets the window grow: in slow start by what was acknowledged
// (section 3.1), above it by a segment for each window of acknowledged ones.
func renoCongAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	left := slowStart(f, tp, acked)
	tp.CongAvoidAI(tp.SndCwnd(), left) // the window that slow start has left: Go would read it first if this were one line
}

// slowStart leaves the program when the window may not grow, or when slow start has used all acknowledged segments. It returns how many
// are left.
//
// A window that the sender does not use says nothing about the path (RFC 7661). In slow start the window may be twice what was in flight.
// Otherwise the doubling would end at the first pause.
func slowStart(f *dsl.Fn, tp tcp.Sock, acked dsl.U32) dsl.VarU32 {
	left := acked.Var()
	inSlowStart := inSlowStart(tp)
	limited := tp.IsCwndLimited().Ne(0)
	f.If(limited.Not(), func() {
		f.If(inSlowStart.Not(), f.Exit)
		f.If(tp.SndCwnd().Ge(tp.MaxPacketsOut().Shl(1)), f.Exit)
	})
	f.If(inSlowStart, func() {
		left.Set(tp.SlowStart(left))
		f.If(left.Eq(0), f.Exit)
	})
	return left
}

// undoCwnd restores the window when nothing was lost after all.
func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

func inSlowStart(tp tcp.Sock) dsl.Bool { return tp.SndCwnd().Lt(tp.SndSsthresh()) }

// jiffies is the kernel's clock; TCP uses its lower 32 bits.
func jiffies(f *dsl.Fn) dsl.U32 { return f.Helper("bpf_jiffies64").U32() }

// after reports whether a comes after b. Both are numbers that wrap around: sequence numbers or jiffies (RFC 1982).
func after(a, b dsl.U32) dsl.Bool { return b.Sub(a).S32().Lt(0) }
