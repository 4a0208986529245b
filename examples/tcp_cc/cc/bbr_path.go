package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// This file is BBR's model of the path: its delivery rate, the size of bunches of acknowledgements, its RTT.

const (
	extraRounds   = 5       // window of the largest excess of acknowledgements: between this many rounds and twice as many
	extraEpochMax = 1 << 20 // after this many acknowledged segments the excess is counted from 0
	minRTTSecs    = 10      // window of the smallest RTT
	probeRTTMsecs = 200     // shortest time with very little in flight
)

// bw is the rate to use.
func (c bbrCall) bw() dsl.U32 {
	return dsl.Pick(c.Fn, c.LTState.Eq(ltUse), c.LTBW.Get, c.BW[0].V.Get)
}

// updateBW counts rounds and takes a sample of the rate.
func (c bbrCall) updateBW(rs tcp.RateSample) {
	c.If(after(c.NextRound.Get(), rs.PriorDelivered()).Not(), func() {
		c.NextRound.Set(c.tp.Delivered())
		c.Rounds.Inc(1)
		c.roundStart.Set(1)
		c.Conserve.Set(0)
	})
	c.Block(func(leave func()) { c.lookForPolicer(rs.Losses(), rs.IsAppLimited(), leave) })
	bw := rs.Delivered().U64().Shl(bwScale).Div(rs.IntervalUs().U64())
	// When the application sends little, a small rate says nothing about the path, but a large rate does.
	c.If(rs.IsAppLimited().Not().Or(bw.Ge(c.BW[0].V.U64())), func() { c.runningMax(c.Rounds.Get(), bw.U32()) })
}

// runningMax takes a value into the maximum of the latest bwRounds rounds (Kathleen Nichols' algorithm, lib/win_minmax.c). There are three
// candidates from different parts of the window, each later and smaller than the one before. When the first one is too old, the second one
// replaces it.
func (c bbrCall) runningMax(t, v dsl.U32) {
	m := c.BW
	set := func(from int) func() {
		return func() {
			for i := from; i < len(m); i++ {
				m[i].T.Set(t)
				m[i].V.Set(v)
			}
		}
	}
	shift := func() {
		for i := range 2 {
			m[i].T.Set(m[i+1].T)
			m[i].V.Set(m[i+1].V)
		}
		set(2)()
	}
	c.If(v.Ge(m[0].V).Or(t.Sub(m[2].T).Gt(bwRounds)), set(0)).Else(func() { // a new maximum, or nothing is left of the window
		c.If(v.Ge(m[1].V), set(1)).ElseIf(func() dsl.Bool { return v.Ge(m[2].V) }, set(2))
		age := t.Sub(m[0].T)
		c.If(age.Gt(bwRounds), func() {
			shift()
			c.If(t.Sub(m[0].T).Gt(bwRounds), shift) // the second was too old as well
		}).ElseIf(func() dsl.Bool { return m[1].T.Eq(m[0].T).And(age.Gt(bwRounds / 4)) }, set(1)). // so long without a second one:
			// this, however small
			ElseIf(func() dsl.Bool { return m[2].T.Eq(m[1].T).And(age.Gt(bwRounds / 2)) },
				set(2))
	})
}

// updateAckAggregation measures by how many segments acknowledgements are ahead of the rate. When they come in bunches, that many more
// segments must be in flight while none come.
func (c bbrCall) updateAckAggregation(acked dsl.U32) {
	round := c.ExtraRound.Var()
	c.If(c.roundStart.Ne(0), func() {
		round.Inc(1)
		c.If(round.Eq(extraRounds), func() { c.ExtraAcked[1].Set(0) })
		c.If(round.Eq(2*extraRounds), func() {
			c.ExtraAcked[0].Set(0)
			round.Set(0)
		})
		c.ExtraRound.Set(round)
	})
	stamp := c.tp.DeliveredMstamp()
	expected := c.bw().U64().Mul(stampDelta(stamp, c.AckEpochMstamp.Get()).U64()).Shr(bwScale).U32().Var()
	total := c.AckEpochAcked.Var()
	// No longer ahead, or a long time since the last start: start again.
	c.If(total.Le(expected).Or(total.Add(acked).Ge(extraEpochMax)), func() {
		c.AckEpochMstamp.Set(stamp)
		total.Set(0)
		expected.Set(0)
	})
	total.Set(total.Add(acked).Min(extraEpochMax - 1))
	c.AckEpochAcked.Set(total)
	extra := total.Sub(expected).Min(c.tp.SndCwnd())
	largest := func(cell dsl.CellU16) func() {
		return func() { c.If(extra.Gt(cell.U32()), func() { cell.Set(extra.U16()) }) }
	}
	c.If(round.Lt(extraRounds), largest(c.ExtraAcked[0])).Else(largest(c.ExtraAcked[1]))
}

// updateMinRTT keeps the smallest RTT of ten seconds. A flow that fills the path does not see the smallest RTT, because its own queue is
// part of the RTT. So after ten seconds it sends very little for a moment, and the queue becomes empty.
func (c bbrCall) updateMinRTT(rs tcp.RateSample, now dsl.U32) {
	rtt, expired := rs.RttUs(), after(now, c.MinRTTStamp.Add(minRTTSecs*c.hz))
	c.If(rtt.Ge(0).And(rtt.Lt(c.MinRTT.S64()).Or(expired.And(rs.IsAckDelayed().Not()))), func() {
		c.MinRTT.Set(rtt.U32())
		c.MinRTTStamp.Set(now)
	})
	c.If(expired.And(c.Idle.Eq(0)).And(c.Mode.Ne(probeRTT)), func() {
		c.Mode.Set(probeRTT)
		c.PriorCwnd.Set(c.PriorCwnd.Max(c.tp.SndCwnd()))
		c.ProbeRTTDone.Set(0)
	})
	c.If(c.Mode.Eq(probeRTT), func() { c.probeRTT(now) })
	c.If(rs.Delivered().Gt(0), func() { c.Idle.Set(0) })
}

// probeRTT waits until no more than four segments are in flight, and then for 200 ms and a round trip.
func (c bbrCall) probeRTT(now dsl.U32) {
	inFlight, delivered := c.inFlight(), c.tp.Delivered()
	c.tp.SetAppLimited(delivered.Add(inFlight).Max(1)) // the rates measured now are not the path's
	c.If(c.ProbeRTTDone.Ne(0), func() {
		c.If(c.roundStart.Ne(0), func() { c.ProbeRTTRoundDone.Set(1) })
		c.If(c.ProbeRTTRoundDone.Ne(0), func() { c.leaveProbeRTT(now) })
	}).ElseIf(func() dsl.Bool { return inFlight.Le(minTarget) }, func() {
		c.ProbeRTTDone.Set(now.Add((probeRTTMsecs*c.hz + 999) / 1000))
		c.ProbeRTTRoundDone.Set(0)
		c.NextRound.Set(delivered)
	})
}

// leaveProbeRTT ends the probe when its time is over.
func (c bbrCall) leaveProbeRTT(now dsl.U32) {
	done := c.ProbeRTTDone.Get()
	c.If(done.Ne(0).And(after(now, done)), func() {
		c.MinRTTStamp.Set(now)
		c.tp.SetSndCwnd(c.tp.SndCwnd().Max(c.PriorCwnd))
		c.If(c.filled(), c.startProbeBW).Else(func() { c.Mode.Set(startup) })
	})
}

// stampDelta is never negative, and cut to 32 bits.
func stampDelta(later, earlier dsl.U64) dsl.U32 { return later.Sub(earlier).S64().Max(0).U32() }
