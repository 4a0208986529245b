package model

import "fmt"

// Reno is the congestion control of RFC 5681, as net/ipv4/tcp_cong.c has it. It remembers nothing: the zero value is ready.
type Reno struct{}

// SlowStart is tcp_slow_start (RFC 5681, section 3.1, with the byte counting of RFC 3465 in segments and without its limit L): the
// window grows by what was acknowledged, but not past ssthresh. It returns what is left of acked for congestion avoidance.
func SlowStart(s *Sock, acked uint32) uint32 {
	cwnd := min(s.SndCwnd+acked, s.SndSsthresh)
	acked -= cwnd - s.SndCwnd
	s.SndCwnd = min(cwnd, s.SndCwndClamp)
	return acked
}

// CongAvoidAI is tcp_cong_avoid_ai, additive increase: one segment for every w acknowledged. With w = cwnd that is one segment a round
// trip (RFC 5681, equation 3).
func CongAvoidAI(s *Sock, w, acked uint32) {
	// w may have fallen since the credit was saved up (CUBIC changes it all the time). What is then due would be many segments at once;
	// one is given and the rest forgotten.
	if s.SndCwndCnt >= w {
		s.SndCwndCnt = 0
		s.SndCwnd++
	}
	s.SndCwndCnt += acked
	if s.SndCwndCnt >= w {
		grow := s.SndCwndCnt / w
		s.SndCwndCnt -= grow * w
		s.SndCwnd += grow
	}
	s.SndCwnd = min(s.SndCwnd, s.SndCwndClamp)
}

// CongAvoid lets the window grow.
func (Reno) CongAvoid(s *Sock, acked uint32) {
	if !s.CwndLimited() {
		return
	}
	if s.InSlowStart() {
		if acked = SlowStart(s, acked); acked == 0 {
			return
		}
	}
	CongAvoidAI(s, s.SndCwnd, acked)
}

// Ssthresh answers a loss: half the window, at least two segments (RFC 5681, equation 4). The RFC halves what is in flight; Linux
// takes the window, and keeps windows that are not used from growing instead.
func (Reno) Ssthresh(s *Sock) uint32 { return max(s.SndCwnd>>1, 2) }

// UndoCwnd is the window to go back to when the loss was none.
func (Reno) UndoCwnd(s *Sock) uint32 { return max(s.SndCwnd, s.PriorCwnd) }

// Apply carries out one call.
func (r Reno) Apply(e *Event, s *Sock) (uint32, error) {
	switch e.Member {
	case MemberInit, MemberRelease:
		return 0, nil // Reno has none; a program may
	case MemberCongAvoid:
		r.CongAvoid(s, e.Acked)
		return 0, nil
	case MemberSsthresh:
		return r.Ssthresh(s), nil
	case MemberUndoCwnd:
		return r.UndoCwnd(s), nil
	}
	return 0, noMember("reno", e.Member)
}

// State is empty.
func (Reno) State() any { return struct{}{} }

func noMember(algorithm string, m Member) error {
	return fmt.Errorf("model: %s has no member %v", algorithm, m)
}
