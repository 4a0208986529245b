package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// This file is BBR's state machine. Startup lasts until the path is full. Drain lasts until the queue that startup has made is empty. Then
// BBR probes for bandwidth, in cycles of phases, and every ten seconds for a moment for the RTT (bbr_path.go). The mode decides the gains
// of rate and window.

const (
	highGain  = gainUnit*2885/1000 + 1 // 2/ln 2: the smallest gain with which a paced rate doubles every round trip
	drainGain = gainUnit * 1000 / 2885 // one round empties the queue that startup made in one round

	phases       = 8 // of a cycle: one looks for more bandwidth, one empties the queue from that, six keep the rate
	fullBWRounds = 3 // startup ends after this many rounds in which the rate has not grown by a quarter
)

// Modes, besides the phases of probing for bandwidth.
const (
	startup = phases + iota
	drain
	probeRTT
)

// updateGains sets the gains of the mode.
func (c bbrCall) updateGains() (cwndGain dsl.VarU32) {
	pacing, cwnd := c.Fn.VarU16(gainUnit), c.Fn.VarU32(2*gainUnit) // 2: for acknowledgements that come late or in bunches
	dsl.Switch(c.Fn, c.Mode.Get(),
		dsl.Case(func() { pacing.Set(highGain); cwnd.Set(highGain) }, startup),
		dsl.Case(func() { pacing.Set(drainGain); cwnd.Set(highGain) }, drain), // only the pacing becomes slower
		dsl.Case(func() { cwnd.Set(gainUnit) }, probeRTT),
		// A policer drops everything above its rate.
		dsl.Case(func() { c.If(c.LTState.Ne(ltUse), func() { pacing.Set(gainUnit * 5 / 4) }) }, 0),
		dsl.Case(func() { c.If(c.LTState.Ne(ltUse), func() { pacing.Set(gainUnit * 3 / 4) }) }, 1))
	c.PacingGain.Set(pacing)
	return cwnd
}

// filled reports whether startup has filled the path.
func (c bbrCall) filled() dsl.Bool { return c.FullBWCnt.Ge(fullBWRounds) }

// checkFullBW counts rounds in which the rate has not grown by a quarter.
func (c bbrCall) checkFullBW() {
	bw := c.BW[0].V.Get()
	c.If(bw.Ge(c.FullBW.U64().Mul(gainUnit*5/4).Shr(8).U32()), func() {
		c.FullBW.Set(bw)
		c.FullBWCnt.Set(0)
	}).Else(func() { c.FullBWCnt.Inc(1) })
}

// checkDrain goes from startup to drain, and from there to probing for bandwidth.
func (c bbrCall) checkDrain() {
	c.If(c.Mode.Eq(startup).And(c.filled()), func() {
		c.Mode.Set(drain)
		c.tp.SetSndSsthresh(c.target(gainUnit)) // for other readers; BBR does not use it
	})
	c.If(c.Mode.Eq(drain), func() { c.If(c.inNetwork(c.inFlight()).Le(c.target(gainUnit)), c.startProbeBW) })
}

// startProbeBW begins a cycle in a random phase, so that flows do not probe at the same time. A cycle does not begin in the phase that
// drains.
func (c bbrCall) startProbeBW() {
	c.Mode.Set(c.U32(phases).Sub(c.draw(c.Fn)).And(phases - 1).U8())
	c.CycleMstamp.Set(c.tp.DeliveredMstamp())
}

func (c bbrCall) nextPhase() {
	c.Mode.Set(c.Mode.Add(1).And(phases - 1))
	c.CycleMstamp.Set(c.tp.DeliveredMstamp())
}

// phaseIsOver reports whether it is time for the next gain.
func (c bbrCall) phaseIsOver(rs tcp.RateSample) dsl.Bool {
	gain, inNetwork := c.PacingGain.U32(), c.inNetwork(rs.PriorInFlight())
	over := stampDelta(c.tp.DeliveredMstamp(), c.CycleMstamp.Get()).Gt(c.MinRTT).U8().Var()
	c.If(gain.Gt(gainUnit), func() { // wait until as much is in flight as the gain wants, except when there are losses
		c.If(rs.Losses().Eq(0).And(inNetwork.Lt(c.target(gain))), func() { over.Set(0) })
	}).ElseIf(func() dsl.Bool { return gain.Lt(gainUnit) }, func() { // drained early: more of this phase would leave the path empty
		c.If(inNetwork.Le(c.target(gainUnit)), func() { over.Set(1) })
	})
	return over.Ne(0)
}
