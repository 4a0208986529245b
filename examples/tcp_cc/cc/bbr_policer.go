package cc

import "github.com/bpfsmith/bpfsmith/dsl"

// A policer is a token bucket that lets a burst through and then drops what is above its rate ("An Internet-wide analysis of traffic
// policing", Flach et al., SIGCOMM 2016). The sign of a policer is two intervals in a row with many losses and the same throughput. Then
// that throughput is the rate for 48 rounds.
const (
	ltSample = 1 // LTState: an interval has begun
	ltUse    = 2 // a policer was found

	ltMinRounds  = 4            // of an interval; at most four times as many
	ltLossThresh = 50           // lost/delivered in 1/256: 20 %
	ltBWRatio    = gainUnit / 8 // two rates are the same if they differ by an eighth
	ltBWDiff     = 4000 / 8     // or by 4 kbit/s, here in bytes
	ltMaxRounds  = 48
)

// resetPolicer forgets the policer.
func (c bbrCall) resetPolicer() {
	c.LTBW.Set(0)
	c.LTState.Set(0)
	c.startInterval()
}

func (c bbrCall) startInterval() {
	c.LTStamp.Set(c.tp.DeliveredMstamp().Div(1000).U32())
	c.LTDelivered.Set(c.tp.Delivered())
	c.LTLost.Set(c.tp.Lost())
	c.LTRounds.Set(0)
}

// lookForPolicer handles an acknowledgement.
func (c bbrCall) lookForPolicer(losses dsl.S32, appLimited dsl.Bool, leave func()) {
	reset := func() { c.resetPolicer(); leave() }
	count := func() { c.If(c.roundStart.Ne(0), func() { c.LTRounds.Inc(1) }) }
	c.If(c.LTState.Eq(ltUse), func() {
		c.If(c.Mode.Lt(phases).And(c.roundStart.Ne(0)), func() {
			count()
			c.If(c.LTRounds.Ge(ltMaxRounds), func() {
				c.resetPolicer()
				c.startProbeBW()
			})
		})
		leave()
	})
	c.If(c.LTState.Eq(0), func() { // at the first loss the bucket is empty; the segments before it were the burst
		c.If(losses.Eq(0), leave)
		c.startInterval()
		c.LTState.Set(ltSample)
	})
	c.If(appLimited, reset)
	count()
	c.If(c.LTRounds.Lt(ltMinRounds), leave)
	c.If(c.LTRounds.Gt(4*ltMinRounds), reset)
	c.If(losses.Eq(0), leave) // it ends with a loss, when the bucket is empty again
	lost, delivered := c.tp.Lost().Sub(c.LTLost), c.tp.Delivered().Sub(c.LTDelivered)
	c.If(delivered.Eq(0).Or(lost.Shl(8).Lt(delivered.Mul(ltLossThresh))), leave)
	ms := c.tp.DeliveredMstamp().Div(1000).U32().Sub(c.LTStamp)
	c.If(ms.S32().Lt(1), leave)
	c.If(ms.Ge(uint32(1<<32-1)/1000), reset) // in µs it would not fit
	c.endInterval(delivered.U64().Shl(bwScale).Div(ms.Mul(1000).U64()).U32(), leave)
}

// endInterval compares the rates of two intervals.
func (c bbrCall) endInterval(bw dsl.U32, leave func()) {
	before := c.LTBW.Get()
	c.If(before.Ne(0), func() {
		diff := bw.Sub(before).Var()
		c.If(diff.S32().Lt(0), func() { diff.Set(diff.Neg()) })
		c.If(diff.Mul(gainUnit).Le(before.Mul(ltBWRatio)).Or(c.bytesPerSec(diff.Get(), c.U32(gainUnit)).Le(ltBWDiff)), func() {
			c.LTBW.Set(bw.Add(before).Shr(1))
			c.LTState.Set(ltUse)
			c.PacingGain.Set(gainUnit)
			c.LTRounds.Set(0)
			leave()
		})
	})
	c.LTBW.Set(bw)
	c.startInterval()
}
