package model

import "fmt"

// Reno is the congestion control of RFC 5681, as in net/ipv4/tcp_cong.c. It stores nothing: the zero value is ready to use.
type Reno struct{}

// SlowStart is tcp_slow_start (RFC 5681, section 3.1, with the byte counting of RFC 3465 in segments and without its limit L): the
// window grows by what was acknowledged, but not past ssthresh. It returns the part of acked that is left for congestion avoidance.
func SlowStart(s *Sock, acked uint32) uint32 {
	cwnd := min(s.SndCwnd+acked, s.SndSsthresh)
	acked -= cwnd - s.SndCwnd
	s.SndCwnd = min(cwnd, s.SndCwndClamp)
	return acked
}

// CongAvoidAI is tcp_cong_avoid_ai, additive increase: one segment for every w acknowledged. With w = cwnd that is one segment a round
// trip (RFC 5681, equation 3).
func CongAvoidAI(s *Sock, w, acked uint32) {
	// w may have become smaller since segments were counted (CUBIC changes it often). Then the window would have to grow by many segments
	// at once. It grows by one, and the rest is forgotten.
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

// Ssthresh is called after a loss: it returns half the window, at least two segments (RFC 5681, equation 4). The RFC halves the data in
// flight. Linux halves the window, and does not let unused windows grow.
func (Reno) Ssthresh(s *Sock) uint32 { return max(s.SndCwnd>>1, 2) }

// UndoCwnd returns the old window, for when nothing was lost after all.
func (Reno) UndoCwnd(s *Sock) uint32 { return max(s.SndCwnd, s.PriorCwnd) }

// Apply executes one call.
func (r Reno) Apply(e *Event, s *Sock) (uint32, error) {
	switch e.Member {
	case MemberInit, MemberRelease:
		return 0, nil // Reno has no such member; a program may
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
