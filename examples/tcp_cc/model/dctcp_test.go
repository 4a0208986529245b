package model

import (
	"math"
	"testing"
)

// round acknowledges a window; a share of it is marked.
func round(d *DCTCP, s *Sock, segments, marked uint32) {
	s.SndUna = s.SndNxt
	s.SndNxt += segments
	s.Delivered += segments
	s.DeliveredCE += marked
	d.InAckEvent(s)
}

func newDCTCP() (*DCTCP, *Sock) {
	s := sock(100, 50)
	s.ECNOK, s.SndNxt = true, 1000
	d := &DCTCP{}
	d.Init(s)
	return d, s
}

// TestAlphaIsTheMovingAverage compares with α = (1-g)·α + g·F in floating point (RFC 8257, section 3.3).
func TestAlphaIsTheMovingAverage(t *testing.T) {
	t.Parallel()
	const g = 1.0 / 16
	for _, test := range []struct {
		segments, marked uint32
		tolerance        float64 // of α, in 1/1024: the sum of the rounding errors, one unit for each of the 1/g rounds that count
	}{{64, 0, 16}, {64, 64, 1}, {64, 16, 32}, {1000, 500, 32}, {10, 1, 32}} {
		d, s := newDCTCP()
		alpha := 1.0
		for n := range 200 {
			round(d, s, test.segments, test.marked)
			alpha = (1-g)*alpha + g*float64(test.marked)/float64(test.segments)
			if math.Abs(float64(d.Alpha)-1024*alpha) > test.tolerance {
				t.Errorf("%d of %d marked, round %d: α is %d/1024, want %.1f", test.marked, test.segments, n+1, d.Alpha, 1024*alpha)
				break
			}
		}
	}
}

func TestAlphaByHand(t *testing.T) {
	t.Parallel()
	d, s := newDCTCP()
	for _, step := range []struct{ segments, marked, want uint32 }{
		{64, 0, 960},   // 1024 - 64
		{64, 0, 900},   // 960 - 60
		{64, 64, 908},  // 900 - 56 + 64
		{64, 32, 884},  // 908 - 56 + 32
		{100, 1, 829},  // 884 - 55 + 64/100 = 0
		{0, 0, 778},    // 829 - 51
		{64, 200, 930}, // more marked than delivered (DeliveredCE came late): 778 - 48 + 200
	} {
		if round(d, s, step.segments, step.marked); d.Alpha != step.want {
			t.Errorf("%d of %d marked: α is %d, want %d", step.marked, step.segments, d.Alpha, step.want)
		}
	}
	// α reaches 0, although a sixteenth of 15 is 0 in integers.
	d.Alpha = 16
	for _, want := range []uint32{15, 0, 0} {
		if round(d, s, 64, 0); d.Alpha != want {
			t.Errorf("α is %d, want %d", d.Alpha, want)
		}
	}
}

func TestAlphaWaitsForTheRoundsEnd(t *testing.T) {
	t.Parallel()
	d, s := newDCTCP()
	s.SndUna, s.SndNxt = 999, 2000 // one byte is missing
	d.InAckEvent(s)
	if d.Alpha != alphaMax || d.NextSeq != 1000 {
		t.Errorf("within the round: α %d, next %d", d.Alpha, d.NextSeq)
	}
	s.SndUna = 1000
	d.InAckEvent(s)
	if d.Alpha != 960 || d.NextSeq != 2000 {
		t.Errorf("at its end: α %d, next %d", d.Alpha, d.NextSeq)
	}
}

func TestDCTCPReducesByHalfOfAlpha(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cwnd, alpha, want uint32 }{
		{100, 1024, 50}, {100, 512, 75}, {100, 0, 100}, {100, 20, 100}, {100, 21, 99}, {3, 1024, 2}, {2, 1024, 2}, {1, 0, 2},
	} {
		d, s := newDCTCP()
		d.Alpha, s.SndCwnd = test.alpha, test.cwnd
		if got := d.Ssthresh(s); got != test.want || d.LossCwnd != test.cwnd {
			t.Errorf("window %d, α %d/1024: ssthresh %d, want %d", test.cwnd, test.alpha, got, test.want)
		}
	}
}

