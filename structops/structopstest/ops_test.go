package structopstest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
	"github.com/bpfsmith/bpfsmith/vm"
)

func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	left := acked.Var()
	f.If(tp.SndCwnd().Lt(tp.SndSsthresh()), func() {
		left.Set(tp.SlowStart(left))
		f.If(left.Eq(0), f.Exit)
	})
	tp.CongAvoidAI(tp.SndCwnd(), left)
}

func undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

var reno = tcp.CongestionOps{Name: "go_reno", License: "GPL", Ssthresh: ssthresh, CongAvoid: congAvoid, UndoCwnd: undoCwnd}

// TestReno is the test of README.
func TestReno(t *testing.T) {
	structopstest.On(t, []string{"6.1", "6.12", "6.18"}, reno, func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		sk.Set("snd_cwnd", 10)
		sk.Set("snd_ssthresh", 12)

		ops.Call("cong_avoid", sk, 0, 5) // two segments up to the threshold, three are counted
		if cwnd, count := sk.Get("snd_cwnd"), sk.Get("snd_cwnd_cnt"); cwnd != 12 || count != 3 {
			t.Errorf("the window is %d and %d segments are counted, want 12 and 3", cwnd, count)
		}
		ops.Call("cong_avoid", sk, 0, 9) // and nine more fill the window
		if cwnd, count := sk.Get("snd_cwnd"), sk.Get("snd_cwnd_cnt"); cwnd != 13 || count != 0 {
			t.Errorf("the window is %d and %d segments are counted, want 13 and 0", cwnd, count)
		}
		if half := ops.Call("ssthresh", sk); half != 6 {
			t.Errorf("the threshold after a loss is %d, want 6", half)
		}
		sk.Set("prior_cwnd", 40)
		if before := ops.Call("undo_cwnd", sk); before != 40 {
			t.Errorf("the window after an undo is %d, want 40", before)
		}
	})
}

// TestWritesAreTheKernels: what the kernel protects cannot be written, although nothing was checked before.
func TestWritesAreTheKernels(t *testing.T) {
	bad := structops.ByName(reno)
	bad.Unchecked = true
	bad.Members["ssthresh"] = dsl.Func("ssthresh", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		tp.Field("snd_cwnd_clamp").Set(f.U32(5))
		return tp.SndCwnd()
	})
	structopstest.On(t, fixture.Kernels(), bad, func(t *testing.T, ops *structopstest.Ops) {
		_, err := ops.Try("ssthresh", ops.Sock())
		var fault *vm.Fault
		if !errors.As(err, &fault) || fault.Kind != vm.ReadOnly || !strings.Contains(fault.Detail, "tcp_sock.snd_cwnd_clamp") ||
			!strings.HasSuffix(fault.Pos.File, "ops_test.go") {
			t.Errorf("%v", err)
		}
	})
}

// TestCallsAreChecked: a call that the kernel could not make is an error with the prototype or what is expected.
func TestCallsAreChecked(t *testing.T) {
	structopstest.On(t, []string{"6.18"}, reno, func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		misspelt := ops.Sock()
		misspelt.Set("snd_cwd", 5)
		for _, tt := range []struct {
			member string
			args   []any
			say    string
		}{
			{"sstresh", []any{sk}, "no callback \"sstresh\"; the implementation has ssthresh"},
			{"name", []any{sk}, "no callback"},
			{"init", []any{sk}, "does not have init"},
			{"cong_avoid", []any{sk}, "the kernel passes 3: void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked)"},
			{"cong_avoid", []any{sk, -1, 1}, "argument 2, ack: -1 does not fit a u32"},
			{"cong_avoid", []any{sk, "1", 1}, "expected a number"},
			{"ssthresh", []any{5}, "expected a *vm.Struct or nil, not an int"},
			{"ssthresh", []any{ops.Struct("rate_sample")}, "expected a tcp_sock, not a rate_sample"},
			{"ssthresh", []any{ops.Struct("sock")}, "expected a tcp_sock, not a sock"},
			{"ssthresh", []any{nil}, "nil pointer"},
			{"ssthresh", []any{ops.Struct("tcp_sok")}, "did you mean tcp_sock?"},
			{"ssthresh", []any{misspelt}, "did you mean snd_cwnd?"},
		} {
			if _, err := ops.Try(tt.member, tt.args...); err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("%s%v: %v, want %q", tt.member, tt.args, err, tt.say)
			}
		}
	})
}

// TestSamples: arguments that are other structs, and the private state.
func TestSamples(t *testing.T) {
	type state struct{ Min dsl.CellS32 }
	ops := reno
	ops.PktsAcked = func(f *dsl.Fn, tp tcp.Sock, sample tcp.AckSample) { tcp.CA[state](tp).Min.Set(sample.RttUs()) }
	ops.CongControl = func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
		tp.SetSkPacingRate(rs.Delivered().U64())
	}
	structopstest.On(t, []string{"6.12", "6.18"}, ops, func(t *testing.T, ops *structopstest.Ops) {
		sk, sample, rs := ops.Sock(), ops.Struct("ack_sample"), ops.Struct("rate_sample")
		sample.Set("rtt_us", -1)
		ops.Call("pkts_acked", sk, sample)
		if state := sk.Bytes("icsk_ca_priv"); state[0] != 0xff || state[3] != 0xff || state[4] != 0 {
			t.Errorf("the state begins with % x", state[:8])
		}
		rs.Set("delivered", 77)
		ops.Call("cong_control", sk, 0, 0, rs)
		if rate := sk.Get("sk_pacing_rate"); rate != 77 {
			t.Errorf("the pacing rate is %d", rate)
		}
	})
}
