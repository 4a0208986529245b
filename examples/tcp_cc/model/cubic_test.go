package model

import (
	"math"
	"testing"
)

const testHZ = 1000

func TestCubicConstantsAreTheRFCs(t *testing.T) {
	t.Parallel()
	near := func(name string, got, want, tolerance float64) {
		if math.Abs(got/want-1) > tolerance {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	beta := float64(betaScaled) / betaUnit
	near("β", beta, 0.7, 0.001)
	near("C", float64(cubeRTTScale)/1024, 0.4, 0.002)
	near("1/C in units of 1/1024 s", cubeFactor, 1024*1024*1024/0.4, 0.002)
	near("α", 8.0/renoScale, 3*(1-beta)/(1+beta), 0.01)
}

// rounds runs a connection with a constant RTT. In each round trip the whole window is acknowledged, with acknowledgements of two
// segments, evenly spaced. After every round it calls each with the time and the window.
func rounds(c *Cubic, s *Sock, rttMS, count int, each func(elapsed float64, cwnd uint32)) {
	start := s.Jiffies
	for n := 1; n <= count; n++ {
		window := int(s.SndCwnd)
		begin := start + uint32((n-1)*rttMS)
		for sent := 0; sent < window; sent += 2 {
			s.Jiffies = begin + uint32(rttMS*sent/window)
			s.TCPMstamp = uint64(s.Jiffies) * 1000
			c.CongAvoid(s, uint32(min(2, window-sent)))
		}
		each(float64(n*rttMS)/1000, s.SndCwnd)
	}
}

// TestCubicFollowsTheCurve compares with W(t) = C·(t-K)³ + W_max, K = ∛(W_max·(1-β)/C) (RFC 9438, figures 1 and 2), on paths where Reno
// would be slower.
func TestCubicFollowsTheCurve(t *testing.T) {
	t.Parallel()
	const c, beta = 410.0 / 1024, 717.0 / 1024
	for _, test := range []struct {
		wmax  uint32
		rttMS int
		n     int
	}{{1000, 100, 200}, {500, 100, 160}, {2000, 50, 400}, {300, 200, 80}, {8000, 100, 400}} {
		s := sock(test.wmax, 10)
		s.Jiffies = 1_000_000
		cubic := &Cubic{HZ: testHZ, DelayMin: uint32(test.rttMS) * 1000}
		s.SndSsthresh = cubic.Ssthresh(s)
		s.SndCwnd = s.SndSsthresh
		if want := uint32(float64(test.wmax) * beta); s.SndCwnd != want {
			t.Errorf("from %d the window falls to %d, want %d", test.wmax, s.SndCwnd, want)
		}
		k := math.Cbrt(float64(test.wmax) * (1 - beta) / c)
		var worst, reached float64
		rounds(cubic, s, test.rttMS, test.n, func(at float64, cwnd uint32) {
			want := c*math.Pow(at-k, 3) + float64(test.wmax)
			worst = max(worst, math.Abs(float64(cwnd)-want)/want)
			reached = at / k
		})
		t.Logf("W_max %d, RTT %d ms: K = %.2f s (model %.2f); up to %.1f K within %.2f %%",
			test.wmax, test.rttMS, k, float64(cubic.K)/1024, reached, 100*worst)
		if worst > 0.01 {
			t.Errorf("W_max %d, RTT %d ms: off the curve by up to %.1f %%, want 1", test.wmax, test.rttMS, 100*worst)
		}
		if got := float64(cubic.K) / 1024; math.Abs(got/k-1) > 0.012 {
			t.Errorf("W_max %d: K is %.3f s, want %.3f", test.wmax, got, k)
		}
	}
}

// TestCubicKeepsUpWithReno: on short paths the curve is too slow, and the window grows by α = 0.53 a round trip (RFC 9438, section 4.3).
func TestCubicKeepsUpWithReno(t *testing.T) {
	t.Parallel()
	s := sock(40, 10)
	s.Jiffies = 1_000_000
	cubic := &Cubic{HZ: testHZ, DelayMin: 10_000}
	s.SndSsthresh = cubic.Ssthresh(s)
	s.SndCwnd = s.SndSsthresh // 28
	rounds(cubic, s, 10, 60, func(at float64, cwnd uint32) {
		want := 28 + 8.0/renoScale*at/0.010
		// The window follows an estimate that is at least one segment larger, and grows by whole segments.
		if float64(cwnd) > want+1 || float64(cwnd) < want-3 {
			t.Errorf("after %.2f s the window is %d, want %.1f", at, cwnd, want)
		}
	})
}

func TestCubicNeverGrowsFasterThanHalfAWindowARoundTrip(t *testing.T) {
	t.Parallel()
	s := sock(10, 10)
	s.Jiffies = 1_000_000
	cubic := &Cubic{HZ: testHZ, DelayMin: 200_000, LastMaxCwnd: 10_000} // far below the inflection: the curve is very steep
	before := s.SndCwnd
	rounds(cubic, s, 200, 12, func(at float64, cwnd uint32) {
		if float64(cwnd) > 1.5*float64(before)+1 {
			t.Errorf("at %.1f s the window went from %d to %d", at, before, cwnd)
		}
		before = cwnd
	})
	if before < 500 {
		t.Errorf("after 12 round trips the window is %d; 1.5-fold each would be 1297", before)
	}
}

func TestCubicAnswersALoss(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cwnd, wmax, wantWmax, want uint32 }{
		{100, 0, 100, 70}, // 100·717/1024 = 70.02
		{100, 100, 100, 70},
		{80, 100, 68, 56}, // fast convergence: 80·(1+0.7)/2 = 68.008
		{10, 11, 8, 7},
		{2, 0, 2, 2}, // 1.4, but never below 2
		{1, 5, 0, 2},
	} {
		c := &Cubic{HZ: testHZ, LastMaxCwnd: test.wmax, EpochStart: 7}
		if got := c.Ssthresh(sock(test.cwnd, 50)); got != test.want || c.LastMaxCwnd != test.wantWmax || c.EpochStart != 0 {
			t.Errorf("window %d, W_max %d: ssthresh %d, W_max %d, epoch %d; want %d, %d, 0",
				test.cwnd, test.wmax, got, c.LastMaxCwnd, c.EpochStart, test.want, test.wantWmax)
		}
	}
}

// TestCubicComputesCntOnceAJiffy uses numbers that were computed by hand: W_max 100, window 70, so K = ∛(2681735677·30) = 4316 (4.215 s;
// the RFC's ∛(30/0.4) = 4.217), and no RTT known.
func TestCubicComputesCntOnceAJiffy(t *testing.T) {
	t.Parallel()
	s := sock(70, 70)
	s.Jiffies = 5000
	c := &Cubic{HZ: testHZ, LastMaxCwnd: 100}
	c.CongAvoid(s, 1)
	if c.K != 4316 || c.OriginPoint != 100 || c.EpochStart != 5000 || c.TCPCwnd != 70 {
		t.Fatalf("epoch: %+v", *c)
	}
	// The curve is at the window, but 4316³·410 >> 40 is 29.98 rounded down: the target is 71.
	if c.Cnt != 70 {
		t.Errorf("cnt %d at the start, want 70", c.Cnt)
	}
	// Within 1/32 s (31 ms) nothing is computed as long as the window stays.
	s.Jiffies = 5031
	c.CongAvoid(s, 1)
	if c.LastTime != 5000 || c.AckCnt != 2 {
		t.Errorf("31 ms later: computed at %d, %d acknowledged", c.LastTime, c.AckCnt)
	}
	// After 1 s: t = 1024, (4316-1024)³·410 >> 40 = 13, target 87, cnt = 70/17 = 4.
	s.Jiffies = 6000
	c.CongAvoid(s, 1)
	if c.Cnt != 4 || c.LastTime != 6000 {
		t.Errorf("after 1 s: cnt %d, want 4", c.Cnt)
	}
	// Within the same jiffy with another window only Reno's estimate moves: 35 more acknowledged windows' worth of segments.
	s.SndCwnd = 71
	c.CongAvoid(s, 133*4) // 71·15/8 = 133 segments give one
	if c.LastCwnd != 70 || c.TCPCwnd != 74 {
		t.Errorf("same jiffy: last window %d, Reno's %d; want 70 and 74", c.LastCwnd, c.TCPCwnd)
	}
}

func TestCubicShiftsTheCurveByIdleTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ epoch, lsnd, now, want uint32 }{
		{1000, 5000, 5300, 1300},
		{1000, 5000, 5000, 1000},
		{1000, 5001, 5000, 1000}, // the clock went back
		{0, 5000, 5300, 0},       // no epoch
		{5200, 5000, 5300, 5300}, // not into the future
	} {
		c := &Cubic{HZ: testHZ, EpochStart: test.epoch}
		s := sock(50, 20)
		s.LsndTime, s.Jiffies = test.lsnd, test.now
		c.CwndEvent(s, EventCwndRestart)
		c.CwndEvent(s, EventTxStart)
		if c.EpochStart != test.want {
			t.Errorf("epoch %d, sent at %d, now %d: epoch %d, want %d", test.epoch, test.lsnd, test.now, c.EpochStart, test.want)
		}
	}
}

func TestCubicForgetsAfterATimeout(t *testing.T) {
	t.Parallel()
	s := sock(50, 100)
	s.TCPMstamp, s.SndNxt = 77, 88
	c := &Cubic{HZ: testHZ, LastMaxCwnd: 9, DelayMin: 9, EpochStart: 9, hystart: hystart{Found: true, SampleCnt: 8}}
	c.SetState(s, CARecovery)
	if c.LastMaxCwnd != 9 {
		t.Error("recovery is no timeout")
	}
	c.SetState(s, CALoss)
	if want := (Cubic{HZ: testHZ, hystart: hystart{RoundStart: 77, LastAck: 77, EndSeq: 88, CurrRTT: ^uint32(0)}}); *c != want {
		t.Errorf("got %+v want %+v", *c, want)
	}
}
