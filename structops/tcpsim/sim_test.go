package tcpsim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

const ms = time.Millisecond

// halving is Reno by the kernel's functions, as a program.
func halving() tcp.CongestionOps {
	return tcp.CongestionOps{Name: "t_halving", License: "GPL",
		Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoSsthresh() },
		UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoUndoCwnd() },
		CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.RenoCongAvoid(ack, acked) },
	}
}

func run(t *testing.T, e Experiment) Result {
	t.Helper()
	r, err := Run(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTheProgramDoesWhatTheKernelsRenoDoes: Reno is written twice, in BPF and in Go.
func TestTheProgramDoesWhatTheKernelsRenoDoes(t *testing.T) {
	for _, link := range []Link{
		{Rate: 10e6, Delay: 10 * ms, Queue: 20}, {Rate: 30e6, Delay: 3 * ms, Loss: 0.01}, {Rate: 10e6, Delay: 10 * ms, ECNThreshold: 4},
	} {
		native := run(t, Experiment{Link: link, Flows: []Flow{{}}})
		program := run(t, Experiment{Link: link, Flows: []Flow{{Ops: halving()}}})
		a, b := native.Flows[0], program.Flows[0]
		if !slices.Equal(a.Samples, b.Samples) || a.Received != b.Received || a.MeanCwnd != b.MeanCwnd || a.Acks < 1000 {
			t.Errorf("%+v: Reno in Go has a mean window of %v and %d bytes, Reno in BPF %v and %d", link, a.MeanCwnd, a.Received,
				b.MeanCwnd, b.Received)
		}
	}
}

// TestEachKernelGivesTheSameResult: sockets have other layouts in other kernels, and cong_control other parameters before Linux 6.10.
func TestEachKernelGivesTheSameResult(t *testing.T) {
	controlling := halving() // the rate decides about the window: twice what arrives in the smallest round trip
	controlling.CongControl = func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
		f.If(rs.Delivered().Gt(0).And(rs.IntervalUs().Gt(0)), func() {
			arrived := rs.Delivered().U64().Mul(tp.RttMin().SV(0).U64()).Div(rs.IntervalUs().U64())
			tp.SetSndCwnd(arrived.U32().Shl(1).Max(4))
		})
	}
	controlling.CongAvoid = nil
	for name, ops := range map[string]tcp.CongestionOps{"halving": halving(), "controlling": controlling} {
		var first FlowResult
		for i, kernel := range fixture.Kernels() {
			types, err := fixture.Open(kernel)
			if err != nil {
				t.Fatal(err)
			}
			link := Link{Rate: 10e6, Delay: 10 * ms, Queue: 20, Loss: 0.001}
			f := run(t, Experiment{Link: link, Flows: []Flow{{Ops: ops}}, Types: types}).Flows[0]
			if i == 0 {
				first = f
			}
			if !slices.Equal(f.Samples, first.Samples) || f.Received < 1_000_000 {
				t.Errorf("%s, %s: %d bytes, a mean window of %v; the first kernel has %d and %v", name, kernel, f.Received, f.MeanCwnd,
					first.Received, first.MeanCwnd)
			}
		}
		t.Logf("%s: %.2f Mbit/s, mean window %.1f", name, first.GoodputBPS/1e6, first.MeanCwnd)
	}
}

// TestCountsAgree looks at the counters of the socket after every event, on paths of all kinds.
func TestCountsAgree(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	var timeouts, undone, recoveries, marked int
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 1))
		link := Link{Rate: int64(100_000 * math.Pow(1000, r.Float64())), Delay: time.Duration(r.IntN(60_000)) * time.Microsecond,
			Queue: 1 + r.IntN(200)}
		if r.IntN(2) == 0 {
			link.Loss = math.Pow(10, -1-3*r.Float64())
		}
		if r.IntN(3) == 0 {
			link.ECNThreshold = 1 + r.IntN(20)
		}
		e := Experiment{Link: link, Seed: seed, Duration: 3 * time.Second,
			Flows: []Flow{{}, {Start: 500 * ms, AppRate: int64(1+r.IntN(50)) * 100_000},
				{Start: 100 * ms, Bytes: int64(1 + r.IntN(300_000))}}}
		s, err := newSim(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		for s.step() {
			for _, f := range s.flows {
				if problem := f.sender.problem(); problem != "" {
					t.Fatalf("seed %d, %+v, after %v: %s", seed, link, time.Duration(s.now), problem)
				}
			}
		}
		result := s.result()
		marked += int(result.Marked)
		for i, f := range result.Flows {
			timeouts, undone, recoveries = timeouts+f.Timeouts, undone+f.Undone, recoveries+f.Recoveries
			if f.Received == 0 && link.Rate > 1_000_000 && link.Loss < 0.05 {
				t.Errorf("seed %d, %+v: flow %d received nothing", seed, link, i)
			}
		}
	}
	t.Logf("%d timeouts, %d recoveries, %d undone, %d marks", timeouts, recoveries, undone, marked)
	if timeouts == 0 || undone == 0 || recoveries == 0 || marked == 0 {
		t.Error("something never happened")
	}
}

