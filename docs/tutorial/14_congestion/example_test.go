package fourteen_test

import (
	"context"
	"fmt"
	"time"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// link is a path of 10 Mbit/s with a round trip of 40 ms, and room for 20 packets in its queue.
var link = tcpsim.Link{Rate: 10_000_000, Delay: 20 * time.Millisecond, Queue: 20}

func Example_reno() {
	result, err := tcpsim.Run(context.Background(), tcpsim.Experiment{
		Link: link, Flows: []tcpsim.Flow{{Ops: reno}}, Duration: 10 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow := result.Flows[0]
	fmt.Printf("%.1f Mbit/s, mean window %.0f segments\n", flow.GoodputBPS/1e6, flow.MeanCwnd)
	fmt.Println(flow.Recoveries, "losses,", result.Dropped, "packets dropped")
	// Output:
	// 9.3 Mbit/s, mean window 42 segments
	// 7 losses, 34 packets dropped
}

func Example_compare() {
	result, err := tcpsim.Run(context.Background(), tcpsim.Experiment{
		Link: link, Flows: []tcpsim.Flow{{Ops: gentle}, {Ops: reno}}, Duration: time.Minute,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, flow := range result.Flows {
		fmt.Printf("%-12s %.1f Mbit/s\n", flow.Algorithm, flow.GoodputBPS/1e6)
	}
	// Output:
	// go_gentle14  6.4 Mbit/s
	// go_reno14    3.3 Mbit/s
}

func Example_pushy() {
	types, err := fixture.Open("6.18")
	if err != nil {
		fmt.Println(err)
		return
	}
	show.Error(structops.Validate(pushy, compile.Target{BTF: types}))
	// Output:
	// mistake_test.go:12: cong_avoid: tcp_sock.snd_nxt cannot be written here
	//   help: writable: snd_cwnd, snd_cwnd_cnt, snd_ssthresh, ecn_flags, sk_pacing_rate,
	//     sk_pacing_status, icsk_ca_priv, icsk_ack.pending, snd_cwnd_stamp, app_limited
}
