package model

import "errors"

// CUBIC's constants, as net/ipv4/tcp_cubic.c has them by default (parameters of its module).
const (
	// betaScaled is what is left of the window after a loss: β_cubic = 0.7 (RFC 9438, section 4.6) in 1/1024, rounded up.
	betaScaled = 717
	betaUnit   = 1024

	// cubicHz is log2 of the unit of time: t and K are in 1/1024 s.
	cubicHz = 10

	// cubeRTTScale is C in 1/1024, 41/1024 being 0.04, times 10: the curve was once defined per RTT of 100 ms, and dividing by 0.1 s
	// gives RFC 9438's C = 0.4 segments/s³.
	cubeRTTScale = 41 * 10

	// cubeShift brings C·t³ back to segments: 10 bits of C, 3 times 10 of t.
	cubeShift = 10 + 3*cubicHz

	// cubeFactor is 1/C in these units: K = ∛(cubeFactor·(W_max - cwnd)) (RFC 9438, figure 2).
	cubeFactor = 1 << cubeShift / cubeRTTScale

	// renoScale is 8 times the acknowledged segments, in windows, that give Reno's estimate one segment. A Reno that falls to β only,
	// and yet is to send as much as one that halves, grows by α = 3·(1-β)/(1+β) = 0.53 segments a window (RFC 9438, section 4.3), so
	// one segment takes 1/α = 1.89 windows; 8/α = 15.1.
	renoScale = 8 * (betaUnit + betaScaled) / 3 / (betaUnit - betaScaled)
)

// Cubic is RFC 9438's congestion control as net/ipv4/tcp_cubic.c behaves, with HyStart (hystart.go). HZ must be set to the kernel's
// CONFIG_HZ; the rest is what it remembers of a connection, struct bictcp.
type Cubic struct {
	HZ uint32

	Cnt         uint32 // acknowledged segments for one segment of window
	LastMaxCwnd uint32 // W_max; 0: none yet
	LastCwnd    uint32 // window when Cnt was last computed
	LastTime    uint32 // and the time, in jiffies
	OriginPoint uint32 // window at the curve's inflection
	K           uint32 // time from the epoch's start to there, 1/1024 s
	DelayMin    uint32 // smallest RTT, µs; 0: none yet
	EpochStart  uint32 // jiffies, when congestion avoidance began; 0: not in it
	AckCnt      uint32 // acknowledged segments not yet in TCPCwnd
	TCPCwnd     uint32 // what Reno's window would be

	hystart
}

// reset forgets the path.
func (c *Cubic) reset() {
	*c = Cubic{HZ: c.HZ, hystart: c.hystart}
	c.Found = false
}

// Init begins a connection.
func (c *Cubic) Init(s *Sock) {
	c.reset()
	c.hystart.reset(s)
}

// CongAvoid lets the window grow: in slow start as Reno's, above it towards the curve.
func (c *Cubic) CongAvoid(s *Sock, acked uint32) {
	if !s.CwndLimited() {
		return
	}
	if s.InSlowStart() {
		if acked = SlowStart(s, acked); acked == 0 {
			return
		}
	}
	c.update(s, acked)
	CongAvoidAI(s, c.Cnt, acked)
}

// update computes Cnt.
func (c *Cubic) update(s *Sock, acked uint32) {
	cwnd, now := s.SndCwnd, s.Jiffies
	c.AckCnt += acked

	// The curve hardly moves in 1/32 s; a round trip on most paths is longer.
	if c.LastCwnd == cwnd && int32(now-c.LastTime) <= int32(c.HZ/32) {
		return
	}
	// Time stands still within a jiffy, so the curve does; Reno's estimate counts segments and goes on. After a reduction the epoch is
	// 0 and the curve is computed in any case.
	if c.EpochStart == 0 || now != c.LastTime {
		c.LastCwnd, c.LastTime = cwnd, now
		if c.EpochStart == 0 {
			c.startEpoch(cwnd, now, acked)
		}
		c.followCurve(cwnd, now)
	}
	c.keepUpWithReno(cwnd)

	// At most one segment for two acknowledged: the window grows 1.5-fold a round trip (RFC 9438, section 4.2: the target is at most 1.5
	// times the window).
	c.Cnt = max(c.Cnt, 2)
}

// startEpoch places the curve (RFC 9438, section 4.2): its inflection at W_max, so that it passes through the window now.
func (c *Cubic) startEpoch(cwnd, now, acked uint32) {
	c.EpochStart = now
	c.AckCnt = acked
	c.TCPCwnd = cwnd
	if c.LastMaxCwnd <= cwnd {
		c.K, c.OriginPoint = 0, cwnd // already above it: only the convex half
	} else {
		c.K, c.OriginPoint = CubeRoot(cubeFactor*uint64(c.LastMaxCwnd-cwnd)), c.LastMaxCwnd
	}
}

