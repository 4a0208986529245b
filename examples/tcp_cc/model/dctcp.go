package model

// DCTCP's constants (net/ipv4/tcp_dctcp.c; RFC 8257, section 4.2 recommends the same).
const (
	alphaMax = 1024 // α = 1: every segment was marked
	shiftG   = 4    // g = 1/16, the weight of the latest round
	ceShift  = 10 - shiftG
)

// DCTCP is RFC 8257's congestion control. Ordinary ECN (RFC 3168) tells the sender that there was congestion; DCTCP's receiver tells it
// how much, by echoing each mark as it came, and the sender reduces in proportion: not at all for a few marks, by half if all segments
// are marked. With a shallow marking threshold queues stay short.
//
// One algorithm serves both ends of a connection, so there are two halves here that know nothing of each other. Growth is Reno's. The
// kernel's rehashing for load balancing (PLB, off by default) moves no window and is left out.
type DCTCP struct {
	// The sender's half.
	Alpha          uint32 // α·1024, moving average of the share of marked segments
	NextSeq        uint32 // the round ends when this is acknowledged
	OldDelivered   uint32 // Sock.Delivered when it began
	OldDeliveredCE uint32
	LossCwnd       uint32 // window before the latest reduction, for undo_cwnd

	// The receiver's half.
	PriorRcvNxt uint32 // after the segment before
	CEState     bool   // whether that one was marked
	SentAcks    uint32 // acknowledgements sent out of turn
	SentAckNxt  uint32 // what the latest of them acknowledged

	// The peer did not agree to ECN: the connection goes on as Reno.
	Fallback bool
}

// Init begins a connection. A listening socket cannot know yet, and what it has is inherited.
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
	// A sixteenth of less than 16 is nothing in integers; α must reach 0 all the same.
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

// Ssthresh answers an ECN echo: cwnd·(1 - α/2) (RFC 8257, section 3.3).
func (d *DCTCP) Ssthresh(s *Sock) uint32 {
	if d.Fallback {
		return Reno{}.Ssthresh(s)
	}
	d.LossCwnd = s.SndCwnd
	return max(s.SndCwnd-s.SndCwnd*d.Alpha>>11, 2)
}

// reactToLoss halves, as Reno does (RFC 8257, section 3.5). The kernel has asked Ssthresh already, which knows of marks only; this puts it
// right.
func (d *DCTCP) reactToLoss(s *Sock) {
	d.LossCwnd = s.SndCwnd
	s.SndSsthresh = max(s.SndCwnd>>1, 2)
}

// SetState sees recovery begin. A timeout is CwndEvent's, so that there is one reduction for each.
func (d *DCTCP) SetState(s *Sock, state CAState) {
	if !d.Fallback && state == CARecovery && s.CAState != state {
		d.reactToLoss(s)
	}
}

// CwndEvent sees timeouts, and, on the receiving side, whether segments come marked.
func (d *DCTCP) CwndEvent(s *Sock, event CAEvent) {
	switch {
	case d.Fallback:
	case event == EventLoss:
		d.reactToLoss(s)
	case event == EventECNIsCE, event == EventECNNoCE:
		d.received(s, event == EventECNIsCE)
	}
}

// received is RFC 8257's section 3.2: an acknowledgement has one ECE bit for all that it acknowledges, so when marks begin or end, what
// came before is acknowledged at once, with the old bit.
func (d *DCTCP) received(s *Sock, ce bool) {
	if d.CEState != ce {
		if s.AckPending&AckTimer != 0 {
			s.DemandCWR = d.CEState
			d.SentAcks++
			d.SentAckNxt = d.PriorRcvNxt
			if d.PriorRcvNxt == s.RcvNxt {
				s.AckPending = 0 // nothing is left to be acknowledged (net/ipv4/tcp_output.c, tcp_event_ack_sent)
			}
		}
		s.AckPending |= AckNow
	}
	d.PriorRcvNxt = s.RcvNxt
	d.CEState = ce
	s.DemandCWR = ce
}

// UndoCwnd is the window to go back to when a loss was none.
func (d *DCTCP) UndoCwnd(s *Sock) uint32 {
	if d.Fallback {
		return Reno{}.UndoCwnd(s)
	}
	return max(s.SndCwnd, d.LossCwnd)
}

// Apply carries out one call.
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
