package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// This file uses BBR's model of the path: it decides how fast to send, and how much may be in flight.

const (
	initCwnd   = 10                   // segments that any connection may begin with (RFC 6928)
	minTSORate = 1_200_000 / 8        // bytes/s; below it, segments are sent one by one
	burstBytes = 65536 - 1 - 320      // of a burst, less what MAX_TCP_HEADER is in distributions' kernels
	burstMax   = 0x7f                 // segments
	extraMaxUS = 100_000              // bunches of acknowledgements count for at most this time
	pacedShare = 1_000_000 / 100 * 99 // bytes/µs to bytes/s, less 1 % so that queues drain on average
)

// inFlight is the estimated number of segments on the way.
func (c bbrCall) inFlight() dsl.U32 {
	return c.tp.PacketsOut().Sub(c.tp.SackedOut().Add(c.tp.LostOut())).Add(c.tp.RetransOut())
}

// bytesPerSec turns a rate into bytes per second, times a gain. The order of the factors keeps it in 64 bits, up to 2.9 Tbit/s.
func (c bbrCall) bytesPerSec(rate, gain dsl.U32) dsl.U64 {
	return rate.U64().Mul(c.tp.MssCache().U64()).Mul(gain.U64()).Shr(8).Mul(pacedShare).Shr(bwScale)
}

func (c bbrCall) pacingRate(rate, gain dsl.U32) dsl.U64 {
	return c.bytesPerSec(rate, gain).Min(c.tp.SkMaxPacingRate())
}

// initPacingRate sends the first window in one RTT, times the high gain. Before an RTT is known, 1 ms is used.
func (c bbrCall) initPacingRate() {
	rtt, srtt := c.Fn.VarU32(1000), c.tp.SrttUs() // µs·8
	c.If(srtt.Ne(0), func() {
		rtt.Set(srtt.Shr(3).Max(1))
		c.HasSeenRTT.Set(1)
	})
	c.tp.SetSkPacingRate(c.pacingRate(c.tp.SndCwnd().U64().Shl(bwScale).Div(rtt.U64()).U32(), c.U32(highGain)))
}

// setPacingRate paces at the rate times the gain. In startup it only rises: early samples are too small.
func (c bbrCall) setPacingRate(bw, gain dsl.U32) {
	rate := c.pacingRate(bw, gain)
	c.If(c.HasSeenRTT.Eq(0).And(c.tp.SrttUs().Ne(0)), c.initPacingRate)
	c.If(c.filled().Or(rate.Gt(c.tp.SkPacingRate())), func() { c.tp.SetSkPacingRate(rate) })
}

// bdp is what the path holds, times a gain, rounded up so that a small window does not shrink by itself.
func (c bbrCall) bdp(bw, gain dsl.U32) dsl.U32 {
	rtt := c.MinRTT.Get()
	return dsl.Pick(c.Fn, rtt.Eq(uint32(1<<32-1)), func() dsl.U32 { return c.U32(initCwnd) }, func() dsl.U32 {
		return bw.U64().Mul(rtt.U64()).Mul(gain.U64()).Shr(8).Add(1<<bwScale - 1).Shr(bwScale).U32()
	})
}

// burst is how many segments leave at once.
func (c bbrCall) burst() dsl.U32 {
	rate := c.tp.SkPacingRate()
	bytes := rate.Shr(c.tp.SkPacingShift().And(63)).Min(burstBytes).U32()
	return bytes.Div(c.tp.MssCache()).Max(c.leastBurst(rate)).Min(burstMax)
}

func (c bbrCall) leastBurst(rate dsl.U64) dsl.U32 {
	return dsl.Pick(c.Fn, rate.Lt(minTSORate), func() dsl.U32 { return c.U32(1) }, func() dsl.U32 { return c.U32(2) })
}

// withBursts adds to a window three bursts that wait in the two hosts: in the sender's queue, in its segmentation, and in the receiver's
// aggregation.
func (c bbrCall) withBursts(cwnd dsl.U32) dsl.U32 {
	even := cwnd.Add(c.burst().Mul(3)).Add(1).And(uint32(1<<32 - 2)).Var() // because every second segment is acknowledged
	c.If(c.Mode.Eq(0), func() { even.Inc(2) })                             // on a small path, a quarter more is less than a segment
	return even.Get()
}

