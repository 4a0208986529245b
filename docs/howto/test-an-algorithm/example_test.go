package howto_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// gentle is Reno, but after a loss it keeps three quarters of the window.
var gentle = tcp.CongestionOps{
	Name: "go_gentle", License: "GPL",
	Ssthresh: func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Mul(3).Shr(2).Max(2) },
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
		left := acked.Var()
		f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
			left.Set(tp.SlowStart(left))
			f.If(left.Eq(0), f.Exit)
		})
		tp.CongAvoidAI(tp.SndCwnd(), left)
	},
	UndoCwnd: func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) },
}

func TestGentle(t *testing.T) {
	structopstest.On(t, []string{"6.1", "6.12", "6.18"}, gentle, func(t *testing.T, ops *structopstest.Ops) {
		for cwnd, want := range map[int64]int64{20: 15, 3: 2, 1: 2} {
			sk := ops.Sock()
			sk.Set("snd_cwnd", cwnd)
			if got := ops.Call("ssthresh", sk); got != want {
				t.Errorf("window %d: the threshold is %d, want %d", cwnd, got, want)
			}
		}
		sk := ops.Sock()
		sk.Set("snd_cwnd", 10)
		sk.Set("snd_ssthresh", 12)
		ops.Call("cong_avoid", sk, 0, 5) // two of five end slow start
		if cwnd := sk.Get("snd_cwnd"); cwnd != 12 {
			t.Errorf("the window is %d, want 12", cwnd)
		}
	})
}

func Example_link() {
	r, err := tcpsim.Run(context.Background(), tcpsim.Experiment{
		Duration: 20 * time.Second,
		Link:     tcpsim.Link{Rate: 10_000_000, Delay: 10 * time.Millisecond, Queue: 20},
		Flows:    []tcpsim.Flow{{Ops: gentle}, {}}, // the second is the kernel's Reno
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for n, name := range []string{"gentle", "reno"} {
		fmt.Printf("%s: %.1f Mbit/s, mean window %.0f\n", name, r.Flows[n].GoodputBPS/1e6, r.Flows[n].MeanCwnd)
	}
	// Output:
	// gentle: 6.6 Mbit/s, mean window 23
	// reno: 3.1 Mbit/s, mean window 11
}
