package model

import "testing"

// inSlowStart is a connection of 40 ms in a round of slow start that began at 1 s.
func inSlowStart(cwnd uint32) (*Cubic, *Sock) {
	s := sock(cwnd, InfiniteSsthresh)
	s.TCPMstamp, s.SndNxt = 1_000_000, 5000
	c := &Cubic{HZ: testHZ}
	c.Init(s)
	c.DelayMin = 40_000
	return c, s
}

// TestHystartSeesTheTrain sends acknowledgements at a fixed interval until ssthresh is set.
func TestHystartSeesTheTrain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		cwnd    uint32
		gap     uint64
		pacing  PacingStatus
		rate    uint64
		stopsAt uint64 // µs after the round's start; 0: never
	}{
		{"unpaced: half the RTT, exceeded", 30, 1000, PacingNone, 0, 21_000},
		{"unpaced, with 1 ms for bunches", 30, 500, PacingNone, 1_000_000, 21_000}, // (40+1)/2 = 20.5 ms
		{"paced: all of the RTT", 30, 1000, PacingNeeded, 0, 41_000},
		{"paced, fast: 65536·4 bytes at 1 GB/s take 262 µs", 30, 100, PacingFQ, 1_000_000_000, 40_300},
		{"a gap of 2 ms is still the train", 30, 2000, PacingNone, 0, 22_000},
		{"a longer gap is not", 30, 2001, PacingNone, 0, 0},
		{"below 16 segments nothing is seen", 15, 1000, PacingNone, 0, 0},
	} {
		c, s := inSlowStart(test.cwnd)
		s.PacingStatus, s.PacingRate = test.pacing, test.rate
		var stopped uint64
		for at := test.gap; at < 60_000 && stopped == 0; at += test.gap {
			s.TCPMstamp = 1_000_000 + at
			c.PktsAcked(s, AckSample{PktsAcked: 1, RTTUS: 40_000})
			if s.SndSsthresh != InfiniteSsthresh {
				stopped = at
				if s.SndSsthresh != test.cwnd || !c.Found {
					t.Errorf("%s: ssthresh %d, found %v", test.name, s.SndSsthresh, c.Found)
				}
			}
		}
		if stopped != test.stopsAt {
			t.Errorf("%s: stopped at %d µs, want %d", test.name, stopped, test.stopsAt)
		}
	}
}

// TestHystartSeesTheDelay: the smallest of nine RTTs must have risen by an eighth, but by at least 4 ms and at most 16.
func TestHystartSeesTheDelay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		delayMin uint32
		rtt      int32
		found    bool
	}{
		{40_000, 45_000, false},
		{40_000, 45_001, true}, // 40/8 = 5
		{8_000, 12_000, false},
		{8_000, 12_001, true}, // not 1 but 4
		{400_000, 416_000, false},
		{400_000, 416_001, true}, // not 50 but 16
	} {
		c, s := inSlowStart(30)
		c.DelayMin = test.delayMin
		s.TCPMstamp += 5000 // no train
		for n := range 9 {
			if c.Found {
				t.Errorf("%d to %d µs: found after %d RTTs", test.delayMin, test.rtt, n)
			}
			c.PktsAcked(s, AckSample{RTTUS: test.rtt})
		}
		if c.Found != test.found || (s.SndSsthresh == 30) != test.found {
			t.Errorf("%d to %d µs: found %v, ssthresh %d", test.delayMin, test.rtt, c.Found, s.SndSsthresh)
		}
	}
	// One small RTT in the round shows that there is no queue.
	c, s := inSlowStart(30)
	s.TCPMstamp += 5000
	for n := range 20 {
		rtt := int32(60_000)
		if n == 3 {
			rtt = 41_000
		}
		c.PktsAcked(s, AckSample{RTTUS: rtt})
	}
	if c.Found {
		t.Error("found, although one RTT of the round was small")
	}
}

func TestHystartBeginsARoundEvenWithASmallWindow(t *testing.T) {
	t.Parallel()
	c, s := inSlowStart(10)
	s.TCPMstamp, s.SndUna, s.SndNxt = 1_040_000, 5001, 9000
	c.PktsAcked(s, AckSample{RTTUS: 40_000})
	if c.RoundStart != 1_040_000 || c.EndSeq != 9000 {
		t.Errorf("round from %d to %d", c.RoundStart, c.EndSeq)
	}
}

func TestCubicTakesTheSmallestRTT(t *testing.T) {
	t.Parallel()
	c, s := inSlowStart(10)
	c.DelayMin = 0
	s.Jiffies = 5000
	for _, step := range []struct {
		rtt   int32
		epoch uint32
		want  uint32
	}{{-1, 0, 0}, {0, 0, 1}, {500, 0, 1}} {
		c.EpochStart = step.epoch
		if c.PktsAcked(s, AckSample{RTTUS: step.rtt}); c.DelayMin != step.want {
			t.Errorf("RTT %d: smallest %d, want %d", step.rtt, c.DelayMin, step.want)
		}
	}
	c.DelayMin, c.EpochStart = 9000, 4001 // 999 ms after the reduction
	if c.PktsAcked(s, AckSample{RTTUS: 50}); c.DelayMin != 9000 {
		t.Error("an RTT of the first second after a reduction was taken")
	}
	c.EpochStart = 4000
	if c.PktsAcked(s, AckSample{RTTUS: 50}); c.DelayMin != 50 {
		t.Error("an RTT of the second after was not taken")
	}
}
