package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// HyStart ends slow start before it overflows the queue: when the train of a
// round's acknowledgements is as long as the path's RTT, or when the RTT rises
// ("Taming the elephants: new TCP slow start", Ha and Rhee, 2008).
const (
	hystartLowWindow  = 16     // below this window the signs are not reliable
	hystartAckDelta   = 2000   // µs: a longer pause ends the train for this round
	hystartMinSamples = 8      // RTTs of a round before their minimum counts
	hystartDelayMin   = 4_000  // µs: the RTT must have risen by an eighth, but by no less
	hystartDelayMax   = 16_000 // and no more
)

// beginRound begins a round. It ends when the data that is sent now is acknowledged.
func (ca cubicState) beginRound(tp tcp.Sock) {
	now := tp.TcpMstamp().U32()
	ca.RoundStart.Set(now)
	ca.LastAck.Set(now)
	ca.EndSeq.Set(tp.SndNxt())
	ca.CurrRTT.Set(uint32(0xffffffff))
	ca.SampleCnt.Set(0)
}

// pktsAcked handles the RTT of an acknowledgement.
func (c cubic) pktsAcked(f *dsl.Fn, tp tcp.Sock, sample tcp.AckSample) {
	ca := c.state(tp)
	rtt := sample.RttUs()
	f.If(rtt.Lt(0), f.Exit)
	// In the first second after a reduction, the measurements still contain the old queue.
	epoch := ca.EpochStart.Get()
	f.If(epoch.Ne(0).AndThen(func() dsl.Bool { return c.now(f).Sub(epoch).S32().Lt(int32(c.hz)) }), f.Exit)
	delay := rtt.U32().Max(1)
	delayMin := ca.DelayMin.Get().Var()
	f.If(delayMin.Eq(0).Or(delayMin.Gt(delay)), func() {
		delayMin.Set(delay)
		ca.DelayMin.Set(delay)
	})
	f.If(ca.Found.Eq(0).And(inSlowStart(tp)), func() { ca.lookForEnd(f, tp, delay, delayMin.Get()) })
}

// lookForEnd handles an acknowledgement in slow start.
func (ca cubicState) lookForEnd(f *dsl.Fn, tp tcp.Sock, delay, delayMin dsl.U32) {
	f.If(after(tp.SndUna(), ca.EndSeq.Get()), func() { ca.beginRound(tp) })
	cwnd := tp.SndCwnd()
	f.If(cwnd.Lt(hystartLowWindow), f.Exit)
	found := func() {
		ca.Found.Set(1)
		tp.SetSndSsthresh(cwnd)
	}
	now := tp.TcpMstamp().U32()
	f.If(now.Sub(ca.LastAck).S32().Le(hystartAckDelta), func() {
		ca.LastAck.Set(now)
		threshold := delayMin.Add(ackDelay(tp)).Var()
		// Unpaced, a round leaves in a burst: half the RTT each way.
		f.If(tp.SkPacingStatus().Eq(tcp.SkPacingNone), func() { threshold.Set(threshold.Shr(1)) })
		f.If(now.Sub(ca.RoundStart).Gt(threshold), found)
	})
	rtt := delay.Min(ca.CurrRTT)
	ca.CurrRTT.Set(rtt)
	samples := ca.SampleCnt.Get()
	f.If(samples.Lt(hystartMinSamples), func() {
		ca.SampleCnt.Set(samples.Add(1))
	}).Else(func() {
		rise := delayMin.Shr(3).Max(hystartDelayMin).Min(hystartDelayMax)
		f.If(rtt.Gt(delayMin.Add(rise)), found)
	})
}

// ackDelay is the tolerance for segments that travel in bunches: the time of four bunches of the largest size at the pacing rate, at most
// 1 ms. When the rate is 0, the division gives 0.
func ackDelay(tp tcp.Sock) dsl.U32 {
	return tp.SkGsoMaxSize().U64().Mul(4 * 1_000_000).Div(tp.SkPacingRate()).Min(1000).U32()
}
