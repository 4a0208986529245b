package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// Reno is RFC 5681's congestion control under a name: the window grows by a
// segment a round trip, and halves at a loss.
func Reno(name string) tcp.CongestionOps {
	return tcp.CongestionOps{Name: name, License: "GPL", Ssthresh: renoSsthresh, CongAvoid: renoCongAvoid, UndoCwnd: undoCwnd}
}

// renoSsthresh answers a loss: half the window, at least two segments (RFC 5681,
// equation 4; the window stands for what is in flight).
func renoSsthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

// renoCongAvoid lets the window grow: in slow start by what was acknowledged
// (section 3.1), above it by a segment for each window of acknowledged ones.
func renoCongAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	tp.CongAvoidAI(tp.SndCwnd(), slowStart(f, tp, acked))
}

// slowStart leaves the program when the window may not grow, or when slow start
// has used up what was acknowledged. It gives what is left.
//
// A window that the sender does not use says nothing about the path (RFC 7661). In
// slow start it may be twice what was in flight, or else the doubling would end
// at the first pause.
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

// undoCwnd goes back to where the window was, after a loss that was none.
func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

func inSlowStart(tp tcp.Sock) dsl.Bool { return tp.SndCwnd().Lt(tp.SndSsthresh()) }

// jiffies is the kernel's clock, of which TCP takes 32 bits.
func jiffies(f *dsl.Fn) dsl.U32 { return f.Helper("bpf_jiffies64").U32() }

// after tells whether a comes after b, of numbers that wrap around: sequence
// numbers and jiffies (RFC 1982).
func after(a, b dsl.U32) dsl.Bool { return b.Sub(a).S32().Lt(0) }
