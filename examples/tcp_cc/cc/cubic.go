package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// cubicState is what CUBIC stores for a connection, in the memory that the kernel keeps for congestion controls (icsk_ca_priv, 104 bytes).
type cubicState struct {
	Cnt         dsl.CellU32 // acknowledged segments for one segment of window
	LastMaxCwnd dsl.CellU32 // W_max; 0: none yet
	LastCwnd    dsl.CellU32 // window when Cnt was last computed
	LastTime    dsl.CellU32 // and the time, in jiffies
	OriginPoint dsl.CellU32 // window at the curve's inflection
	K           dsl.CellU32 // time from the epoch's start to there, 1/1024 s
	DelayMin    dsl.CellU32 // smallest RTT, µs; 0: none yet
	EpochStart  dsl.CellU32 // jiffies, when congestion avoidance began; 0: not in it
	AckCnt      dsl.CellU32 // acknowledged segments that TCPCwnd does not count yet
	TCPCwnd     dsl.CellU32 // what Reno's window would be
	SampleCnt   dsl.CellU8  // HyStart: RTTs seen in this round
	Found       dsl.CellU8  // HyStart: 1 when the end of slow start was found
	RoundStart  dsl.CellU32 // HyStart: µs
	EndSeq      dsl.CellU32 // HyStart: the round ends when this is acknowledged
	LastAck     dsl.CellU32 // HyStart: µs, of the latest acknowledgement in the train
	CurrRTT     dsl.CellU32 // HyStart: µs, smallest of the round
}

const (
	beta         = 717                // what is left of the window after a loss, of 1024 (RFC 9438, section 4.6)
	cubeRTTScale = 410                // C = 0.4 segments/s³, in 1/1024 and per RTT of 100 ms
	cubeShift    = 40                 // brings C·t³ back to segments: 10 bits of C, 30 of t
	cubeFactor   = 1 << 40 / 410      // 1/C: K = ∛(cubeFactor·(W_max - cwnd)) (RFC 9438, figure 2)
	renoScale    = 8 * 1741 / 3 / 307 // 8/α: Reno's α of 0.53 segments a window (RFC 9438, section 4.3)
)

// cubic is CUBIC (RFC 9438) as net/ipv4/tcp_cubic.c of Linux behaves, with HyStart
// (hystart.go).
type cubic struct {
	hz    uint32                  // of the kernel's clock: jiffies a second
	now   func(f *dsl.Fn) dsl.U32 // that clock
	roots cubeRoots
}

// Cubic is CUBIC with a name. hz is the kernel's CONFIG_HZ.
func Cubic(name string, hz uint32) tcp.CongestionOps { return newCubic(hz).ops(name) }

func newCubic(hz uint32) cubic { return cubic{hz: hz, now: jiffies, roots: newCubeRoots()} }

func (c cubic) ops(name string) tcp.CongestionOps {
	return tcp.CongestionOps{
		Name: name, License: "GPL", Init: c.init, Ssthresh: c.ssthresh, CongAvoid: c.congAvoid, SetState: c.setState,
		UndoCwnd: c.undoCwnd, CwndEvent: c.cwndEvent, CwndEventTxStart: c.txStart, PktsAcked: c.pktsAcked,
	}
}

func (cubic) state(tp tcp.Sock) cubicState { return tcp.CA[cubicState](tp) }

// reset forgets the path.
func (ca cubicState) reset() {
	for _, cell := range []dsl.CellU32{ca.Cnt, ca.LastMaxCwnd, ca.LastCwnd, ca.LastTime, ca.OriginPoint, ca.K, ca.DelayMin, ca.EpochStart,
		ca.AckCnt, ca.TCPCwnd} {
		cell.Set(0)
	}
	ca.Found.Set(0)
}

func (c cubic) init(f *dsl.Fn, tp tcp.Sock) {
	ca := c.state(tp)
	ca.reset()
	ca.beginRound(tp)
}

// congAvoid lets the window grow: in slow start like Reno's, above it towards the curve.
func (c cubic) congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
	ca := c.state(tp)
	left := slowStart(f, tp, acked)
	cwnd := tp.SndCwnd()
	cnt := ca.Cnt.Var()
	f.Block(func(leave func()) { c.update(f, ca, cwnd, left.Get(), cnt, leave) })
	tp.CongAvoidAI(cnt, left)
}

