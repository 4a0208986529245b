package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

// dctcpState is what DCTCP stores for a connection. The first four fields are for the sender, the others for the receiver.
type dctcpState struct {
	Alpha          dsl.CellU32 // α·1024, moving average of the share of marked segments
	NextSeq        dsl.CellU32 // the round ends when this is acknowledged
	OldDelivered   dsl.CellU32 // delivered segments when it began
	OldDeliveredCE dsl.CellU32 // and how many of them were marked
	LossCwnd       dsl.CellU32 // window before the latest reduction
	PriorRcvNxt    dsl.CellU32 // what to acknowledge, without the latest segment
	Echo           dsl.CellU32 // ecnDemandCWR when that segment was marked, else 0
}

const (
	alphaMax = 1024 // α = 1: every segment was marked
	shiftG   = 4    // g = 1/16: how much the latest round counts (RFC 8257, section 4.2)

	needsECN     = 2        // tcp_congestion_ops.flags: segments say that they may be marked
	ecnOK        = 1 | 1<<4 // tcp_sock.ecn_flags: ECN was agreed on, since Linux 6.18 in either mode
	ecnDemandCWR = 4        // and acknowledgements say that there are marks

	stateClose, stateListen = 7, 10 // sock.skc_state
	solTCP, tcpCongestion   = 6, 13 // of setsockopt
)

// dctcp is DCTCP (RFC 8257). Switches with short queues mark packets, and the receiver echoes each mark. So the sender knows not only that
// there is congestion, but how much, and reduces its window in proportion. The window grows as in Reno.
type dctcp struct{ reno *maps.ReadOnly[[8]byte] }

// DCTCP is DCTCP with a name. Both ends of a connection must run it.
func DCTCP(name string) tcp.CongestionOps {
	return newDCTCP().ops(name)
}

func newDCTCP() dctcp { return dctcp{maps.NewReadOnly("fallback", [8]byte{'r', 'e', 'n', 'o'})} }

func (d dctcp) ops(name string) tcp.CongestionOps {
	return tcp.CongestionOps{
		Name: name, License: "GPL", Flags: needsECN, Init: d.init, Ssthresh: d.ssthresh, CongAvoid: d.congAvoid, SetState: d.setState,
		UndoCwnd: d.undoCwnd, CwndEvent: d.cwndEvent, InAckEvent: d.inAckEvent,
	}
}

// init begins a connection. When the peer does not support marks, the connection uses Reno, and the kernel then does not announce ECN. A
// listening socket cannot know this yet; connections inherit its state.
func (d dctcp) init(f *dsl.Fn, tp tcp.Sock) {
	state := tp.SkcState()
	f.If(tp.EcnFlags().Has(ecnOK).Not().And(state.Ne(stateListen)).And(state.Ne(stateClose)), func() {
		helper.Setsockopt(f, tp, solTCP, tcpCongestion, f.MapData(d.reno.Spec(), 0), 8)
		f.Exit()
	})
	ca := tcp.CA[dctcpState](tp)
	ca.Alpha.Set(alphaMax)
	ca.PriorRcvNxt.Set(tp.RcvNxt())
	ca.LossCwnd.Set(0)
	ca.Echo.Set(0)
	ca.beginRound(tp)
}

func (ca dctcpState) beginRound(tp tcp.Sock) {
	ca.NextSeq.Set(tp.SndNxt())
	ca.OldDelivered.Set(tp.Delivered())
	ca.OldDeliveredCE.Set(tp.DeliveredCe())
}

// inAckEvent updates α once a round trip: α = (1-g)·α + g·F, where F is the share of marked segments (section 3.3).
func (dctcp) inAckEvent(f *dsl.Fn, tp tcp.Sock, flags dsl.U32) {
	ca := tcp.CA[dctcpState](tp)
	f.If(after(ca.NextSeq.Get(), tp.SndUna()).Not(), func() {
		alpha := ca.Alpha.Var()
		decay := alpha.Shr(shiftG).Var()
		f.If(decay.Eq(0), func() { decay.Set(alpha) }) // a sixteenth of less than 16 is 0, but α must be able to reach 0
		marked, delivered := tp.DeliveredCe().Sub(ca.OldDeliveredCE), tp.Delivered().Sub(ca.OldDelivered).Max(1)
		ca.Alpha.Set(alpha.Sub(decay).Add(marked.Shl(10 - shiftG).Div(delivered)).Min(alphaMax))
		ca.beginRound(tp)
	})
}

// ssthresh is called after marks: cwnd·(1 - α/2) (section 3.3).
func (dctcp) ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	ca, cwnd := tcp.CA[dctcpState](tp), tp.SndCwnd()
	ca.LossCwnd.Set(cwnd)
	return cwnd.Sub(cwnd.Mul(ca.Alpha).Shr(11)).Max(2)
}

func (dctcp) congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.RenoCongAvoid(ack, acked) }

// undoCwnd restores the window when nothing was lost after all.
func (dctcp) undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	return tp.SndCwnd().Max(tcp.CA[dctcpState](tp).LossCwnd)
}

// lose halves the window, as Reno does (section 3.5): the kernel has called ssthresh already, but that is only about marks.
func (ca dctcpState) lose(tp tcp.Sock) {
	cwnd := tp.SndCwnd()
	ca.LossCwnd.Set(cwnd)
	tp.SetSndSsthresh(cwnd.Shr(1).Max(2))
}

// setState handles losses that acknowledgements show. cwndEvent handles timeouts.
func (dctcp) setState(f *dsl.Fn, tp tcp.Sock, state dsl.U8) {
	f.If(state.Eq(tcp.CARecovery).And(tp.IcskCaState().Ne(tcp.CARecovery)), func() { tcp.CA[dctcpState](tp).lose(tp) })
}

// cwndEvent handles timeouts, and on the receiving side marked and unmarked segments.
func (dctcp) cwndEvent(f *dsl.Fn, tp tcp.Sock, event dsl.U32) {
	ca := tcp.CA[dctcpState](tp)
	f.If(event.Eq(tcp.CAEventLoss), func() { ca.lose(tp) }).
		// the events are 4 and 5
		ElseIf(func() dsl.Bool { return event.Ge(tcp.CAEventECNNoCe) }, func() { ca.received(f, tp, event.And(1).Shl(2)) })
}

// received is section 3.2: an acknowledgement has one bit for everything that it acknowledges. So when marks begin or end, the earlier
// segments are acknowledged first, with their bit, and then this segment at once.
func (ca dctcpState) received(f *dsl.Fn, tp tcp.Sock, echo dsl.U32) {
	demand := func(bit dsl.U32) { tp.SetEcnFlags(tp.EcnFlags().And(0xff &^ ecnDemandCWR).Or(bit.U8())) }
	before := ca.Echo.Get()
	f.If(before.Ne(echo), func() {
		f.If(tp.IcskAckPending().Has(tcp.IcskAckTimer), func() {
			demand(before)
			helper.TcpSendAck(f, tp, ca.PriorRcvNxt)
		})
		tp.SetIcskAckPending(tp.IcskAckPending().Or(tcp.IcskAckNow))
	})
	ca.PriorRcvNxt.Set(tp.RcvNxt())
	ca.Echo.Set(echo)
	demand(echo)
}