// problem says what is wrong with the counters of a socket.
func (s *sender) problem() string {
	var packets, sacked, lost, resent uint32
	for n := s.una; n < s.next; n++ {
		packets++
		switch seg := s.at(n); {
		case seg.flags&segSacked != 0:
			sacked++
			if seg.flags&(segLost|segResent) == segLost {
				return fmt.Sprintf("segment %d is SACKed and lost", n)
			}
		default:
			if seg.flags&segLost != 0 {
				lost++
			}
		}
		if s.at(n).flags&segResent != 0 {
			resent++
		}
	}
	got := []uint32{s.packetsOut.get(), s.sackedOut.get(), s.lostOut.get(), s.retransOut.get()}
	if want := []uint32{packets, sacked, lost, resent}; !slices.Equal(got, want) {
		return fmt.Sprintf("packets_out, sacked_out, lost_out, retrans_out are %d; the segments say %d", got, want)
	}
	switch {
	case int32(s.inFlight()) < 0:
		return fmt.Sprintf("%d in flight", int32(s.inFlight()))
	case s.cwnd.get() == 0 || s.cwnd.get() > 1<<24:
		return fmt.Sprintf("the window is %d", s.cwnd.get())
	case packets > 0 && s.timer == timerNone:
		return "segments are on the way, and no timer runs"
	case s.sndUna.get() != s.seq(s.una) || s.sndNxt.get() != s.seq(s.next):
		return "the sequence numbers are wrong"
	}
	return ""
}

// TestLossSetsTheRate compares with the model of Mathis, Semke, Mahdavi and Ott ("The macroscopic behavior of the TCP congestion avoidance
// algorithm", 1997): a window that is halved at each loss has √(3/2p) segments on average.
func TestLossSetsTheRate(t *testing.T) {
	for _, p := range []float64{0.0002, 0.001, 0.004} {
		var sum float64
		const seeds = 5
		for seed := range uint64(seeds) {
			e := Experiment{Link: Link{Rate: 1e9, Delay: 25 * ms, Loss: p}, Flows: []Flow{{}}, Seed: seed, Duration: 30 * time.Second}
			begin := run(t, e) // slow start is not part of the model
			e.Duration = 150 * time.Second
			sum += float64(run(t, e).Flows[0].Received-begin.Flows[0].Received) / seeds
		}
		window := sum / 120 * 0.050 / 1448
		want := math.Sqrt(3 / (2 * p))
		t.Logf("loss %v: %.1f segments in a round trip, the model says %.1f", p, window, want)
		if window < 0.8*want || window > 1.2*want {
			t.Errorf("loss %v: %.1f segments in a round trip, want %.1f", p, window, want)
		}
	}
}

// A recorder notes the calls of Reno.
type recorder struct {
	reno
	calls []string
}

func (r *recorder) note(format string, args ...any) {
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
}
func (r *recorder) begin()             { r.note("init") }
func (r *recorder) end()               { r.note("release") }
func (r *recorder) buffers() uint32    { r.note("sndbuf_expand"); return 2 }
func (r *recorder) state(next uint8)   { r.note("set_state(%d)", next) }
func (r *recorder) event(e uint32)     { r.note("cwnd_event(%d)", e) }
func (r *recorder) acked(flags uint32) { r.note("in_ack_event(%d)", flags) }
func (r *recorder) wantsSamples() bool { return true }
func (r *recorder) sample()            { r.note("pkts_acked") }
func (r *recorder) ssthresh() uint32   { r.note("ssthresh"); return r.reno.ssthresh() }
func (r *recorder) undo() uint32       { r.note("undo_cwnd"); return r.reno.undo() }
func (r *recorder) avoid(ack, acked uint32) {
	r.note("cong_avoid(%d)", acked)
	r.reno.avoid(ack, acked)
}

