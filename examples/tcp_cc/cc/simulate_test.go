package cc

import (
	"fmt"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// BenchmarkSimulator counts acknowledgements of one connection: 1,000,000 must take less than two seconds.
func BenchmarkSimulator(b *testing.B) {
	for _, bench := range []struct {
		name string
		ops  structops.Implementation
	}{{"native reno", nil}, {"reno", Reno("b_reno")}, {"cubic", Cubic("b_cubic", 250)}, {"bbr", BBR("b_bbr", 250)}} {
		b.Run(bench.name, func(b *testing.B) {
			acks := int64(0)
			for b.Loop() {
				r, err := tcpsim.Run(b.Context(), tcpsim.Experiment{Link: tcpsim.Link{Rate: 100e6, Delay: 10 * time.Millisecond},
					Flows: []tcpsim.Flow{{Ops: bench.ops}}, Duration: time.Minute, SampleEvery: time.Second})
				if err != nil {
					b.Fatal(err)
				}
				acks += r.Flows[0].Acks
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(acks), "ns/ack")
			b.ReportMetric(float64(acks)/float64(b.N), "acks/op")
		})
	}
}

// TestWitnessesAgreeInTheSimulator does what the replay of real connections does, without a kernel and on more paths: those with many
// losses, marks, timeouts, pauses of the application and other connections.
func TestWitnessesAgreeInTheSimulator(t *testing.T) {
	const hz = 50 // what programs and models are told; the clock has 250, so that BBR's ten seconds before a probe for the RTT take two
	clean := tcpsim.Link{Rate: 20e6, Delay: 10 * time.Millisecond, Queue: 30}
	lossy, marks := clean, clean
	lossy.Loss, marks.ECNThreshold = 0.02, 3
	for _, tt := range []struct {
		name     string
		traced   func(*tracer) structops.Ops
		plain    structops.Implementation
		model    func() model.Algorithm
		compare  model.Fields
		links    []tcpsim.Link
		duration time.Duration
		wanted   []model.Member
	}{
		{"reno", func(tr *tracer) structops.Ops { return tr.reno("t_reno") }, Reno("played"),
			func() model.Algorithm { return model.Reno{} }, model.CompareWindow, []tcpsim.Link{clean, lossy}, 3 * time.Second,
			[]model.Member{model.MemberCongAvoid, model.MemberSsthresh}},
		{"cubic", func(tr *tracer) structops.Ops { return tr.cubic("t_cubic", hz) }, Cubic("played", hz),
			func() model.Algorithm { return &model.Cubic{HZ: hz} }, model.CompareWindow, []tcpsim.Link{clean, lossy}, 2 * time.Second,
			[]model.Member{model.MemberCongAvoid, model.MemberSsthresh, model.MemberPktsAcked, model.MemberSetState}},
		{"dctcp", func(tr *tracer) structops.Ops { return tr.dctcp("t_dctcp") }, DCTCP("played"),
			func() model.Algorithm { return &model.DCTCP{} }, model.CompareAll, []tcpsim.Link{marks}, 1 * time.Second,
			[]model.Member{model.MemberCongAvoid, model.MemberSsthresh, model.MemberInAckEvent, model.MemberCwndEvent}},
		{"bbr", func(tr *tracer) structops.Ops { return tr.bbr("t_bbr", hz) }, BBR("played", hz),
			func() model.Algorithm { return &model.BBR{HZ: hz} }, model.CompareAll, []tcpsim.Link{{Rate: 4e6, Delay: 10 * time.Millisecond,
				Queue: 30}}, 8 * time.Second, []model.Member{model.MemberCongControl, model.MemberMinTSOSegs}},
	} {
		for i, link := range tt.links {
			t.Run(fmt.Sprintf("%s/%d", tt.name, i), func(t *testing.T) {
				tr := newTracer()
				_, err := tcpsim.Run(t.Context(), tcpsim.Experiment{Link: link, HZ: 250, Duration: tt.duration, Flows: []tcpsim.Flow{
					{Ops: tt.traced(tr)}, {Start: 300 * time.Millisecond, Bytes: 50_000}}})
				if err != nil {
					t.Fatal(err)
				}
				var records []record
				for {
					raw, err := tr.ring.TryRead()
					if err != nil {
						t.Fatal(err)
					}
					if raw == nil {
						break
					}
					r, err := readRecord(raw)
					if err != nil {
						t.Fatal(err)
					}
					records = append(records, r)
				}
				witnesses(t, records, tt.compare, tt.plain, tt.model, tt.wanted...)
			})
		}
	}
}
