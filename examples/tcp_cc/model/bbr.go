package model

import (
	"errors"
	"fmt"
)

// BBR's constants (net/ipv4/tcp_bbr.c; "BBR: congestion-based congestion control", Cardwell et al., ACM Queue 14-5, 2016;
// draft-cardwell-iccrg-bbr-congestion-control-00, the last one about version 1, whose sections are named here by their titles).
const (
	// bwUnit is one packet per µs. A rate is a u32 in 2^-24 of it: from 0.06 to 256 million packets per second.
	bwScale = 24
	bwUnit  = 1 << bwScale

	// gainUnit is a gain of 1.
	gainScale = 8
	gainUnit  = 1 << gainScale

	// highGain is 2/ln 2 = 2.885, rounded up: the smallest gain with which a paced rate doubles every round trip ("Startup dynamics").
	highGain = gainUnit*2885/1000 + 1
	// drainGain is its reciprocal: one round empties the queue that startup made in one round.
	drainGain = gainUnit * 1000 / 2885
	// cwndGain of 2 leaves room for acknowledgements that come late or in bunches ("Target cwnd").
	cwndGain = 2 * gainUnit

	cycleLen   = 8            // phases in a cycle of gains, each about a smallest RTT long
	cycleRand  = 7            // phases in which a cycle may begin: all except the one that drains
	bwRounds   = cycleLen + 2 // window of the bandwidth's maximum: a little more than a cycle
	minRTTSecs = 10           // window of the smallest RTT

	probeRTTMsecs = 200 // shortest time with probeRTTCwnd in flight
	minTarget     = 4   // segments; the window never aims lower

	pacingMargin   = 1                // percent below the estimated rate, so that queues drain on average
	minTSORate     = 1_200_000        // bit/s; below it, segments are sent one by one
	gsoLegacyMax   = 65536            // bytes
	maxBurst       = 0x7f             // segments
	fullBWGrowth   = gainUnit * 5 / 4 // startup continues while the rate grows by a quarter
	fullBWRounds   = 3                // and ends after this many rounds in which it did not
	extraRounds    = 5                // window of the largest excess of acknowledgements, in rounds
	extraEpochMax  = 1 << 20          // after this many acknowledged segments the excess is counted from 0
	extraMaxUS     = 100_000          // the excess counts for at most this time at the estimated rate
	extraAckedGain = gainUnit
)

// pacingGain has the gains of a cycle: one phase looks for more bandwidth, one empties the queue from that, six keep the rate.
func pacingGain(phase uint32) uint32 {
	switch phase {
	case 0:
		return gainUnit * 5 / 4
	case 1:
		return gainUnit * 3 / 4
	}
	return gainUnit
}

// Mode is BBR's state machine: startup, drain, then probing for bandwidth, and every ten seconds a moment of probing for the RTT.
type Mode uint8

const (
	Startup Mode = iota
	Drain
	ProbeBW
	ProbeRTT
)

func (m Mode) String() string {
	switch m {
	case Startup:
		return "startup"
	case Drain:
		return "drain"
	case ProbeBW:
		return "probe_bw"
	}
	return "probe_rtt"
}

// BBR is version 1 as net/ipv4/tcp_bbr.c behaves. It does not react to losses or long queues directly. It keeps a model of the path: its
// largest delivery rate and its smallest RTT. Their product is what the path holds. BBR paces at that rate and keeps about twice that
// product in flight.
//
// HZ must be set to the kernel's CONFIG_HZ. MaxTCPHeader is the kernel's MAX_TCP_HEADER, which depends on the drivers it was built with; 0
// stands for 320, the value of distributions. It matters above 500 Mbit/s. The other fields are what BBR stores for a connection, struct
// bbr.
type BBR struct {
	HZ           uint32
	MaxTCPHeader uint32

	Mode        Mode
	MinRTTUS    uint32 // 2^32-1: none yet
	MinRTTStamp uint32 // jiffies
	BW          Minmax // time in rounds

	// Rounds: a round ends when a segment is acknowledged that was sent after the end of the last round.
	RTTCnt           uint32
	NextRTTDelivered uint32
	RoundStart       bool // this acknowledgement began one

	PacingGain, CwndGain uint32
	CycleIdx             uint32
	CycleMstamp          uint64 // µs, start of the phase

	FullBWReached bool // startup has filled the path
	FullBW        uint32
	FullBWCnt     uint32

	ProbeRTTDoneStamp uint32 // jiffies; 0: too much is still in flight
	ProbeRTTRoundDone bool

	PriorCwnd          uint32 // from before recovery or probing for the RTT
	PrevCAState        CAState
	PacketConservation bool
	HasSeenRTT         bool
	IdleRestart        bool

	longTerm

	// Excess of acknowledgements over the number that follows from the rate: the largest of each of two spans of five rounds.
	AckEpochMstamp    uint64
	AckEpochAcked     uint32 // 20 bits
	ExtraAcked        [2]uint16
	ExtraAckedWinRTTs uint32
	ExtraAckedWinIdx  uint32
}

