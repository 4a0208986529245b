package model

import "testing"

// sock is a connection that has just begun and whose window is the limit.
func sock(cwnd, ssthresh uint32) *Sock {
	return &Sock{
		SndCwnd: cwnd, SndSsthresh: ssthresh, SndCwndClamp: ^uint32(0), IsCwndLimited: true, MSSCache: 1448,
		RTTMinUS: ^uint32(0), SKState: TCPEstablished, MaxPacingRate: ^uint64(0), PacingShift: 10, GSOMaxSize: 65536,
	}
}

func TestRenoWindows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		cwnd, cnt       uint32
		ssthresh, clamp uint32
		acked           []uint32
		want, wantCnt   uint32
	}{
		{"slow start doubles: 10 acknowledged one by one", 10, 0, InfiniteSsthresh, 0, []uint32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 20, 0},
		{"slow start, delayed acknowledgements: the same", 10, 0, InfiniteSsthresh, 0, []uint32{2, 2, 2, 2, 2}, 20, 0},
		{"congestion avoidance: a window gives one", 20, 0, 10, 0, []uint32{5, 5, 5, 5}, 21, 0},
		{"congestion avoidance: a window but one gives none", 20, 0, 10, 0, []uint32{5, 5, 5, 4}, 20, 19},
		{"congestion avoidance: two windows at once", 20, 3, 10, 0, []uint32{40}, 22, 3},
		{"from slow start into avoidance within one acknowledgement", 8, 0, 10, 0, []uint32{5}, 10, 3},
		{"exactly to ssthresh", 8, 7, 10, 0, []uint32{2}, 10, 7},
		{"at ssthresh it is avoidance", 10, 0, 10, 0, []uint32{1}, 10, 1},
		{"credit of a larger window is worth one", 10, 35, 5, 0, []uint32{1}, 11, 1},
		{"the clamp holds in slow start", 10, 0, 100, 12, []uint32{9}, 12, 0},
		{"the clamp holds in avoidance", 12, 11, 5, 12, []uint32{1}, 12, 0},
	} {
		s := sock(test.cwnd, test.ssthresh)
		s.SndCwndCnt = test.cnt
		if test.clamp != 0 {
			s.SndCwndClamp = test.clamp
		}
		for _, acked := range test.acked {
			Reno{}.CongAvoid(s, acked)
		}
		if s.SndCwnd != test.want || s.SndCwndCnt != test.wantCnt {
			t.Errorf("%s: window %d + %d, want %d + %d", test.name, s.SndCwnd, s.SndCwndCnt, test.want, test.wantCnt)
		}
	}
}

func TestRenoGrowsOnlyAWindowInUse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cwnd, ssthresh, out uint32
		limited, grows      bool
	}{
		{10, 5, 10, true, true},
		{10, 5, 100, false, false}, // above ssthresh only the flag counts
		{10, 20, 6, false, true},   // in slow start: 10 < 2*6
		{10, 20, 5, false, false},  // not 10 < 2*5
	} {
		s := sock(test.cwnd, test.ssthresh)
		s.IsCwndLimited, s.MaxPacketsOut = test.limited, test.out
		Reno{}.CongAvoid(s, 10)
		if grew := s.SndCwnd > test.cwnd; grew != test.grows {
			t.Errorf("window %d, ssthresh %d, %d out, limited %v: grew %v", test.cwnd, test.ssthresh, test.out, test.limited, grew)
		}
	}
}

func TestRenoHalvesAndUndoes(t *testing.T) {
	t.Parallel()
	for cwnd, want := range map[uint32]uint32{100: 50, 101: 50, 5: 2, 4: 2, 3: 2, 1: 2} {
		if got := (Reno{}).Ssthresh(sock(cwnd, 10)); got != want {
			t.Errorf("half of %d is %d, want %d", cwnd, got, want)
		}
	}
	s := sock(20, 20)
	s.PriorCwnd = 40
	if got := (Reno{}).UndoCwnd(s); got != 40 {
		t.Errorf("undo gives %d, want 40 as before", got)
	}
	s.SndCwnd = 50
	if got := (Reno{}).UndoCwnd(s); got != 50 {
		t.Errorf("undo gives %d, want 50, which it has grown to", got)
	}
}