// target is how much should be in flight.
func (c bbrCall) target(gain any) dsl.U32 {
	return c.withBursts(c.bdp(c.BW[0].V.Get(), gainOf(c.Fn, gain)))
}

func gainOf(f *dsl.Fn, gain any) dsl.U32 {
	if n, ok := gain.(int); ok {
		return f.U32(uint32(n))
	}
	return gain.(dsl.U32)
}

// inNetwork is how many of the segments in flight will be on the path when the next segment leaves. Paced segments count as in flight when
// they are given to the device, but wait there for their time.
func (c bbrCall) inNetwork(inFlight dsl.U32) dsl.U32 {
	now := c.tp.TcpClockCache()
	wait := c.tp.TcpWstampNs().Max(now).Sub(now).Div(1000)
	delivered := c.bw().U64().Mul(wait).Shr(bwScale).U32()
	n := inFlight.Var()
	c.If(c.PacingGain.Gt(gainUnit), func() { n.Inc(c.burst()) }) // growing: count the burst that leaves then
	return n.Max(delivered).Sub(delivered)
}

// setCwnd moves the window to its target: down at once, up by what was acknowledged.
func (c bbrCall) setCwnd(rs tcp.RateSample, bw, gain dsl.U32) {
	cwnd, acked := c.tp.SndCwnd().Var(), rs.AckedSacked()
	c.If(acked.Ne(0), func() {
		c.recover(cwnd, acked, rs.Losses())
		c.If(c.Conserve.Ne(0), func() { cwnd.Set(cwnd.Max(c.inFlight().Add(acked))) }).Else(func() {
			target := c.withBursts(c.bdp(bw, gain).Add(c.aggregation(bw)))
			c.If(c.filled(), func() { cwnd.Set(cwnd.Add(acked).Min(target)) }).
				// never down
				ElseIf(func() dsl.Bool { return cwnd.Lt(target).Or(c.tp.Delivered().Lt(initCwnd)) }, func() { cwnd.Inc(acked) })
			cwnd.Set(cwnd.Max(minTarget))
		})
	})
	cwnd.Set(cwnd.Min(c.tp.SndCwndClamp()))
	c.If(c.Mode.Eq(probeRTT), func() { cwnd.Set(cwnd.Min(minTarget)) })
	c.tp.SetSndCwnd(cwnd)
}

// aggregation is the window for acknowledgements that come in bunches.
func (c bbrCall) aggregation(bw dsl.U32) dsl.U32 {
	return dsl.Pick(c.Fn, c.filled(), func() dsl.U32 {
		return c.ExtraAcked[0].Max(c.ExtraAcked[1]).U32().Min(bw.U64().Mul(extraMaxUS).Shr(bwScale).U32())
	}, func() dsl.U32 { return c.U32(0) })
}

// recover limits the effect of losses. In the first round of recovery one segment leaves for each segment that has arrived. After recovery
// the old window is restored.
func (c bbrCall) recover(cwnd dsl.VarU32, acked dsl.U32, losses dsl.S32) {
	prev, state := c.PrevCAState.Get(), c.tp.IcskCaState()
	c.If(losses.Gt(0), func() { cwnd.Set(cwnd.S32().Sub(losses).Max(1).U32()) })
	c.If(state.Eq(tcp.CARecovery).And(prev.Ne(tcp.CARecovery)), func() {
		c.Conserve.Set(1)
		c.NextRound.Set(c.tp.Delivered()) // the round starts now
		cwnd.Set(c.inFlight().Add(acked))
	}).ElseIf(func() dsl.Bool { return prev.Ge(tcp.CARecovery).And(state.Lt(tcp.CARecovery)) }, func() {
		cwnd.Set(cwnd.Max(c.PriorCwnd))
		c.Conserve.Set(0)
	})
	c.PrevCAState.Set(state)
}

// minTSOSegs is how many segments a burst should have at least.
func (b bbr) minTSOSegs(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	return b.call(f, tp, 0).leastBurst(tp.SkPacingRate())
}

// sndbufExpand asks for a send buffer of three windows, because a window may double even in recovery.
func (bbr) sndbufExpand(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return f.U32(3) }
