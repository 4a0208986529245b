// Command own_algorithm is a place to try a congestion control of your own: it shares a simulated link with Reno, and both windows are
// drawn. It needs no root. Change the two functions, and look again.
//
//	go run ./examples/own_algorithm
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/guptarohit/asciigraph"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// ssthresh is called after a loss. It returns the window to go on with.
func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Mul(4).Div(5).Max(2) }

// congAvoid is called when segments have arrived. It makes the window larger.
func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	left := acked.Var()
	f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
		left.Set(tp.SlowStart(left))
		f.If(left.Eq(0), f.Exit)
	})
	tp.CongAvoidAI(tp.SndCwnd().Max(4), left) // a segment more for each window
}

func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

// Registering this with structops.Register puts it into the kernel, as it is.
var own = tcp.CongestionOps{Name: "own", License: "GPL", Ssthresh: ssthresh, CongAvoid: congAvoid, UndoCwnd: undoCwnd}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, stdout io.Writer) error {
	r, err := tcpsim.Run(ctx, tcpsim.Experiment{
		Link:     tcpsim.Link{Rate: 20_000_000, Delay: 20 * time.Millisecond, Queue: 40}, // bits a second, one way, packets
		Flows:    []tcpsim.Flow{{Ops: own}, {}},                                          // the second is Reno
		Duration: 30 * time.Second,
	})
	if err != nil {
		return err
	}
	for _, flow := range r.Flows {
		var windows []float64
		for _, s := range flow.Samples {
			windows = append(windows, float64(s.Cwnd))
		}
		fmt.Fprintf(stdout, "%s: %.1f Mbit/s, %d losses, a mean window of %.0f segments over %v\n%s\n\n", flow.Algorithm,
			flow.GoodputBPS/1e6, flow.Recoveries, flow.MeanCwnd, flow.Elapsed.Round(time.Second),
			asciigraph.Plot(windows, asciigraph.Height(10), asciigraph.Width(70), asciigraph.LowerBound(0)))
	}
	return nil
}
