package model

// This file is BBR's model of the path: its delivery rate, the size of bunches of acknowledgements, its RTT, and the policer that it may
// have.

// bw is the rate to use.
func (b *BBR) bw() uint32 {
	if b.LTUseBW {
		return b.LTBW
	}
	return b.BW.Get()
}

// updateBW counts rounds and takes a sample of the delivery rate.
func (b *BBR) updateBW(s *Sock, rs RateSample, draw uint32) {
	b.RoundStart = false
	if rs.Delivered < 0 || rs.IntervalUS <= 0 {
		return
	}
	if !after(b.NextRTTDelivered, rs.PriorDelivered) {
		b.NextRTTDelivered = s.Delivered
		b.RTTCnt++
		b.RoundStart = true
		b.PacketConservation = false
	}
	b.sampleLongTerm(s, rs, draw)

	bw := uint64(int64(uint64(rs.Delivered)*bwUnit) / rs.IntervalUS)
	// When the application sends little, a small rate says nothing about the path, but a large rate does.
	if !rs.IsAppLimited || bw >= uint64(b.BW.Get()) {
		b.BW.RunningMax(bwRounds, b.RTTCnt, uint32(bw))
	}
}

// updateAckAggregation measures by how many segments acknowledgements are ahead of the rate. When they come in bunches (wireless links,
// receivers that aggregate), that many more segments must be in flight while none come.
func (b *BBR) updateAckAggregation(s *Sock, rs RateSample) {
	// The kernel compares the unsigned acked_sacked with <= 0, which is ==.
	if rs.AckedSacked == 0 || rs.Delivered < 0 || rs.IntervalUS <= 0 {
		return
	}
	if b.RoundStart {
		b.ExtraAckedWinRTTs = min(0x1f, b.ExtraAckedWinRTTs+1)
		if b.ExtraAckedWinRTTs >= extraRounds {
			b.ExtraAckedWinRTTs = 0
			b.ExtraAckedWinIdx ^= 1
			b.ExtraAcked[b.ExtraAckedWinIdx] = 0
		}
	}
	epoch := stampDelta(s.DeliveredMstamp, b.AckEpochMstamp)
	expected := uint32(uint64(b.bw()) * uint64(epoch) / bwUnit)

	// No longer ahead, or a long time since the last start: start again.
	if b.AckEpochAcked <= expected || b.AckEpochAcked+rs.AckedSacked >= extraEpochMax {
		b.AckEpochAcked, b.AckEpochMstamp, expected = 0, s.DeliveredMstamp, 0
	}
	b.AckEpochAcked = min(0xfffff, b.AckEpochAcked+rs.AckedSacked)
	extra := min(b.AckEpochAcked-expected, s.SndCwnd)
	if largest := &b.ExtraAcked[b.ExtraAckedWinIdx]; extra > uint32(*largest) {
		*largest = uint16(extra)
	}
}

// updateMinRTT keeps the smallest RTT of ten seconds. A flow that fills the path does not see the smallest RTT, because its own queue is
// part of the RTT. So after ten seconds it sends very little for a moment, and the queue becomes empty ("ProbeRTT").
func (b *BBR) updateMinRTT(s *Sock, rs RateSample, draw uint32) {
	expired := after(s.Jiffies, b.MinRTTStamp+minRTTSecs*b.HZ)
	if rs.RTTUS >= 0 && (rs.RTTUS < int64(b.MinRTTUS) || expired && !rs.IsAckDelayed) {
		b.MinRTTUS, b.MinRTTStamp = uint32(rs.RTTUS), s.Jiffies
	}
	if expired && !b.IdleRestart && b.Mode != ProbeRTT {
		b.Mode = ProbeRTT
		b.saveCwnd(s) // the mode is set before, so it takes the larger of the old and the present window
		b.ProbeRTTDoneStamp = 0
	}
	if b.Mode == ProbeRTT {
		b.probeRTT(s, draw)
	}
	if rs.Delivered > 0 {
		b.IdleRestart = false
	}
}

// probeRTT waits until no more than four segments are in flight, then for 200 ms and a round trip.
func (b *BBR) probeRTT(s *Sock, draw uint32) {
	// The rates measured now are not the path's.
	s.AppLimited = max(s.Delivered+s.InFlight(), 1)
	switch {
	case b.ProbeRTTDoneStamp == 0 && s.InFlight() <= minTarget:
		b.ProbeRTTDoneStamp = s.Jiffies + (probeRTTMsecs*b.HZ+999)/1000 // msecs_to_jiffies
		b.ProbeRTTRoundDone = false
		b.NextRTTDelivered = s.Delivered
	case b.ProbeRTTDoneStamp != 0:
		if b.RoundStart {
			b.ProbeRTTRoundDone = true
		}
		if b.ProbeRTTRoundDone {
			b.checkProbeRTTDone(s, draw)
		}
	}
}