func TestDCTCPHalvesOnceALoss(t *testing.T) {
	t.Parallel()
	d, s := newDCTCP()
	d.Alpha = 0
	s.SndSsthresh = d.Ssthresh(s)
	d.SetState(s, CARecovery)
	if s.SndSsthresh != 50 {
		t.Errorf("ssthresh %d after a loss, want 50", s.SndSsthresh)
	}
	s.CAState, s.SndCwnd = CARecovery, 60
	d.SetState(s, CARecovery)
	if s.SndSsthresh != 50 {
		t.Errorf("ssthresh %d, although recovery had begun before", s.SndSsthresh)
	}
	if got := d.UndoCwnd(s); got != 100 {
		t.Errorf("undo gives %d, want 100", got)
	}
	s.CAState = CAOpen
	d.SetState(s, CALoss)
	if s.SndSsthresh != 50 {
		t.Error("set_state answered a timeout, which is cwnd_event's")
	}
	d.CwndEvent(s, EventLoss)
	if s.SndSsthresh != 30 {
		t.Errorf("ssthresh %d after a timeout, want 30", s.SndSsthresh)
	}
}

// TestReceiverEchoesEachMark plays RFC 8257's figure 1: acknowledgements are delayed, and sent early where marks begin or end.
func TestReceiverEchoesEachMark(t *testing.T) {
	t.Parallel()
	d, s := newDCTCP()
	s.RcvNxt, d.PriorRcvNxt = 100, 100
	for i, step := range []struct {
		ce        bool
		pending   uint8
		rcvNxt    uint32
		sent, nxt uint32
		now       bool
	}{
		{false, AckTimer, 200, 0, 0, false}, // as before: acknowledge when it is convenient
		{true, AckTimer, 300, 1, 200, true}, // marks begin: 200 is acknowledged without ECE, then 300 at once with it
		{true, AckTimer, 400, 1, 200, false},
		{false, 0, 500, 1, 200, true}, // marks end, and no acknowledgement waited
	} {
		s.AckPending = step.pending
		if s.RcvNxt = step.rcvNxt; step.ce {
			d.CwndEvent(s, EventECNIsCE)
		} else {
			d.CwndEvent(s, EventECNNoCE)
		}
		if d.SentAcks != step.sent || d.SentAckNxt != step.nxt || s.DemandCWR != step.ce || (s.AckPending&AckNow != 0) != step.now {
			t.Errorf("step %d: %d acknowledgements, the latest of %d, ECE %v, pending %d", i+1, d.SentAcks, d.SentAckNxt, s.DemandCWR,
				s.AckPending)
		}
	}
}

func TestDCTCPWithoutECNIsReno(t *testing.T) {
	t.Parallel()
	s := sock(100, 50)
	d := &DCTCP{}
	d.Init(s)
	if !d.Fallback || !s.ECTOff {
		t.Fatalf("got %+v", d)
	}
	s.PriorCwnd = 120
	if got := d.Ssthresh(s); got != 50 {
		t.Errorf("ssthresh %d, want 50", got)
	}
	if got := d.UndoCwnd(s); got != 120 {
		t.Errorf("undo gives %d, want 120", got)
	}
	d.CwndEvent(s, EventLoss)
	d.SetState(s, CARecovery)
	d.InAckEvent(s)
	if s.SndSsthresh != 50 || d.Alpha != 0 {
		t.Error("it reacted as DCTCP")
	}
	listening := sock(10, 50)
	listening.SKState = TCPListen
	d = &DCTCP{}
	if d.Init(listening); d.Fallback || d.Alpha != alphaMax {
		t.Error("a listening socket fell back, before any peer could agree")
	}
}
