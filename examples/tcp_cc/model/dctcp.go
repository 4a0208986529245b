package model

// DCTCP's constants (net/ipv4/tcp_dctcp.c; RFC 8257, section 4.2 recommends the same).
const (
	alphaMax = 1024 // α = 1: every segment was marked
	shiftG   = 4    // g = 1/16, the weight of the latest round
	ceShift  = 10 - shiftG
)

// DCTCP is RFC 8257's congestion control. Ordinary ECN (RFC 3168) tells the sender that there was congestion. DCTCP's receiver echoes each
// mark, so the sender knows how much congestion there was, and reduces the window in proportion: hardly for a few marks, by half if all
// segments are marked. With a low marking threshold queues stay short.
//
// Both ends of a connection run the algorithm, so it has two independent halves. The window grows as in Reno. The kernel's rehashing for
// load balancing (PLB, off by default) does not change windows and is left out.
type DCTCP struct {
	// The sender's half.
	Alpha          uint32 // α·1024, moving average of the share of marked segments
	NextSeq        uint32 // the round ends when this is acknowledged
	OldDelivered   uint32 // Sock.Delivered when it began
	OldDeliveredCE uint32
	LossCwnd       uint32 // window before the latest reduction, for undo_cwnd

	// The receiver's half.
	PriorRcvNxt uint32 // after the previous segment
	CEState     bool   // whether that one was marked
	SentAcks    uint32 // acknowledgements that were sent early
	SentAckNxt  uint32 // what the latest of them acknowledged

	// The peer did not agree to ECN: the connection uses Reno.
	Fallback bool
}

// Init begins a connection. A listening socket cannot know this yet, and connections inherit its state.
func (d *DCTCP) Init(s *Sock) {
	if !s.ECNOK && s.SKState != TCPListen && s.SKState != TCPClose {
		d.Fallback = true
		s.ECTOff = true
		return
	}
	*d = DCTCP{Alpha: alphaMax, PriorRcvNxt: s.RcvNxt, SentAcks: d.SentAcks, SentAckNxt: d.SentAckNxt}
	d.startRound(s)
}

func (d *DCTCP) startRound(s *Sock) {
	d.NextSeq = s.SndNxt
	d.OldDelivered = s.Delivered
	d.OldDeliveredCE = s.DeliveredCE
}

// InAckEvent updates α once a round trip: α = (1-g)·α + g·F, where F is the share of marked segments (RFC 8257, section 3.3).
func (d *DCTCP) InAckEvent(s *Sock) {
	if d.Fallback || after(d.NextSeq, s.SndUna) {
		return
	}
	marked := s.DeliveredCE - d.OldDeliveredCE
	// A sixteenth of less than 16 is 0 in integers, but α must be able to reach 0.
	if decay := d.Alpha >> shiftG; decay > 0 {
		d.Alpha -= decay
	} else {
		d.Alpha = 0
	}
	if marked > 0 {
		delivered := max(s.Delivered-d.OldDelivered, 1)
		d.Alpha = min(d.Alpha+marked<<ceShift/delivered, alphaMax)
	}
	d.startRound(s)
}

// Ssthresh is called after an ECN echo: cwnd·(1 - α/2) (RFC 8257, section 3.3).
func (d *DCTCP) Ssthresh(s *Sock) uint32 {
	if d.Fallback {
		return Reno{}.Ssthresh(s)
	}
	d.LossCwnd = s.SndCwnd
	return max(s.SndCwnd-s.SndCwnd*d.Alpha>>11, 2)
}

// reactToLoss halves, as Reno does (RFC 8257, section 3.5). The kernel has called Ssthresh already, but that is only about marks. This
// corrects it.
func (d *DCTCP) reactToLoss(s *Sock) {
	d.LossCwnd = s.SndCwnd
	s.SndSsthresh = max(s.SndCwnd>>1, 2)
}

// SetState handles the beginning of recovery. CwndEvent handles timeouts, so that each has one reduction.
func (d *DCTCP) SetState(s *Sock, state CAState) {
	if !d.Fallback && state == CARecovery && s.CAState != state {
		d.reactToLoss(s)
	}
}

// CwndEvent handles timeouts, and on the receiving side marked and unmarked segments.
func (d *DCTCP) CwndEvent(s *Sock, event CAEvent) {
	switch {
	case d.Fallback:
	case event == EventLoss:
		d.reactToLoss(s)
	case event == EventECNIsCE, event == EventECNNoCE:
		d.received(s, event == EventECNIsCE)
	}
}

// received is RFC 8257's section 3.2: an acknowledgement has one ECE bit for everything that it acknowledges. So when marks begin or end,
// the earlier segments are acknowledged at once, with the old bit.
func (d *DCTCP) received(s *Sock, ce bool) {
	if d.CEState != ce {
		if s.AckPending&AckTimer != 0 {
			s.DemandCWR = d.CEState
			d.SentAcks++
			d.SentAckNxt = d.PriorRcvNxt
			if d.PriorRcvNxt == s.RcvNxt {
				s.AckPending = 0 // everything is acknowledged (net/ipv4/tcp_output.c, tcp_event_ack_sent)
			}
		}
		s.AckPending |= AckNow
	}
	d.PriorRcvNxt = s.RcvNxt
	d.CEState = ce
	s.DemandCWR = ce
}

// UndoCwnd returns the old window, for when nothing was lost after all.
func (d *DCTCP) UndoCwnd(s *Sock) uint32 {
	if d.Fallback {
		return Reno{}.UndoCwnd(s)
	}
	return max(s.SndCwnd, d.LossCwnd)
}

// Apply executes one call.
func (d *DCTCP) Apply(e *Event, s *Sock) (uint32, error) {
	switch e.Member {
	case MemberInit:
		d.Init(s)
	case MemberRelease:
	case MemberCongAvoid:
		Reno{}.CongAvoid(s, e.Acked)
	case MemberInAckEvent:
		d.InAckEvent(s)
	case MemberSsthresh:
		return d.Ssthresh(s), nil
	case MemberUndoCwnd:
		return d.UndoCwnd(s), nil
	case MemberSetState:
		d.SetState(s, e.NewState)
	case MemberCwndEvent:
		d.CwndEvent(s, e.CAEvent)
	default:
		return 0, noMember("dctcp", e.Member)
	}
	return 0, nil
}

// State is a copy of the DCTCP.
func (d *DCTCP) State() any { return *d }
