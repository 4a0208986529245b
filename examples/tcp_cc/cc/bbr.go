package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// bbrState is what BBR stores for a connection. It takes all 104 bytes of icsk_ca_priv.
type bbrState struct {
	CycleMstamp, AckEpochMstamp dsl.CellU64                   // µs: when the phase began, and the counting of AckEpochAcked
	BW                          [3]struct{ T, V dsl.CellU32 } // delivery rate: a windowed maximum (bbr_path.go); T counts rounds
	MinRTT, MinRTTStamp         dsl.CellU32                   // µs, 2³²-1: none yet; jiffies
	// Number of rounds. A round ends when a segment is acknowledged that was sent after NextRound segments were delivered.
	Rounds, NextRound     dsl.CellU32
	FullBW                dsl.CellU32    // in startup: the rate when it last grew by a quarter
	ProbeRTTDone          dsl.CellU32    // jiffies; 0: too much is still in flight
	PriorCwnd             dsl.CellU32    // from before recovery or probing for the RTT
	LTBW                  dsl.CellU32    // rate of a policer (bbr_policer.go)
	LTDelivered, LTStamp  dsl.CellU32    // at the start of an interval; ms
	LTLost, AckEpochAcked dsl.CellU32    // lost by then; acknowledged since AckEpochMstamp
	ExtraAcked            [2]dsl.CellU16 // largest excess of acknowledgements, for two spans of five rounds
	PacingGain            dsl.CellU16    // of the latest acknowledgement, in 1/256
	ExtraRound            dsl.CellU8     // 0 to 4 for the first of those, 5 to 9 for the second
	Mode                  dsl.CellU8     // probing for bandwidth: the phase, 0 to 7; or one of those below
	FullBWCnt             dsl.CellU8     // rounds without growth; fullBWRounds: the path has been filled
	PrevCAState           dsl.CellU8     // icsk_ca_state of the latest acknowledgement
	LTState, LTRounds     dsl.CellU8     // looking for a policer or not; rounds of it
	ProbeRTTRoundDone     dsl.CellU8     // the next four are 0 or 1
	// one segment for each that arrived; SRTT was there; began again after a pause
	Conserve, HasSeenRTT, Idle dsl.CellU8
}

const (
	bwScale  = 24  // a rate is in packets per µs, times 2²⁴
	gainUnit = 256 // a gain of 1

	bwRounds  = phases + 2 // window of the rate's maximum
	minTarget = 4          // segments; the window never aims lower
)

// bbr is BBR version 1 ("BBR: congestion-based congestion control", Cardwell et al., ACM Queue 14-5, 2016) as net/ipv4/tcp_bbr.c behaves.
// It does not react to losses or queues directly. It keeps a model of the path: its largest delivery rate and its smallest RTT. Their
// product is what the path holds. BBR paces at that rate and keeps about twice that product in flight.
type bbr struct {
	hz   uint32
	now  func(*dsl.Fn) dsl.U32
	draw func(*dsl.Fn) dsl.U32 // a random number below 7
}

// BBR is BBR with a name. hz is the kernel's CONFIG_HZ. It needs Linux 6.10: before that, programs may not set app_limited.
func BBR(name string, hz uint32) tcp.CongestionOps { return newBBR(hz).ops(name) }

func newBBR(hz uint32) bbr {
	return bbr{hz, jiffies, func(f *dsl.Fn) dsl.U32 { return helper.GetPrandomU32(f).Mod(phases - 1) }}
}

func (b bbr) ops(name string) tcp.CongestionOps {
	return tcp.CongestionOps{
		Name: name, License: "GPL", Init: b.init, CongControl: b.congControl, Ssthresh: b.ssthresh, UndoCwnd: b.undoCwnd,
		SetState:  b.setState,
		CwndEvent: b.cwndEvent, CwndEventTxStart: b.txStart, MinTsoSegs: b.minTSOSegs, SndbufExpand: b.sndbufExpand,
	}
}

// A bbrCall is one call of BBR.
type bbrCall struct {
	*dsl.Fn
	bbr
	bbrState
	tp         tcp.Sock
	roundStart dsl.VarU8 // 1: this acknowledgement began a round
}

func (b bbr) call(f *dsl.Fn, tp tcp.Sock, roundStart uint8) bbrCall {
	return bbrCall{f, b, tcp.CA[bbrState](tp), tp, f.VarU8(roundStart)}
}

