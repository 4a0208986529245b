package model

// hystart ends slow start before it overflows the queue ("Taming the elephants: new TCP slow start", Ha and Rhee, 2008; RFC 9406
// standardizes its second half as HyStart++). In slow start the window doubles every round trip, so it becomes twice as large as the path
// needs. Two earlier signs show that the path is full:
//
//   - The train of acknowledgements of one round, without gaps, has become as long as the path's RTT: the sender's segments follow
//     each other on the bottleneck without a pause.
//   - The RTT of a round has risen: a queue grows.
//
// At either sign, ssthresh is set to the window, and the connection continues in congestion avoidance.
type hystart struct {
	SampleCnt  uint8  // RTTs seen in this round, at most hystartMinSamples
	Found      bool   // the end was found
	RoundStart uint32 // µs
	EndSeq     uint32 // the round ends when this is acknowledged
	LastAck    uint32 // µs, of the latest acknowledgement in the train
	CurrRTT    uint32 // µs, smallest of the round
}

const (
	hystartLowWindow  = 16     // below this window the signs are not reliable
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

// update handles an acknowledgement with its RTT.
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
			// Without pacing, a round's segments leave in a burst, and the bottleneck decides the length of the train that comes back.
			// The limit is then half the RTT, which is one way. With pacing, the sender itself spreads them over up to half the RTT.
			threshold >>= 1
		}
		// The kernel subtracts in signed numbers and compares with an unsigned one, which makes the comparison unsigned.
		if now-h.RoundStart > threshold {
			h.Found = true
			s.SndSsthresh = s.SndCwnd
		}
	}
	// This half runs even when the other half has just found the end; ssthresh is the same.
	h.CurrRTT = min(h.CurrRTT, delay)
	if h.SampleCnt < hystartMinSamples {
		h.SampleCnt++
	} else if h.CurrRTT > delayMin+min(max(delayMin>>3, hystartDelayMin), hystartDelayMax) {
		h.Found = true
		s.SndSsthresh = s.SndCwnd
	}
}

// ackDelay is the tolerance for segments that travel in bunches: the time of four bunches of the largest size (GSO) at the pacing rate, at
// most 1 ms. On short paths that is more than the RTT.
func ackDelay(s *Sock) uint32 {
	if s.PacingRate == 0 {
		return 0
	}
	return uint32(min(usecPerMsec, uint64(s.GSOMaxSize)*4*usecPerSec/s.PacingRate))
}