// update computes cnt, acknowledged segments for one segment of window.
func (c cubic) update(f *dsl.Fn, ca cubicState, cwnd, acked dsl.U32, cnt dsl.VarU32, leave func()) {
	now := c.now(f)
	ca.AckCnt.Inc(acked)
	// The curve hardly moves in 1/32 s; a round trip on most paths is longer.
	sinceLast := now.Sub(ca.LastTime)
	f.If(ca.LastCwnd.Eq(cwnd).And(sinceLast.S32().Le(int32(c.hz/32))), leave)
	// Time stands still within a jiffy, and so does the curve.
	epoch := ca.EpochStart.Get()
	f.If(epoch.Eq(0).Or(sinceLast.Ne(0)), func() {
		ca.LastCwnd.Set(cwnd)
		ca.LastTime.Set(now)
		elapsed, top := now.Sub(epoch).Var(), ca.LastMaxCwnd.Get()
		f.If(epoch.Eq(0), func() {
			elapsed.Set(0)
			c.startEpoch(f, ca, cwnd, now, acked, top)
		})
		c.followCurve(f, ca, cwnd, elapsed.Get(), cnt)
		// Before the first loss the curve begins flat: at least 5 % a round trip.
		f.If(top.Eq(0).And(cnt.Gt(20)), func() { cnt.Set(20) })
	})
	// The window grows at least as Reno's would on this path (RFC 9438, section 4.3).
	perSegment := cwnd.Mul(renoScale).Shr(3)
	waiting := ca.AckCnt.Get()
	reno := ca.TCPCwnd.Var()
	f.If(waiting.Gt(perSegment), func() {
		segments := waiting.Sub(1).Div(perSegment) // 0 where that is 0, as BPF divides
		ca.AckCnt.Set(waiting.Sub(segments.Mul(perSegment)))
		reno.Inc(segments)
		ca.TCPCwnd.Set(reno)
	})
	f.If(reno.Gt(cwnd), func() { cnt.Set(cnt.Min(cwnd.Div(reno.Sub(cwnd)))) })
	cnt.Set(cnt.Max(2)) // at most one segment for two acknowledged (RFC 9438, section 4.4)
	ca.Cnt.Set(cnt)
}

// startEpoch places the curve (RFC 9438, section 4.2): its inflection at W_max, top.
func (c cubic) startEpoch(f *dsl.Fn, ca cubicState, cwnd, now, acked, top dsl.U32) {
	ca.EpochStart.Set(now)
	ca.AckCnt.Set(acked)
	ca.TCPCwnd.Set(cwnd)
	f.If(top.Le(cwnd), func() { // above it already: only the convex half
		ca.K.Set(0)
		ca.OriginPoint.Set(cwnd)
	}).Else(func() {
		ca.K.Set(c.roots.root(f, top.Sub(cwnd).U64().Mul(uint64(cubeFactor))))
		ca.OriginPoint.Set(top)
	})
}

// followCurve sets cnt so that one round trip from now the window is at
// W(t+RTT) = C·(t+RTT-K)³ + W_max (RFC 9438, figure 1).
func (c cubic) followCurve(f *dsl.Fn, ca cubicState, cwnd, elapsed dsl.U32, cnt dsl.VarU32) {
	jiffy := 1_000_000 / c.hz // µs
	rtt := ca.DelayMin.U64().Add(jiffy - 1).Div(jiffy)
	t := elapsed.S32().U64().Add(rtt).Shl(10).Div(c.hz)
	k := ca.K.U64()
	distance := t.Sub(k).Var()
	f.If(t.Lt(k), func() { distance.Set(distance.Neg()) })
	d := distance.Get()
	delta := d.Mul(cubeRTTScale).Mul(d).Mul(d).Shr(cubeShift).U32().Var()
	f.If(t.Lt(k), func() { delta.Set(delta.Neg()) })
	target := ca.OriginPoint.Add(delta)
	cnt.Set(cwnd.Mul(100)) // almost no growth
	f.If(target.Gt(cwnd), func() { cnt.Set(cwnd.Div(target.Sub(cwnd))) })
}

// ssthresh is called after a loss: it returns β of the window, and leaves room for another flow when W_max was not reached again (fast
// convergence, RFC 9438, section 4.7).
func (c cubic) ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	ca := c.state(tp)
	cwnd := tp.SndCwnd()
	ca.EpochStart.Set(0)
	top := cwnd.Mul(1024 + beta).Shr(11).Var()
	f.If(cwnd.Ge(ca.LastMaxCwnd), func() { top.Set(cwnd) })
	ca.LastMaxCwnd.Set(top)
	return cwnd.Mul(beta).Shr(10).Max(2)
}

// undoCwnd is Reno's, which is a function of the kernel.
func (cubic) undoCwnd(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoUndoCwnd() }

// setState forgets everything after a timeout: the path may be another one.
func (c cubic) setState(f *dsl.Fn, tp tcp.Sock, state dsl.U8) {
	f.If(state.Eq(tcp.CALoss), func() { c.init(f, tp) })
}

// cwndEvent is told that sending begins again by kernels before 7.1; later ones call txStart.
func (c cubic) cwndEvent(f *dsl.Fn, tp tcp.Sock, event dsl.U32) {
	f.IfField("tcp_congestion_ops", "cwnd_event_tx_start", f.Exit).Else(func() {
		f.If(event.Eq(tcp.CAEventTxStart), func() { c.txStart(f, tp) })
	})
}

// txStart shifts the curve by the time that nothing was sent (RFC 9438, section 5.8).
func (c cubic) txStart(f *dsl.Fn, tp tcp.Sock) {
	ca := c.state(tp)
	now := c.now(f)
	idle := now.Sub(tp.Lsndtime()).S32()
	epoch := ca.EpochStart.Get()
	f.If(epoch.Ne(0).And(idle.Gt(0)), func() {
		start := epoch.Add(idle.U32())
		ca.EpochStart.Set(dsl.Pick(f, after(start, now), func() dsl.U32 { return now }, func() dsl.U32 { return start }))
	})
}