func record(t *testing.T, e Experiment) []string {
	t.Helper()
	s, err := newSim(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{reno: reno{s.flows[0].sender.sock}}
	s.flows[0].sender.cc = r
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r.calls
}

// TestCallbacksComeInTheKernelsOrder follows a connection through its beginning, a loss, and its end.
func TestCallbacksComeInTheKernelsOrder(t *testing.T) {
	calls := record(t, Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms, Queue: 20}, Flows: []Flow{{}}, Duration: time.Second})
	beginning := "init sndbuf_expand cwnd_event(0) pkts_acked in_ack_event(2) cong_avoid(1) pkts_acked in_ack_event(2) cong_avoid(1)"
	if got := strings.Join(calls[:9], " "); got != beginning {
		t.Errorf("it begins with\n%s\nwant\n%s", got, beginning)
	}
	if last := calls[len(calls)-1]; last != "release" {
		t.Errorf("it ends with %s", last)
	}
	loss := slices.Index(calls, "ssthresh")
	if loss < 0 {
		t.Fatal("there was no loss")
	}
	// The first SACK makes the state Disorder. The third shows the loss.
	before := "pkts_acked in_ack_event(1) set_state(1) pkts_acked in_ack_event(1) pkts_acked in_ack_event(1)"
	if got := strings.Join(calls[loss-7:loss], " "); got != before {
		t.Errorf("before the loss was\n%s\nwant\n%s", got, before)
	}
	if calls[loss+1] != "set_state(3)" {
		t.Errorf("after ssthresh comes %s", calls[loss+1])
	}
	end := loss + 2 + slices.Index(calls[loss+2:], "set_state(0)")
	for _, call := range calls[loss+2 : end] {
		if strings.HasPrefix(call, "cong_avoid") {
			t.Fatalf("%s is called in Recovery", call)
		}
	}
	if calls[end+1] != "cwnd_event(2)" || !strings.HasPrefix(calls[end+2], "cong_avoid") {
		t.Errorf("recovery ends with %v", calls[end:end+3])
	}
}

// TestMarksMakeCWR: with ECN the window is reduced without a loss, once in a round trip.
func TestMarksMakeCWR(t *testing.T) {
	calls := record(t, Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms, Queue: 40, ECNThreshold: 5}, Flows: []Flow{{}}})
	n := slices.Index(calls, "ssthresh")
	if n < 0 || calls[n+1] != "set_state(2)" || calls[n-1] != "in_ack_event(7)" {
		t.Fatalf("no reduction by a mark, or another one: %v", calls[max(0, n-3):n+3])
	}
	if slices.Contains(calls, "set_state(3)") || slices.Contains(calls, "set_state(4)") {
		t.Error("something was lost")
	}
}

// TestATimeoutIsTakenBack: another connection fills the queue of a slow link faster than the timer expects.
func TestATimeoutIsTakenBack(t *testing.T) {
	calls := record(t, Experiment{Link: Link{Rate: 300_000, Delay: 10 * ms, Queue: 1000}, Duration: 20 * time.Second,
		Flows: []Flow{{AppRate: 12_000}, {Start: 1900 * ms}}})
	n := slices.Index(calls, "set_state(4)")
	if n < 2 || calls[n-2] != "ssthresh" || calls[n-1] != "cwnd_event(3)" {
		t.Fatalf("no timeout, or another order: %v", calls)
	}
	if undo := slices.Index(calls[n:], "undo_cwnd"); undo < 0 {
		t.Errorf("it was not taken back: %v", calls[n:])
	}
}

// TestAWindowThatIsNotUsedDoesNotGrow: an application that sends a megabit a second needs a small window only.
func TestAWindowThatIsNotUsedDoesNotGrow(t *testing.T) {
	r := run(t, Experiment{Link: Link{Rate: 100e6, Delay: 20 * ms}, Flows: []Flow{{AppRate: 1_000_000}}, Duration: 10 * time.Second})
	f := r.Flows[0]
	if last := f.Samples[len(f.Samples)-1]; last.Cwnd > 20 {
		t.Errorf("the window is %d segments", last.Cwnd)
	}
	if f.GoodputBPS < 950_000 || f.GoodputBPS > 1_010_000 {
		t.Errorf("it carried %.0f bit/s", f.GoodputBPS)
	}
}

// TestAFileArrives: a connection with an end.
func TestAFileArrives(t *testing.T) {
	const size = 1_000_000
	r := run(t, Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms, Loss: 0.02}, Flows: []Flow{{Bytes: size}},
		Duration: 30 * time.Second, Seed: 3})
	f := r.Flows[0]
	if f.Received != (size+1447)/1448*1448 || f.Done == 0 || f.Done < 800*ms {
		t.Errorf("%d bytes were received, the last of them after %v", f.Received, f.Done)
	}
}

// TestFlowsShareFairly: two equal algorithms have the same share in the long run.
func TestFlowsShareFairly(t *testing.T) {
	r := run(t, Experiment{Link: Link{Rate: 20e6, Delay: 10 * ms, Loss: 0.0002}, Duration: 5 * time.Minute,
		Flows: []Flow{{}, {Start: time.Second}}})
	a, b := r.Flows[0].GoodputBPS, r.Flows[1].GoodputBPS
	if share := a / (a + b); share < 0.4 || share > 0.6 {
		t.Errorf("the first has %.0f %% of the link", 100*share)
	}
	if a+b < 0.85*20e6 || a+b > 20e6*1448/1500 {
		t.Errorf("together they carry %.2f Mbit/s", (a+b)/1e6)
	}
}

