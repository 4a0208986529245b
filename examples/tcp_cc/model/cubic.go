package model

import "errors"

// CUBIC's constants, as net/ipv4/tcp_cubic.c has them by default (parameters of its module).
const (
	// betaScaled is the part of the window that is left after a loss: β_cubic = 0.7 (RFC 9438, section 4.6) in 1/1024, rounded up.
	betaScaled = 717
	betaUnit   = 1024

	// cubicHz is log2 of the unit of time: t and K are in 1/1024 s.
	cubicHz = 10

	// cubeRTTScale is C in 1/1024: 41/1024, which is 0.04, times 10. The curve was once defined for an RTT of 100 ms. Dividing by 0.1 s
	// gives C = 0.4 segments/s³ of RFC 9438.
	cubeRTTScale = 41 * 10

	// cubeShift brings C·t³ back to segments: 10 bits of C, 3 times 10 of t.
	cubeShift = 10 + 3*cubicHz

	// cubeFactor is 1/C in these units: K = ∛(cubeFactor·(W_max - cwnd)) (RFC 9438, figure 2).
	cubeFactor = 1 << cubeShift / cubeRTTScale

	// renoScale is 8 times the number of acknowledged windows for which Reno's estimate grows by one segment. A Reno that reduces its
	// window only to β, but should send as much as one that halves it, grows by α = 3·(1-β)/(1+β) = 0.53 segments a window (RFC 9438,
	// section 4.3). So one segment takes 1/α = 1.89 windows; 8/α = 15.1.
	renoScale = 8 * (betaUnit + betaScaled) / 3 / (betaUnit - betaScaled)
)

// Cubic is RFC 9438's congestion control as net/ipv4/tcp_cubic.c behaves, with HyStart (hystart.go). HZ must be set to the kernel's
// CONFIG_HZ. The other fields are what CUBIC stores for a connection, struct bictcp.
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

// CongAvoid lets the window grow: in slow start like Reno's, above it towards the curve.
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
	// Within a jiffy the time is the same, and so is the curve. Reno's estimate counts segments and continues. After a reduction the epoch
	// is 0, and the curve is always computed.
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
		c.Cnt = 100 * cwnd // almost no growth
	}
	// Before the first loss nothing is known about the path, and the curve begins flat: so the window grows by at least 5 % a round trip.
	if c.LastMaxCwnd == 0 && c.Cnt > 20 {
		c.Cnt = 20
	}
}

// keepUpWithReno makes sure that the window grows at least as Reno's would on this path (RFC 9438, section 4.3).
func (c *Cubic) keepUpWithReno(cwnd uint32) {
	perSegment := cwnd * renoScale >> 3
	if perSegment > 0 && c.AckCnt > perSegment {
		segments := (c.AckCnt - 1) / perSegment // up to perSegment stay: the kernel subtracts only while there are more
		c.AckCnt -= segments * perSegment
		c.TCPCwnd += segments
	}
	if c.TCPCwnd > cwnd {
		c.Cnt = min(c.Cnt, cwnd/(c.TCPCwnd-cwnd))
	}
}

// Ssthresh is called after a loss: it returns β of the window. When the window had not reached the previous W_max again, there is probably
// another flow. Then the curve's inflection is below the old window, to make room (fast convergence, RFC 9438, section 4.7).
func (c *Cubic) Ssthresh(s *Sock) uint32 {
	c.EpochStart = 0
	if s.SndCwnd < c.LastMaxCwnd {
		c.LastMaxCwnd = s.SndCwnd * (betaUnit + betaScaled) / (2 * betaUnit)
	} else {
		c.LastMaxCwnd = s.SndCwnd
	}
	return max(s.SndCwnd*betaScaled/betaUnit, 2)
}

// UndoCwnd is Reno's. The changes that Ssthresh made to the curve stay.
func (c *Cubic) UndoCwnd(s *Sock) uint32 { return Reno{}.UndoCwnd(s) }

// SetState forgets everything after a retransmission timeout: the path may be another one.
func (c *Cubic) SetState(s *Sock, state CAState) {
	if state == CALoss {
		c.reset()
		c.hystart.reset(s)
	}
}

// CwndEvent shifts the curve by the time in which nothing was sent, because the window must not grow in that time (RFC 9438, section 5.8).
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

// PktsAcked handles the RTT.
func (c *Cubic) PktsAcked(s *Sock, sample AckSample) {
	if sample.RTTUS < 0 {
		return
	}
	// In the first second after a reduction, the measurements still contain the old queue.
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

// Apply executes one call.
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
