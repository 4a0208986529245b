package fourteen_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
)

var reno = tcp.CongestionOps{
	Name: "go_reno14", License: "GPL",
	Ssthresh: ssthresh, CongAvoid: congAvoid, UndoCwnd: undoCwnd,
}

// ssthresh: half of the window, at least two segments.
func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	f.If(tp.IsCwndLimited().Eq(0), f.Exit) // the window was not used: this says nothing about the path
	left := acked.Var()
	f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
		left.Set(tp.SlowStart(left)) // what is left when the window has reached the threshold
		f.If(left.Eq(0), f.Exit)
	})
	tp.CongAvoidAI(tp.SndCwnd(), left) // one segment more for each window of acknowledged ones
}

func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

func TestSsthresh(t *testing.T) {
	structopstest.On(t, []string{"6.1", "6.12", "6.18"}, reno, func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		sk.Set("snd_cwnd", 20)
		if got := ops.Call("ssthresh", sk); got != 10 {
			t.Errorf("the threshold is %d, want 10", got)
		}
	})
}

var gentle = tcp.CongestionOps{
	Name: "go_gentle14", License: "GPL",
	Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Mul(3).Shr(2).Max(2) },
	CongAvoid: congAvoid, UndoCwnd: undoCwnd,
}