// TestSeedsDecide: the same seed gives the same result, another one another.
func TestSeedsDecide(t *testing.T) {
	e := Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms, Loss: 0.01}, Flows: []Flow{{}}, Seed: 1}
	first, again := run(t, e), run(t, e)
	e.Seed = 2
	other := run(t, e)
	if !slices.Equal(first.Flows[0].Samples, again.Flows[0].Samples) {
		t.Error("the same seed has another result")
	}
	if slices.Equal(first.Flows[0].Samples, other.Flows[0].Samples) {
		t.Error("another seed has the same result")
	}
}

// TestNothingIsAllocatedForAnAck: neither in the simulator nor in the machine.
func TestNothingIsAllocatedForAnAck(t *testing.T) {
	s, err := newSim(t.Context(), Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms, Queue: 20}, Flows: []Flow{{Ops: halving()}},
		Duration: time.Hour, SampleEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	until := func(acks int64) {
		for s.flows[0].acknowledged < acks && s.step() {
		}
	}
	until(20_000)
	goal := int64(20_000)
	allocs := testing.AllocsPerRun(5, func() {
		goal += 10_000
		until(goal)
	})
	if allocs > 0 {
		t.Errorf("10,000 acknowledgements allocate %v times", allocs)
	}
	if err := s.failure(); err != nil || s.flows[0].recoveries < 50 {
		t.Errorf("%v; %d losses", err, s.flows[0].recoveries)
	}
}

// TestMistakesAreNamed: in experiments, in implementations, and in programs that run.
func TestMistakesAreNamed(t *testing.T) {
	link := Link{Rate: 10e6, Delay: 10 * ms}
	for _, tt := range []struct {
		e    Experiment
		want string
	}{
		{Experiment{Link: link}, "there are no Flows"},
		{Experiment{Link: Link{Rate: 10, Delay: -1, Loss: 1}, Flows: []Flow{{}}}, "Loss is 1: expected 0 to less than 1"},
		{Experiment{Link: link, Flows: []Flow{{Bytes: -1}}}, "flow 0: Start, Bytes and AppRate"},
		{Experiment{Link: link, Duration: -1, Flows: []Flow{{}}}, "must be positive"},
	} {
		if _, err := Run(t.Context(), tt.e); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v; want %q", tt.e, err, tt.want)
		}
	}
	wrong := halving()
	wrong.CongAvoid = func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.Field("snd_cwd").U32().Var() }
	var findings mistake.Findings
	if _, err := Run(t.Context(), Experiment{Link: link, Flows: []Flow{{Ops: wrong}}}); !errors.As(err, &findings) {
		t.Errorf("a misspelt field: %v", err)
	}
}

// TestAFaultHasItsTime: the second connection's program fails when its window has grown.
func TestAFaultHasItsTime(t *testing.T) {
	failing := halving()
	failing.CongAvoid = func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
		f.If(tp.SndCwnd().Gt(11), func() { tp.SetSndCwnd(f.Helper("bpf_jiffies64").U32()) })
		tp.RenoCongAvoid(ack, acked)
	}
	s, err := newSim(t.Context(), Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms}, Flows: []Flow{{}, {Ops: failing}}})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the clock is broken")
	err = s.flows[1].programs[0].ops.Machine.SetHelper("bpf_jiffies64", func(*vm.Machine) (uint64, error) { return 0, broken })
	if err != nil {
		t.Fatal(err)
	}
	err = s.run(t.Context())
	var program *ProgramError
	var fault *vm.Fault
	if !errors.As(err, &program) || !errors.As(err, &fault) || program.Flow != "t_halving" || program.At < 20*ms || program.At > 60*ms {
		t.Errorf("a helper that fails: %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "t_halving, after ") || !strings.Contains(text, "the clock is broken") {
		t.Errorf("it says %s", text)
	}
}

// TestTheContextEndsIt: the results until then are there.
func TestTheContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Run(ctx, Experiment{Link: Link{Rate: 10e6, Delay: 10 * ms}, Flows: []Flow{{}}, Duration: 1000 * time.Hour,
		Progress: func(at time.Duration) {
			if at > 2*time.Second {
				cancel()
			}
		}})
	if !errors.Is(err, context.Canceled) || r.Elapsed < 2*time.Second || r.Flows[0].Received == 0 {
		t.Errorf("%v; %v, %d bytes", err, r.Elapsed, r.Flows[0].Received)
	}
}
