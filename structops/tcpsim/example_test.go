package tcpsim_test

import (
	"context"
	"fmt"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// keepsMore is Reno that leaves three quarters of the window after a loss.
var keepsMore = tcp.CongestionOps{Name: "go_keeps_more", License: "GPL",
	Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Mul(3).Shr(2).Max(2) },
	UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoUndoCwnd() },
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.RenoCongAvoid(ack, acked) },
}

// Two algorithms share a link. The one that gives way less has more of it.
func ExampleRun() {
	r, err := tcpsim.Run(context.Background(), tcpsim.Experiment{
		Link:     tcpsim.Link{Rate: 20_000_000, Delay: 10 * time.Millisecond},
		Flows:    []tcpsim.Flow{{Ops: keepsMore}, {}},
		Duration: time.Minute,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	more, reno := r.Flows[0], r.Flows[1]
	fmt.Println(more.Algorithm, reno.Algorithm)
	fmt.Println("it has more of the link:", more.GoodputBPS > 1.2*reno.GoodputBPS)
	fmt.Println("the link is full:", more.GoodputBPS+reno.GoodputBPS > 0.95*20_000_000*1448/1500)
	// Output:
	// go_keeps_more reno
	// it has more of the link: true
	// the link is full: true
}
