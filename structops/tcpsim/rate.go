package tcpsim

import "math"

func (r *rateSample) reset() {
	clear(r.object.Bytes(""))
}

// sampled is called for a segment that has arrived: the latest one that was sent decides about the sample (tcp_rate_skb_delivered).
func (s *sender) sampled(seg *segment, n int64) {
	if seg.sample.deliveredAt == 0 {
		return
	}
	rs, sent, end := s.rs, seg.sent/1000, s.seq(n+1)
	if rs.priorDelivered.get() != 0 {
		first := s.firstTxMstamp.get()
		if !(sent > first || sent == first && int32(end-rs.lastEndSeq.get()) > 0) {
			return
		}
	}
	rs.priorDeliveredCE.set(seg.sample.deliveredCE)
	rs.priorDelivered.set(seg.sample.delivered)
	rs.priorMstamp.set(seg.sample.deliveredAt)
	rs.isAppLimited.set(boolByte(seg.sample.appLimited))
	rs.isRetrans.set(boolByte(seg.flags&segEverResent != 0))
	rs.lastEndSeq.set(end)
	s.firstTxMstamp.set(sent)
	rs.intervalUS.set(stampDelta(sent, seg.sample.firstTX))
}

func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// stampDelta is how much later a time is; never negative.
func stampDelta(later, earlier uint64) uint64 { return uint64(max(0, int64(later-earlier))) }

// rate completes the sample (tcp_rate_gen).
func (s *sender) rate(delivered, lost uint32) {
	rs := s.rs
	if limit := s.appLimited.get(); limit != 0 && int32(s.delivered.get()-limit) > 0 {
		s.appLimited.set(0)
	}
	if delivered > 0 {
		s.deliveredMstamp.set(s.mstamp.get())
	}
	rs.ackedSacked.set(delivered)
	rs.losses.set(lost)
	const none = math.MaxUint32 // -1
	if rs.priorMstamp.get() == 0 {
		rs.delivered.set(none)
		rs.intervalUS.set(math.MaxUint64)
		return
	}
	rs.delivered.set(s.delivered.get() - rs.priorDelivered.get())
	rs.deliveredCE.set(s.deliveredCE.get() - rs.priorDeliveredCE.get())
	snd, ack := rs.intervalUS.get(), stampDelta(s.mstamp.get(), rs.priorMstamp.get())
	interval := max(snd, ack)
	rs.sndIntervalUS.set(uint32(snd))
	rs.rcvIntervalUS.set(uint32(ack))
	rs.intervalUS.set(interval)
	if interval < uint64(s.rttMin.get()) {
		rs.intervalUS.set(math.MaxUint64)
		return
	}
	d := uint64(rs.delivered.get())
	if rs.isAppLimited.get() == 0 || d*uint64(s.rateIntervalUS.get()) >= uint64(s.rateDelivered.get())*interval {
		s.rateDelivered.set(uint32(d))
		s.rateIntervalUS.set(uint32(interval))
	}
}
