package model

// hystart ends slow start before it overflows the queue ("Taming the elephants: new TCP slow start", Ha and Rhee, 2008; RFC 9406
// standardizes its second half as HyStart++). In slow start the window doubles every round trip, so that it overshoots by as much as the
// path holds. Two signs that it has filled the path come earlier:
//
//   - The train of acknowledgements of one round, without gaps, has become as long as the path's RTT: the sender's segments follow
//     each other on the bottleneck without a pause.
//   - The RTT of a round has risen: a queue is building up.
//
// On either, ssthresh becomes the window, and the connection goes on in congestion avoidance.
type hystart struct {
	SampleCnt  uint8  // RTTs seen in this round, at most hystartMinSamples
	Found      bool   // an end was found; no more looking
	RoundStart uint32 // µs
	EndSeq     uint32 // the round ends when this is acknowledged
	LastAck    uint32 // µs, of the latest acknowledgement in the train
	CurrRTT    uint32 // µs, smallest of the round
}

const (
	hystartLowWindow  = 16     // below this window nothing is to be seen
	hystartAckDelta   = 2000   // µs: a longer pause ends the train for this round
	hystartMinSamples = 8      // RTTs of a round before their minimum counts
	hystartDelayMin   = 4_000  // µs: the RTT must have risen by an eighth of the smallest, but by no less
	hystartDelayMax   = 16_000 // and no more
)

// reset begins a round.
func (h *hystart) reset(s *Sock) {
	now := uint32(s.TCPMstamp)
	h.RoundStart, h.LastAck = now, now
	h.EndSeq = s.SndNxt
	h.CurrRTT = ^uint32(0)
	h.SampleCnt = 0
}

// update takes an acknowledgement with its RTT.
func (h *hystart) update(s *Sock, delay, delayMin uint32) {
	if after(s.SndUna, h.EndSeq) {
		h.reset(s)
	}
	if s.SndCwnd < hystartLowWindow {
		return
	}
	now := uint32(s.TCPMstamp)
	if int32(now-h.LastAck) <= hystartAckDelta {
		h.LastAck = now
		threshold := delayMin + ackDelay(s)
		if s.PacingStatus == PacingNone {
			// Unpaced, a round's segments leave in a burst; the train that comes back is as long as the bottleneck made it. Half the
			// RTT each way. Paced, the sender itself spreads them over up to half the RTT.
			threshold >>= 1
		}
		// The kernel subtracts in signed numbers and compares with an unsigned one, which makes the comparison unsigned.
		if now-h.RoundStart > threshold {
			h.Found = true
			s.SndSsthresh = s.SndCwnd
		}
	}
	// This half looks even if the other one has just found the end; ssthresh is the same.
	h.CurrRTT = min(h.CurrRTT, delay)
	if h.SampleCnt < hystartMinSamples {
		h.SampleCnt++
	} else if h.CurrRTT > delayMin+min(max(delayMin>>3, hystartDelayMin), hystartDelayMax) {
		h.Found = true
		s.SndSsthresh = s.SndCwnd
	}
}

// ackDelay allows for segments that travel in bunches: what four largest bunches (GSO) take at the pacing rate, up to 1 ms. On short
// paths that is more than the RTT.
func ackDelay(s *Sock) uint32 {
	if s.PacingRate == 0 {
		return 0
	}
	return uint32(min(usecPerMsec, uint64(s.GSOMaxSize)*4*usecPerSec/s.PacingRate))
}