// Init begins a connection.
func (b *BBR) Init(s *Sock) {
	*b = BBR{HZ: b.HZ, MaxTCPHeader: b.MaxTCPHeader,
		MinRTTUS: s.RTTMinUS, MinRTTStamp: s.Jiffies,
		NextRTTDelivered: s.Delivered,
		AckEpochMstamp:   s.TCPMstamp,
	}
	s.SndSsthresh = InfiniteSsthresh
	b.initPacingRate(s)
	b.longTerm.reset(s)
	if s.PacingStatus == PacingNone {
		s.PacingStatus = PacingNeeded
	}
}

// CongControl is called for every acknowledgement: it updates the model of the path, then sets pacing rate and window. draw is a
// random number below cycleRand, used where a cycle of gains begins.
func (b *BBR) CongControl(s *Sock, rs RateSample, draw uint32) {
	b.updateBW(s, rs, draw)
	b.updateAckAggregation(s, rs)
	if b.Mode == ProbeBW && b.phaseIsOver(s, rs) {
		b.nextPhase(s)
	}
	b.checkFullBW(rs)
	b.checkDrain(s, draw)
	b.updateMinRTT(s, rs, draw)
	b.updateGains()

	bw := b.bw()
	b.setPacingRate(s, bw, b.PacingGain)
	b.setCwnd(s, rs, bw)
}

// updateGains sets the gains of the mode.
func (b *BBR) updateGains() {
	switch b.Mode {
	case Startup:
		b.PacingGain, b.CwndGain = highGain, highGain
	case Drain:
		b.PacingGain, b.CwndGain = drainGain, highGain // only the pacing becomes slower; the window stays
	case ProbeBW:
		b.PacingGain, b.CwndGain = pacingGain(b.CycleIdx), cwndGain
		if b.LTUseBW {
			b.PacingGain = gainUnit // a policer drops everything above its rate
		}
	case ProbeRTT:
		b.PacingGain, b.CwndGain = gainUnit, gainUnit
	}
}

// checkFullBW ends startup's doubling: three rounds in which the rate has not grown by a quarter mean that the path is full.
func (b *BBR) checkFullBW(rs RateSample) {
	if b.FullBWReached || !b.RoundStart || rs.IsAppLimited {
		return
	}
	if bw := b.BW.Get(); bw >= uint32(uint64(b.FullBW)*fullBWGrowth>>gainScale) {
		b.FullBW, b.FullBWCnt = bw, 0
		return
	}
	b.FullBWCnt = (b.FullBWCnt + 1) & 3 // two bits
	b.FullBWReached = b.FullBWCnt >= fullBWRounds
}

// checkDrain goes from startup to drain to probing for bandwidth.
func (b *BBR) checkDrain(s *Sock, draw uint32) {
	if b.Mode == Startup && b.FullBWReached {
		b.Mode = Drain
		s.SndSsthresh = b.inflight(s, b.BW.Get(), gainUnit) // for other readers; BBR does not use it
	}
	if b.Mode == Drain && b.inNetwork(s, s.InFlight()) <= b.inflight(s, b.BW.Get(), gainUnit) {
		b.startProbeBW(s, draw)
	}
}

// startProbeBW begins a cycle in a random phase, so that flows do not probe at the same time. The kernel takes the phase before that one
// and moves one phase on.
func (b *BBR) startProbeBW(s *Sock, draw uint32) {
	b.Mode = ProbeBW
	b.CycleIdx = cycleLen - 1 - draw
	b.nextPhase(s)
}

func (b *BBR) nextPhase(s *Sock) {
	b.CycleIdx = (b.CycleIdx + 1) & (cycleLen - 1)
	b.CycleMstamp = s.DeliveredMstamp
}

// resetMode leaves probing for the RTT.
func (b *BBR) resetMode(s *Sock, draw uint32) {
	if b.FullBWReached {
		b.startProbeBW(s, draw)
	} else {
		b.Mode = Startup
	}
}