func (b *BBR) checkProbeRTTDone(s *Sock, draw uint32) {
	if b.ProbeRTTDoneStamp == 0 || !after(s.Jiffies, b.ProbeRTTDoneStamp) {
		return
	}
	b.MinRTTStamp = s.Jiffies
	s.SndCwnd = max(s.SndCwnd, b.PriorCwnd)
	b.resetMode(s, draw)
}

// longTerm looks for a policer: a token bucket that lets a burst through and then drops what is above its rate ("An Internet-wide analysis
// of traffic policing", Flach et al., SIGCOMM 2016). The sign of a policer is two intervals in a row with many losses and the same
// throughput. Then that throughput is the rate for 48 rounds.
type longTerm struct {
	LTIsSampling    bool
	LTUseBW         bool
	LTRTTCnt        uint32 // rounds in the interval, or with LTBW
	LTBW            uint32
	LTLastDelivered uint32 // at the start of the interval
	LTLastStamp     uint32 // ms
	LTLastLost      uint32
}

const (
	ltMinRounds  = 4            // of an interval; at most four times as many
	ltLossThresh = 50           // lost/delivered in 1/256: 20 %
	ltBWRatio    = gainUnit / 8 // two rates are the same if they differ by an eighth
	ltBWDiff     = 4000 / 8     // or by 4 kbit/s, here in bytes
	ltMaxRounds  = 48
)

// reset forgets the policer.
func (l *longTerm) reset(s *Sock) {
	l.LTBW, l.LTUseBW, l.LTIsSampling = 0, false, false
	l.startInterval(s)
}

func (l *longTerm) startInterval(s *Sock) {
	l.LTLastStamp = uint32(s.DeliveredMstamp / usecPerMsec)
	l.LTLastDelivered = s.Delivered
	l.LTLastLost = s.Lost
	l.LTRTTCnt = 0
}

// sampleLongTerm handles one acknowledgement.
func (b *BBR) sampleLongTerm(s *Sock, rs RateSample, draw uint32) {
	l := &b.longTerm
	if l.LTUseBW {
		if b.Mode == ProbeBW && b.RoundStart {
			if l.LTRTTCnt = (l.LTRTTCnt + 1) & 0x7f; l.LTRTTCnt >= ltMaxRounds { // seven bits
				l.reset(s)
				b.startProbeBW(s, draw)
			}
		}
		return
	}
	// At the first loss the bucket is empty; the segments before it were the burst.
	if !l.LTIsSampling {
		if rs.Losses == 0 {
			return
		}
		l.startInterval(s)
		l.LTIsSampling = true
	}
	if rs.IsAppLimited {
		l.reset(s)
		return
	}
	if b.RoundStart {
		l.LTRTTCnt = (l.LTRTTCnt + 1) & 0x7f
	}
	switch {
	case l.LTRTTCnt < ltMinRounds:
		return
	case l.LTRTTCnt > 4*ltMinRounds:
		l.reset(s)
		return
	case rs.Losses == 0: // it ends with a loss, when the bucket is empty again
		return
	}
	lost, delivered := s.Lost-l.LTLastLost, s.Delivered-l.LTLastDelivered
	if delivered == 0 || lost<<gainScale < ltLossThresh*delivered {
		return
	}
	ms := uint32(s.DeliveredMstamp/usecPerMsec) - l.LTLastStamp
	if int32(ms) < 1 {
		return
	}
	if ms >= ^uint32(0)/usecPerMsec { // in µs it would not fit
		l.reset(s)
		return
	}
	b.endInterval(s, uint32(uint64(delivered)*bwUnit/uint64(ms*usecPerMsec)))
}

// endInterval compares the rate of two intervals.
func (b *BBR) endInterval(s *Sock, bw uint32) {
	l := &b.longTerm
	if l.LTBW != 0 {
		diff := bw - l.LTBW
		if int32(diff) < 0 {
			diff = -diff
		}
		if diff*gainUnit <= ltBWRatio*l.LTBW || bytesPerSec(s, uint64(diff), gainUnit) <= ltBWDiff {
			l.LTBW = (bw + l.LTBW) >> 1
			l.LTUseBW = true
			b.PacingGain = gainUnit
			l.LTRTTCnt = 0
			return
		}
	}
	l.LTBW = bw
	l.startInterval(s)
}
