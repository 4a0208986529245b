package model

// This file uses BBR's model of the path: it decides how fast to send, and how much may be in flight.

// bytesPerSec turns a rate into bytes per second, times a gain and less 1 %. The order of the factors keeps it in 64 bits, up to
// 2.9 Tbit/s.
func bytesPerSec(s *Sock, rate uint64, gain uint32) uint64 {
	rate *= uint64(s.MSSCache)
	rate *= uint64(gain)
	rate >>= gainScale
	rate *= usecPerSec / 100 * (100 - pacingMargin)
	return rate >> bwScale
}

func pacingRate(s *Sock, bw, gain uint32) uint64 {
	return min(bytesPerSec(s, uint64(bw), gain), s.MaxPacingRate)
}

// initPacingRate sends the first window in one RTT, times the high gain. Before an RTT is known, 1 ms is used.
func (b *BBR) initPacingRate(s *Sock) {
	rtt := uint32(usecPerMsec)
	if s.SRTTUS != 0 {
		rtt = max(s.SRTTUS>>3, 1)
		b.HasSeenRTT = true
	}
	// Passed on as a u32 in the kernel: above 256 packets per µs the upper bits are lost.
	bw := uint32(uint64(s.SndCwnd) * bwUnit / uint64(rtt))
	s.PacingRate = pacingRate(s, bw, highGain)
}

// setPacingRate paces at the rate times the gain. In startup the rate only rises: early samples are too small.
func (b *BBR) setPacingRate(s *Sock, bw, gain uint32) {
	rate := pacingRate(s, bw, gain)
	if !b.HasSeenRTT && s.SRTTUS != 0 {
		b.initPacingRate(s)
	}
	if b.FullBWReached || rate > s.PacingRate {
		s.PacingRate = rate
	}
}

// bdp is what the path holds, times the gain, rounded up so that a small window does not shrink by itself.
func (b *BBR) bdp(bw, gain uint32) uint32 {
	if b.MinRTTUS == ^uint32(0) { // no RTT yet: the first window of any connection
		return initCwnd
	}
	w := uint64(bw) * uint64(b.MinRTTUS)
	return uint32((w*uint64(gain)>>gainScale + bwUnit - 1) / bwUnit)
}

// burst is how many segments leave at once at this pacing rate (bbr_tso_segs_goal).
func (b *BBR) burst(s *Sock) uint32 {
	header := uint64(b.MaxTCPHeader)
	if header == 0 {
		header = 320
	}
	bytes := uint32(min(s.PacingRate>>s.PacingShift, gsoLegacyMax-1-header))
	return min(max(bytes/s.MSSCache, b.MinTSOSegs(s)), maxBurst)
}

// withBursts adds three bursts that wait in the two hosts: in the sender's queue, in its segmentation, and in the receiver's aggregation.
func (b *BBR) withBursts(s *Sock, cwnd uint32) uint32 {
	cwnd += 3 * b.burst(s)
	cwnd = (cwnd + 1) &^ 1 // even, because every second segment is acknowledged
	if b.Mode == ProbeBW && b.CycleIdx == 0 {
		cwnd += 2 // on a small path, a quarter more is less than a segment
	}
	return cwnd
}

// inflight is how much should be in flight.
func (b *BBR) inflight(s *Sock, bw, gain uint32) uint32 { return b.withBursts(s, b.bdp(bw, gain)) }

// inNetwork estimates how many of the segments in flight will be on the path when the next segment leaves. Paced segments count as in
// flight when they are given to the device or qdisc, but wait there for their time (bbr_packets_in_net_at_edt).
func (b *BBR) inNetwork(s *Sock, inFlight uint32) uint32 {
	wait := max(s.TCPWstampNS, s.TCPClockCache) - s.TCPClockCache
	delivered := uint32(uint64(b.bw()) * (wait / 1000) >> bwScale)
	if b.PacingGain > gainUnit { // growing: count the burst that leaves then
		inFlight += b.burst(s)
	}
	if delivered >= inFlight {
		return 0
	}
	return inFlight - delivered
}

// aggregation is the window for acknowledgements that come in bunches.
func (b *BBR) aggregation() uint32 {
	if !b.FullBWReached {
		return 0
	}
	most := uint32(uint64(b.bw()) * extraMaxUS / bwUnit)
	return min(extraAckedGain*uint32(max(b.ExtraAcked[0], b.ExtraAcked[1]))>>gainScale, most)
}

// setCwnd moves the window to its target: down at once, up by what was acknowledged.
func (b *BBR) setCwnd(s *Sock, rs RateSample, bw uint32) {
	cwnd, acked := s.SndCwnd, rs.AckedSacked
	if acked != 0 {
		var conserve bool
		if cwnd, conserve = b.recoverOrRestore(s, rs); !conserve {
			target := b.withBursts(s, b.bdp(bw, b.CwndGain)+b.aggregation())
			if b.FullBWReached {
				cwnd = min(cwnd+acked, target)
			} else if cwnd < target || s.Delivered < initCwnd { // in startup never down
				cwnd += acked
			}
			cwnd = max(cwnd, minTarget)
		}
	}
	s.SndCwnd = min(cwnd, s.SndCwndClamp)
	if b.Mode == ProbeRTT {
		s.SndCwnd = min(s.SndCwnd, minTarget)
	}
}

// recoverOrRestore limits the effect of losses ("Modulating cwnd in loss recovery"). In the first round of recovery one segment leaves for
// each segment that has arrived. After recovery the old window is restored. It reports whether the window is final.
func (b *BBR) recoverOrRestore(s *Sock, rs RateSample) (cwnd uint32, conserve bool) {
	prev, state := b.PrevCAState, s.CAState
	cwnd = s.SndCwnd
	if rs.Losses > 0 {
		cwnd = uint32(max(int32(cwnd-uint32(rs.Losses)), 1))
	}
	if state == CARecovery && prev != CARecovery {
		b.PacketConservation = true
		b.NextRTTDelivered = s.Delivered // the round starts now
		cwnd = s.InFlight() + rs.AckedSacked
	} else if prev >= CARecovery && state < CARecovery {
		cwnd = max(cwnd, b.PriorCwnd)
		b.PacketConservation = false
	}
	b.PrevCAState = state
	if b.PacketConservation {
		return max(cwnd, s.InFlight()+rs.AckedSacked), true
	}
	return cwnd, false
}
