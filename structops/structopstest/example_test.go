package structopstest_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
)

var halve = tcp.CongestionOps{Name: "go_halve", License: "GPL",
	Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) },
	UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.PriorCwnd() },
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) },
}

// A test of one member, on three kernels.
func TestHalve(t *testing.T) {
	structopstest.On(t, []string{"6.1", "6.12", "6.18"}, halve, func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		sk.Set("snd_cwnd", 3)
		if got := ops.Call("ssthresh", sk); got != 2 {
			t.Errorf("the threshold is %d, want 2", got)
		}
	})
}

// This is the body of TestHalve, which go test runs.
func ExampleOn() {
	var t *testing.T // of a test: func TestHalve(t *testing.T)
	structopstest.On(t, []string{"6.1", "6.12", "6.18"}, halve, func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		sk.Set("snd_cwnd", 3)
		if got := ops.Call("ssthresh", sk); got != 2 {
			t.Errorf("the threshold is %d, want 2", got)
		}
	})
}
