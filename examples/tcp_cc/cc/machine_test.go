package cc_test

import (
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
)

// TestRenoIsItsModel: on the types of each kernel, without one, the program does with random sockets what the model in Go does.
func TestRenoIsItsModel(t *testing.T) {
	structopstest.On(t, fixture.Kernels(), cc.Reno("go_reno"), func(t *testing.T, ops *structopstest.Ops) {
		rng, sk := rand.New(rand.NewPCG(1, 2)), ops.Sock()
		for range 2000 {
			s := model.Sock{
				SndCwnd: 1 + rng.Uint32N(40), SndSsthresh: 2 + rng.Uint32N(40), SndCwndCnt: rng.Uint32N(50),
				SndCwndClamp: 20 + rng.Uint32N(40),
				PriorCwnd:    rng.Uint32N(40), MaxPacketsOut: rng.Uint32N(30), IsCwndLimited: rng.IntN(2) == 0,
			}
			before, acked := s, rng.Uint32N(20)
			for path, value := range map[string]uint32{"snd_cwnd": s.SndCwnd, "snd_ssthresh": s.SndSsthresh, "snd_cwnd_cnt": s.SndCwndCnt,
				"snd_cwnd_clamp": s.SndCwndClamp, "prior_cwnd": s.PriorCwnd, "max_packets_out": s.MaxPacketsOut} {
				sk.Set(path, int64(value))
			}
			sk.Set("is_cwnd_limited", 0)
			if s.IsCwndLimited {
				sk.Set("is_cwnd_limited", 1)
			}
			if got, want := ops.Call("ssthresh", sk), (model.Reno{}).Ssthresh(&s); got != int64(want) {
				t.Fatalf("%+v: ssthresh is %d, want %d", before, got, want)
			}
			if got, want := ops.Call("undo_cwnd", sk), (model.Reno{}).UndoCwnd(&s); got != int64(want) {
				t.Fatalf("%+v: undo_cwnd is %d, want %d", before, got, want)
			}
			ops.Call("cong_avoid", sk, 0, acked)
			model.Reno{}.CongAvoid(&s, acked)
			if cwnd, count := sk.Get("snd_cwnd"), sk.Get("snd_cwnd_cnt"); cwnd != int64(s.SndCwnd) || count != int64(s.SndCwndCnt) {
				t.Fatalf("%+v, %d acknowledged: window %d and count %d, want %d and %d", before, acked, cwnd, count, s.SndCwnd,
					s.SndCwndCnt)
			}
		}
	})
}
