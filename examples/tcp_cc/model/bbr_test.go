package model

import (
	"math"
	"testing"
)

func TestBBRConstants(t *testing.T) {
	t.Parallel()
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1.0/gainUnit {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	near("high gain", highGain/256.0, 2/math.Ln2)
	near("drain gain", drainGain/256.0, math.Ln2/2)
	var sum uint32
	for phase := range uint32(cycleLen) {
		sum += pacingGain(phase)
	}
	if sum != cycleLen*gainUnit {
		t.Errorf("a cycle's gains are %v on average", float64(sum)/cycleLen/gainUnit)
	}
}

// A path carries one flow: it has a rate and an RTT, and no losses. It does what the kernel does, with integers and exact to the
// microsecond.
type path struct {
	perMS    int    // segments that the bottleneck sends in a ms
	rttUS    uint64 // without queueing
	s        *Sock
	b        *BBR
	flying   []flying
	sendAt   uint64 // earliest, by pacing
	lastSent uint64 // by the bottleneck
	nowUS    uint64
	firstTx  uint64 // when the latest acknowledged segment was sent

	each func(rs RateSample)
}

type flying struct {
	sent, due, firstTx, deliveredMstamp uint64
	delivered                           uint32
}

func newPath(perMS int, rttUS uint64) *path {
	p := &path{perMS: perMS, rttUS: rttUS, s: sock(10, InfiniteSsthresh), nowUS: 50_000_000, each: func(RateSample) {}}
	p.clock()
	p.s.DeliveredMstamp = p.nowUS
	p.firstTx = p.nowUS
	p.b = &BBR{HZ: testHZ}
	p.b.Init(p.s)
	return p
}

func (p *path) clock() {
	p.s.TCPMstamp, p.s.TCPClockCache, p.s.Jiffies = p.nowUS, p.nowUS*1000, uint32(p.nowUS/1000)
}

// run continues until a time after the start, in µs.
func (p *path) run(until uint64) {
	until += 50_000_000
	for p.nowUS < until {
		canSend := p.s.InFlight() < p.s.SndCwnd
		if canSend && (len(p.flying) == 0 || max(p.sendAt, p.nowUS) < p.flying[0].due) {
			p.nowUS = max(p.sendAt, p.nowUS)
			p.clock()
			p.send()
			continue
		}
		p.nowUS = p.flying[0].due
		p.clock()
		p.acknowledge()
	}
}

func (p *path) send() {
	s := p.s
	if s.PacketsOut == 0 {
		p.firstTx, s.DeliveredMstamp = p.nowUS, p.nowUS
	}
	p.lastSent = max(p.lastSent, p.nowUS) + uint64(1000/p.perMS)
	p.flying = append(p.flying, flying{p.nowUS, p.lastSent + p.rttUS, p.firstTx, s.DeliveredMstamp, s.Delivered})
	s.PacketsOut++
	p.sendAt = p.nowUS + 1500*usecPerSec/s.PacingRate
	s.TCPWstampNS = p.sendAt * 1000
}

func (p *path) acknowledge() {
	s, f := p.s, p.flying[0]
	p.flying = p.flying[1:]
	before := s.InFlight()
	s.PacketsOut--
	s.Delivered++
	s.DeliveredMstamp = p.nowUS
	rtt := p.nowUS - f.sent
	s.RTTMinUS = min(s.RTTMinUS, uint32(rtt))
	s.SRTTUS = uint32(rtt) << 3
	p.firstTx = f.sent
	rs := RateSample{
		PriorDelivered: f.delivered, Delivered: int32(s.Delivered - f.delivered),
		IntervalUS: int64(max(f.sent-f.firstTx, p.nowUS-f.deliveredMstamp)), RTTUS: int64(rtt),
		AckedSacked: 1, PriorInFlight: before,
	}
	p.b.CongControl(s, rs, 3)
	p.each(rs)
}

// TestBBRFindsRateAndRTT: on a path of 2 segments/ms and 40 ms it finds both values in much less than a second, and leaves no queue.
func TestBBRFindsRateAndRTT(t *testing.T) {
	t.Parallel()
	p := newPath(2, 40_000)
	var modes []Mode
	p.each = func(RateSample) {
		if len(modes) == 0 || modes[len(modes)-1] != p.b.Mode {
			modes = append(modes, p.b.Mode)
		}
	}
	p.run(3_000_000)
	if got := float64(p.b.BW.Get()) / bwUnit * 1000; got < 1.98 || got > 2.05 {
		t.Errorf("rate %.3f segments/ms, want 2", got)
	}
	if p.b.MinRTTUS < 40_000 || p.b.MinRTTUS > 40_600 {
		t.Errorf("smallest RTT %d µs, want 40000 and a segment", p.b.MinRTTUS)
	}
	// Twice what the path holds (80 segments), and three bursts.
	if p.s.SndCwnd < 160 || p.s.SndCwnd > 180 {
		t.Errorf("window %d, want 160 and some", p.s.SndCwnd)
	}
	if len(modes) != 3 || modes[0] != Startup || modes[1] != Drain || modes[2] != ProbeBW {
		t.Errorf("modes %v, want startup, drain, probe_bw", modes)
	}
	// In the phases that keep the rate, a segment finds almost no queue.
	if queue := p.s.SRTTUS>>3 - 40_000; queue > 12_000 {
		t.Errorf("queue of %d µs; the largest gain builds 10 ms", queue)
	}
}

// TestBBRCyclesItsGains: each of the eight gains for about one RTT.
func TestBBRCyclesItsGains(t *testing.T) {
	t.Parallel()
	p := newPath(2, 40_000)
	p.run(1_500_000)
	var gains []uint32
	var starts []uint64
	last := p.b.CycleIdx
	p.each = func(RateSample) {
		if p.b.CycleIdx != last {
			last = p.b.CycleIdx
			gains, starts = append(gains, p.b.PacingGain), append(starts, p.nowUS)
		}
	}
	p.run(3_000_000)
	if len(gains) < 24 {
		t.Fatalf("%d phases in 1.5 s", len(gains))
	}
	for i := range gains[:16] {
		if gains[i] != gains[i+8] {
			t.Errorf("phase %d has gain %d, a cycle later %d", i, gains[i], gains[i+8])
		}
		if took := starts[i+1] - starts[i]; took > 85_000 { // the effect of the phase that probes arrives an RTT later
			t.Errorf("phase %d took %d µs", i, took)
		}
	}
}

// TestBBRProbesTheRTTEveryTenSeconds and then has its window again.
func TestBBRProbesTheRTTEveryTenSeconds(t *testing.T) {
	t.Parallel()
	p := newPath(2, 40_000)
	var probes, ends []uint64
	var before, smallest uint32
	mode := p.b.Mode
	p.each = func(RateSample) {
		switch {
		case p.b.Mode == ProbeRTT && mode != ProbeRTT:
			probes, before = append(probes, p.nowUS-50_000_000), p.b.PriorCwnd
			smallest = p.s.SndCwnd
		case p.b.Mode != ProbeRTT && mode == ProbeRTT:
			ends = append(ends, p.nowUS-50_000_000)
			if p.s.SndCwnd < before {
				t.Errorf("window %d after the probe, before it %d", p.s.SndCwnd, before)
			}
		}
		mode = p.b.Mode
	}
	p.run(13_000_000)
	if len(probes) != 1 || len(ends) != 1 {
		t.Fatalf("probes at %v to %v, want one", probes, ends)
	}
	if probes[0] < 10_000_000 || probes[0] > 11_000_000 {
		t.Errorf("the probe began after %d µs", probes[0])
	}
	if took := ends[0] - probes[0]; took < 200_000 || took > 400_000 {
		t.Errorf("the probe took %d µs, want 200 ms and what it takes to drain and to go round", took)
	}
	if smallest != minTarget {
		t.Errorf("window %d during the probe", smallest)
	}
}

func TestBBRPacing(t *testing.T) {
	t.Parallel()
	s := sock(10, 0)
	b := &BBR{HZ: testHZ}
	b.Init(s)
	// 10 segments in 1 ms, times 2.887 (739/256), less 1 %: 1448·10·1000·2.887·0.99 bytes/s.
	if want := 1448 * 10 * 1000 * 739.0 / 256 * 0.99; math.Abs(float64(s.PacingRate)/want-1) > 0.0001 {
		t.Errorf("first pacing rate %d, want %.0f", s.PacingRate, want)
	}
	if s.SndSsthresh != InfiniteSsthresh || s.PacingStatus != PacingNeeded {
		t.Errorf("ssthresh %d, pacing %d", s.SndSsthresh, s.PacingStatus)
	}
	s.SRTTUS = 20_000 << 3 // the first RTT is there
	b.setPacingRate(s, 0, highGain)
	if want := 1448 * 10 * 50 * 739.0 / 256 * 0.99; math.Abs(float64(s.PacingRate)/want-1) > 0.0001 {
		t.Errorf("pacing rate %d with an RTT of 20 ms, want %.0f", s.PacingRate, want)
	}
	for rate, want := range map[uint64]uint32{149_999: 1, 150_000: 2} {
		s.PacingRate = rate
		if got := b.MinTSOSegs(s); got != want {
			t.Errorf("at %d bytes/s bursts of %d, want %d", rate, got, want)
		}
	}
	for rate, want := range map[uint64]uint32{1000: 1, 1_000_000: 2, 1448 * 7 * 1024: 7, 1e10: 45} { // at most 64 kB: 45 segments
		s.PacingRate = rate
		if got := b.burst(s); got != want {
			t.Errorf("at %d bytes/s bursts of %d, want %d", rate, got, want)
		}
	}
}

func TestBBRBandwidthDelayProduct(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		bw, rtt, gain, want uint32
	}{
		{bwUnit / 1000, 40_000, gainUnit, 40}, // 16777 is a little less than 1/1000: 39.9999, rounded up
		{bwUnit / 1000, 40_000, 2 * gainUnit, 80},
		{bwUnit / 1000, 1, gainUnit, 1},
		{0, 40_000, gainUnit, 0},
		{bwUnit, ^uint32(0), gainUnit, 10}, // no RTT yet
	} {
		b := &BBR{HZ: testHZ, MinRTTUS: test.rtt}
		if got := b.bdp(test.bw, test.gain); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// TestBBRRecovers: packet conservation in the first round, the old window afterwards.
func TestBBRRecovers(t *testing.T) {
	t.Parallel()
	p := newPath(2, 40_000)
	p.run(2_000_000)
	b, s := p.b, p.s
	window := s.SndCwnd
	b.Ssthresh(s)
	s.CAState, s.LostOut = CARecovery, 5
	s.Lost += 5
	b.setCwnd(s, RateSample{Losses: 5, AckedSacked: 2}, b.bw())
	if !b.PacketConservation || s.SndCwnd != max(s.InFlight()+2, 1) {
		t.Errorf("recovery begins: window %d, in flight %d", s.SndCwnd, s.InFlight())
	}
	s.CAState, s.LostOut = CAOpen, 0
	b.setCwnd(s, RateSample{AckedSacked: 1}, b.bw())
	if b.PacketConservation || s.SndCwnd < window-4 {
		t.Errorf("recovery is over: window %d, before it %d", s.SndCwnd, window)
	}
}

// TestBBRFindsAPolicer: two intervals with the same rate and more than a fifth lost.
func TestBBRFindsAPolicer(t *testing.T) {
	t.Parallel()
	s := sock(50, 0)
	b := &BBR{HZ: testHZ}
	b.Init(s)
	b.Mode, b.FullBWReached = ProbeBW, true
	rounds := func(n int, lost uint32) {
		for range n {
			s.Delivered += 100
			s.Lost += lost
			s.DeliveredMstamp += 100_000
			s.Jiffies += 100
			b.updateBW(s, RateSample{PriorDelivered: b.NextRTTDelivered, Delivered: 100, IntervalUS: 100_000, Losses: int32(lost)}, 0)
		}
	}
	rounds(10, 10) // 10 % is no policer
	if b.LTBW != 0 {
		t.Fatal("10 % lost, and it took a rate for a policer's")
	}
	b.longTerm.reset(s)
	rounds(4, 30)
	if b.LTBW == 0 || b.LTUseBW {
		t.Fatalf("after one interval: %+v", b.longTerm)
	}
	rounds(4, 30)
	if got := float64(b.LTBW) / bwUnit * 1000; !b.LTUseBW || math.Abs(got-1) > 0.01 {
		t.Fatalf("after two: %.3f segments/ms (%+v), want 1", got, b.longTerm)
	}
	b.updateGains()
	if b.PacingGain != gainUnit {
		t.Errorf("it paces with gain %d/256 into a policer", b.PacingGain)
	}
	rounds(47, 0)
	if !b.LTUseBW {
		t.Error("the policer was forgotten before 48 rounds")
	}
	rounds(1, 0)
	if b.LTUseBW {
		t.Error("the policer was not forgotten after 48 rounds")
	}
}
