package model

import "fmt"

// Member says which member of struct tcp_congestion_ops was called. The numbers are for programs, which send them through a ring buffer.
type Member uint8

const (
	MemberInit Member = iota + 1
	MemberRelease
	MemberSsthresh
	MemberCongAvoid
	MemberSetState
	MemberCwndEvent
	MemberInAckEvent
	MemberPktsAcked
	MemberCongControl
	MemberUndoCwnd
	MemberMinTSOSegs
	MemberSndbufExpand
)

// String returns the kernel's name.
func (m Member) String() string {
	names := [...]string{
		MemberInit: "init", MemberRelease: "release", MemberSsthresh: "ssthresh", MemberCongAvoid: "cong_avoid",
		MemberSetState: "set_state", MemberCwndEvent: "cwnd_event", MemberInAckEvent: "in_ack_event", MemberPktsAcked: "pkts_acked",
		MemberCongControl: "cong_control", MemberUndoCwnd: "undo_cwnd", MemberMinTSOSegs: "min_tso_segs",
		MemberSndbufExpand: "sndbuf_expand",
	}
	if int(m) < len(names) && names[m] != "" {
		return names[m]
	}
	return fmt.Sprintf("member %d", uint8(m))
}

// returns reports whether the member has a result.
func (m Member) returns() bool {
	switch m {
	case MemberSsthresh, MemberUndoCwnd, MemberMinTSOSegs, MemberSndbufExpand:
		return true
	}
	return false
}

// Event is one call of a member: the socket before and after it, the arguments and the result.
type Event struct {
	Seq    uint64 // counts from 1; 0 in all events of a recording that does not count
	Member Member

	Saw  Sock // when it was called
	Left Sock // when it returned; fields that a program does not record are as in Saw

	// Arguments; which of them count depends on the member.
	Ack, Acked uint32     // cong_avoid
	NewState   CAState    // set_state
	CAEvent    CAEvent    // cwnd_event
	Flags      uint32     // in_ack_event; no model looks at it
	Sample     AckSample  // pkts_acked
	Rate       RateSample // cong_control
	Draw       uint32     // the random number that the program drew, below 7 (BBR, where a cycle of gains begins)

	Result uint32 // of members that have one
}

// call writes the event as a call.
func (e *Event) call() string {
	switch e.Member {
	case MemberCongAvoid:
		return fmt.Sprintf("cong_avoid(ack %d, acked %d)", e.Ack, e.Acked)
	case MemberSetState:
		return fmt.Sprintf("set_state(%v)", e.NewState)
	case MemberCwndEvent:
		return fmt.Sprintf("cwnd_event(%v)", e.CAEvent)
	case MemberInAckEvent:
		return fmt.Sprintf("in_ack_event(flags %#x)", e.Flags)
	case MemberPktsAcked:
		return fmt.Sprintf("pkts_acked(%+v)", e.Sample)
	case MemberCongControl:
		return fmt.Sprintf("cong_control(%+v)", e.Rate)
	}
	return e.Member.String() + "()"
}

// String returns the kernel's name, without TCP_CA_.
func (s CAState) String() string {
	names := [...]string{"open", "disorder", "cwr", "recovery", "loss"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// String returns the kernel's name, without CA_EVENT_.
func (e CAEvent) String() string {
	names := [...]string{"tx_start", "cwnd_restart", "complete_cwr", "loss", "ecn_no_ce", "ecn_is_ce"}
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("event %d", uint8(e))
}

// Algorithm is a congestion control that can replay events.
type Algorithm interface {
	// Apply executes the event's call: it changes s as the kernel's code would and returns the member's result. An error means that the
	// algorithm does not have the member, or that the event lacks something.
	Apply(e *Event, s *Sock) (result uint32, err error)
	// State returns a copy of what the algorithm stores, for printing.
	State() any
}