// followCurve sets Cnt so that the window is at W(t+RTT) = C·(t+RTT-K)³ + W_max one round trip from now (RFC 9438, figure 1): it
// takes cwnd acknowledged segments a round trip, so target - cwnd segments come with one for each cwnd/(target - cwnd).
func (c *Cubic) followCurve(cwnd, now uint32) {
	t := uint64(int64(int32(now-c.EpochStart))) + usecsToJiffies(c.DelayMin, c.HZ)
	t = t << cubicHz / uint64(c.HZ)

	k := uint64(c.K)
	distance := t - k
	if t < k {
		distance = k - t
	}
	delta := uint32(cubeRTTScale * distance * distance * distance >> cubeShift)
	target := c.OriginPoint + delta
	if t < k {
		target = c.OriginPoint - delta
	}
	if target > cwnd {
		c.Cnt = cwnd / (target - cwnd)
	} else {
		c.Cnt = 100 * cwnd // as good as none
	}
	// Before the first loss nothing is known of the path, and the curve begins flat: at least 5 % a round trip.
	if c.LastMaxCwnd == 0 && c.Cnt > 20 {
		c.Cnt = 20
	}
}

// keepUpWithReno makes sure that the window grows at least as Reno's would on this path (RFC 9438, section 4.3).
func (c *Cubic) keepUpWithReno(cwnd uint32) {
	perSegment := cwnd * renoScale >> 3
	if perSegment > 0 && c.AckCnt > perSegment {
		segments := (c.AckCnt - 1) / perSegment // the last one stays: the kernel subtracts while there is more than perSegment
		c.AckCnt -= segments * perSegment
		c.TCPCwnd += segments
	}
	if c.TCPCwnd > cwnd {
		c.Cnt = min(c.Cnt, cwnd/(c.TCPCwnd-cwnd))
	}
}

// Ssthresh answers a loss: β of the window. If the window had not come back to the previous W_max, another flow has probably arrived, and
// the curve's inflection is placed lower than the window was, to make room (fast convergence, RFC 9438, section 4.7).
func (c *Cubic) Ssthresh(s *Sock) uint32 {
	c.EpochStart = 0
	if s.SndCwnd < c.LastMaxCwnd {
		c.LastMaxCwnd = s.SndCwnd * (betaUnit + betaScaled) / (2 * betaUnit)
	} else {
		c.LastMaxCwnd = s.SndCwnd
	}
	return max(s.SndCwnd*betaScaled/betaUnit, 2)
}

// UndoCwnd is Reno's. What Ssthresh has done to the curve stays.
func (c *Cubic) UndoCwnd(s *Sock) uint32 { return Reno{}.UndoCwnd(s) }

// SetState forgets everything after a retransmission timeout: the path may be another one.
func (c *Cubic) SetState(s *Sock, state CAState) {
	if state == CALoss {
		c.reset()
		c.hystart.reset(s)
	}
}

// CwndEvent shifts the curve by the time that nothing was sent, which was no time for growing (RFC 9438, section 5.8).
func (c *Cubic) CwndEvent(s *Sock, event CAEvent) {
	if event != EventTxStart {
		return
	}
	idle := int32(s.Jiffies - s.LsndTime)
	if c.EpochStart != 0 && idle > 0 {
		c.EpochStart += uint32(idle)
		if after(c.EpochStart, s.Jiffies) {
			c.EpochStart = s.Jiffies
		}
	}
}

// PktsAcked takes the RTT.
func (c *Cubic) PktsAcked(s *Sock, sample AckSample) {
	if sample.RTTUS < 0 {
		return
	}
	// In the first second after a reduction the queue that it left behind is still in the measurements.
	if c.EpochStart != 0 && int32(s.Jiffies-c.EpochStart) < int32(c.HZ) {
		return
	}
	delay := max(uint32(sample.RTTUS), 1)
	if c.DelayMin == 0 || c.DelayMin > delay {
		c.DelayMin = delay
	}
	if !c.Found && s.InSlowStart() {
		c.hystart.update(s, delay, c.DelayMin)
	}
}

// Apply carries out one call.
func (c *Cubic) Apply(e *Event, s *Sock) (uint32, error) {
	if c.HZ == 0 {
		return 0, errors.New("model: cubic: HZ is 0: set it to the kernel's CONFIG_HZ")
	}
	switch e.Member {
	case MemberInit:
		c.Init(s)
	case MemberRelease:
	case MemberCongAvoid:
		c.CongAvoid(s, e.Acked)
	case MemberSsthresh:
		return c.Ssthresh(s), nil
	case MemberUndoCwnd:
		return c.UndoCwnd(s), nil
	case MemberSetState:
		c.SetState(s, e.NewState)
	case MemberCwndEvent:
		c.CwndEvent(s, e.CAEvent)
	case MemberPktsAcked:
		c.PktsAcked(s, e.Sample)
	default:
		return 0, noMember("cubic", e.Member)
	}
	return 0, nil
}

// State is a copy of the Cubic.
func (c *Cubic) State() any { return *c }