// init begins a connection.
func (b bbr) init(f *dsl.Fn, tp tcp.Sock) {
	for _, word := range tcp.CA[[13]dsl.CellU64](tp) {
		word.Set(0)
	}
	c := b.call(f, tp, 0)
	c.MinRTT.Set(tp.RttMin().SV(0))
	c.MinRTTStamp.Set(b.now(f))
	c.NextRound.Set(tp.Delivered())
	c.AckEpochMstamp.Set(tp.TcpMstamp())
	c.Mode.Set(startup)
	tp.SetSndSsthresh(0x7fffffff) // infinite
	c.initPacingRate()
	c.startInterval()
	f.If(tp.SkPacingStatus().Eq(tcp.SkPacingNone), func() { tp.SetSkPacingStatus(tcp.SkPacingNeeded) })
}

// congControl handles an acknowledgement: it updates the model of the path, and then the pacing rate and the window.
func (b bbr) congControl(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
	c := b.call(f, tp, 0)
	f.If(rs.Delivered().Ge(0).And(rs.IntervalUs().Gt(0)), func() {
		c.updateBW(rs)
		f.If(rs.AckedSacked().Ne(0), func() { c.updateAckAggregation(rs.AckedSacked()) })
	})
	f.If(c.Mode.Lt(phases), func() { f.If(c.phaseIsOver(rs), c.nextPhase) })
	f.If(c.roundStart.Ne(0).And(c.filled().Not()).And(rs.IsAppLimited().Not()), c.checkFullBW)
	c.checkDrain()
	c.updateMinRTT(rs, b.now(f))
	cwndGain := c.updateGains()
	bw := c.bw()
	c.setPacingRate(bw, c.PacingGain.U32())
	c.setCwnd(rs, bw, cwndGain.Get())
}

// saveCwnd stores the window for later.
func (c bbrCall) saveCwnd() {
	cwnd := c.tp.SndCwnd().Var()
	c.If(c.PrevCAState.Ge(tcp.CARecovery).Or(c.Mode.Eq(probeRTT)), func() { cwnd.Set(cwnd.Max(c.PriorCwnd)) }) // it is reduced already
	c.PriorCwnd.Set(cwnd)
}

// ssthresh is called when recovery begins. BBR does not use the threshold, so it stays.
func (b bbr) ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	b.call(f, tp, 0).saveCwnd()
	return tp.SndSsthresh()
}

// undoCwnd is called when nothing was lost after all. The rate was underestimated in the meantime; the window grows again by itself.
func (b bbr) undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	c := b.call(f, tp, 0)
	c.FullBW.Set(0)
	f.If(c.filled().Not(), func() { c.FullBWCnt.Set(0) })
	c.resetPolicer()
	return tp.SndCwnd()
}

// setState handles timeouts: the round ends, with a loss.
func (b bbr) setState(f *dsl.Fn, tp tcp.Sock, state dsl.U8) {
	f.If(state.Eq(tcp.CALoss), func() {
		c := b.call(f, tp, 1)
		c.PrevCAState.Set(tcp.CALoss)
		c.FullBW.Set(0)
		f.Block(func(leave func()) { c.lookForPolicer(f.S32(1), f.U32(0).Ne(0), leave) })
	})
}

// cwndEvent is told that sending begins again by kernels before 7.1; later ones call txStart.
func (b bbr) cwndEvent(f *dsl.Fn, tp tcp.Sock, event dsl.U32) {
	f.IfField("tcp_congestion_ops", "cwnd_event_tx_start", f.Exit).Else(func() {
		f.If(event.Eq(tcp.CAEventTxStart), func() { b.txStart(f, tp) })
	})
}

// txStart is called when the application sends again after a pause.
func (b bbr) txStart(f *dsl.Fn, tp tcp.Sock) {
	f.If(tp.AppLimited().Eq(0), f.Exit)
	c := b.call(f, tp, 0)
	c.Idle.Set(1)
	c.AckEpochMstamp.Set(tp.TcpMstamp())
	c.AckEpochAcked.Set(0)
	f.If(c.Mode.Lt(phases), func() { c.setPacingRate(c.bw(), f.U32(gainUnit)) }). // not with the gain of the phase in which it stopped
											ElseIf(func() dsl.Bool { return c.Mode.Eq(probeRTT) }, func() { c.leaveProbeRTT(b.now(f)) })
}