// phaseIsOver reports whether it is time for the next gain.
func (b *BBR) phaseIsOver(s *Sock, rs RateSample) bool {
	fullLength := stampDelta(s.DeliveredMstamp, b.CycleMstamp) > b.MinRTTUS
	switch inNetwork, bw := b.inNetwork(s, rs.PriorInFlight), b.BW.Get(); {
	case b.PacingGain == gainUnit:
		return fullLength
	case b.PacingGain > gainUnit:
		// Continue until as much is in flight as the gain wants, except when there are losses. On short paths this may take longer than an
		// RTT.
		return fullLength && (rs.Losses != 0 || inNetwork >= b.inflight(s, bw, b.PacingGain))
	default:
		// Drained early: more of this phase would leave the path empty.
		return fullLength || inNetwork <= b.inflight(s, bw, gainUnit)
	}
}

// saveCwnd stores the window, which is restored after recovery or probing for the RTT.
func (b *BBR) saveCwnd(s *Sock) {
	if b.PrevCAState < CARecovery && b.Mode != ProbeRTT {
		b.PriorCwnd = s.SndCwnd
	} else { // it is reduced already
		b.PriorCwnd = max(b.PriorCwnd, s.SndCwnd)
	}
}

// Ssthresh is called when the kernel enters recovery. BBR does not use ssthresh, so it stays.
func (b *BBR) Ssthresh(s *Sock) uint32 {
	b.saveCwnd(s)
	return s.SndSsthresh
}

// UndoCwnd is called when nothing was lost after all. The rate was underestimated in the meantime; the window grows again by itself.
func (b *BBR) UndoCwnd(s *Sock) uint32 {
	b.FullBW, b.FullBWCnt = 0, 0
	b.longTerm.reset(s)
	return s.SndCwnd
}

// SetState handles timeouts: the round ends, with a loss.
func (b *BBR) SetState(s *Sock, state CAState, draw uint32) {
	if state == CALoss {
		b.PrevCAState = CALoss
		b.FullBW = 0
		b.RoundStart = true
		b.sampleLongTerm(s, RateSample{Losses: 1}, draw)
	}
}

// CwndEvent is called when the application sends again after a pause.
func (b *BBR) CwndEvent(s *Sock, event CAEvent, draw uint32) {
	if event != EventTxStart || s.AppLimited == 0 {
		return
	}
	b.IdleRestart = true
	b.AckEpochMstamp, b.AckEpochAcked = s.TCPMstamp, 0
	switch b.Mode {
	case ProbeBW:
		b.setPacingRate(s, b.bw(), gainUnit) // not with the gain of the phase in which it stopped
	case ProbeRTT:
		b.checkProbeRTTDone(s, draw)
	}
}

// MinTSOSegs returns how many segments a burst should have at least.
func (b *BBR) MinTSOSegs(s *Sock) uint32 {
	if s.PacingRate < minTSORate>>3 {
		return 1
	}
	return 2
}

// SndbufExpand: the send buffer should hold three windows, because a window may double even in recovery.
func (b *BBR) SndbufExpand() uint32 { return 3 }

// Apply carries out one call.
func (b *BBR) Apply(e *Event, s *Sock) (uint32, error) {
	switch {
	case b.HZ == 0:
		return 0, errors.New("model: bbr: HZ is 0: set it to the kernel's CONFIG_HZ")
	case e.Draw >= cycleRand:
		return 0, fmt.Errorf("model: bbr: the event drew %d; must be below %d", e.Draw, cycleRand)
	case s.MSSCache == 0 && (e.Member == MemberInit || e.Member == MemberCongControl || e.Member == MemberCwndEvent):
		return 0, errors.New("model: bbr: mss_cache is 0: record it, the pacing rate needs it")
	}
	switch e.Member {
	case MemberInit:
		b.Init(s)
	case MemberRelease:
	case MemberCongControl:
		b.CongControl(s, e.Rate, e.Draw)
	case MemberSsthresh:
		return b.Ssthresh(s), nil
	case MemberUndoCwnd:
		return b.UndoCwnd(s), nil
	case MemberSetState:
		b.SetState(s, e.NewState, e.Draw)
	case MemberCwndEvent:
		b.CwndEvent(s, e.CAEvent, e.Draw)
	case MemberMinTSOSegs:
		return b.MinTSOSegs(s), nil
	case MemberSndbufExpand:
		return b.SndbufExpand(), nil
	default:
		return 0, noMember("bbr", e.Member)
	}
	return 0, nil
}

// State is a copy of the BBR.
func (b *BBR) State() any { return *b }
