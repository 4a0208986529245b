package model

import (
	"errors"
	"strings"
	"testing"
)

// recording makes the events of a correct program: it uses another model.
func recording(t *testing.T) []Event {
	t.Helper()
	program := &Cubic{HZ: testHZ}
	s := sock(10, InfiniteSsthresh)
	s.Jiffies = 10_000
	var events []Event
	call := func(e Event) {
		e.Seq, e.Saw = uint64(len(events)+1), *s
		result, err := program.Apply(&e, s)
		if err != nil {
			t.Fatal(err)
		}
		e.Result, e.Left = result, *s
		events = append(events, e)
	}
	call(Event{Member: MemberInit})
	for n := range 400 {
		s.Jiffies += 3
		s.TCPMstamp += 3000
		call(Event{Member: MemberPktsAcked, Sample: AckSample{PktsAcked: 2, RTTUS: 30_000}})
		call(Event{Member: MemberCongAvoid, Ack: uint32(n), Acked: 2})
		if n%150 == 149 {
			call(Event{Member: MemberSsthresh})
			s.SndSsthresh = events[len(events)-1].Result
			call(Event{Member: MemberSetState, NewState: CARecovery})
			s.SndCwnd, s.SndCwndCnt = s.SndSsthresh, 0
		}
	}
	return events
}

func TestReplayOfARightProgram(t *testing.T) {
	t.Parallel()
	checked := 0
	err := Replay(&Cubic{HZ: testHZ}, recording(t), ReplayOptions{Compare: CompareAll, Check: func(e *Event, state any) error {
		checked++
		if state.(Cubic).HZ != testHZ {
			return errors.New("no state")
		}
		return nil
	}})
	if err != nil || checked != 805 {
		t.Errorf("%d events agreed, then: %v", checked, err)
	}
}

func TestReplayFindsTheFirstDifference(t *testing.T) {
	t.Parallel()
	events := recording(t)
	events[500].Left.SndCwnd++
	events[600].Left.SndCwnd++
	err := Replay(&Cubic{HZ: testHZ}, events, ReplayOptions{})
	var d *Difference
	if !errors.As(err, &d) || d.Index != 500 || len(d.Fields) != 1 || d.Fields[0].Got != d.Fields[0].Want+1 || len(d.Past) != 3 {
		t.Fatalf("got %+v", err)
	}
	for _, want := range []string{
		"event 501, cong_avoid(ack 248, acked 2): program and model differ\n\tsnd_cwnd: the program has ",
		"it saw: SndCwnd=", "the model remembered: HZ=1000 Cnt=", "DelayMin=30000", "CurrRTT:", "and then: ",
		"event 500 was pkts_acked({PktsAcked:2 RTTUS:30000 InFlight:0}): window ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestReplayComparesWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(e *Event)
		in     Fields
	}{
		{"result", func(e *Event) { e.Result++ }, CompareResult},
		{"snd_cwnd", func(e *Event) { e.Left.SndCwnd++ }, CompareCwnd},
		{"snd_cwnd_cnt", func(e *Event) { e.Left.SndCwndCnt++ }, CompareCwndCnt},
		{"snd_ssthresh", func(e *Event) { e.Left.SndSsthresh++ }, CompareSsthresh},
		{"sk_pacing_rate", func(e *Event) { e.Left.PacingRate++ }, ComparePacingRate},
		{"sk_pacing_status", func(e *Event) { e.Left.PacingStatus++ }, ComparePacing},
		{"app_limited", func(e *Event) { e.Left.AppLimited++ }, CompareAppLimited},
		{"demand_cwr", func(e *Event) { e.Left.DemandCWR = true }, CompareECN},
	} {
		s := sock(10, 5)
		e := Event{Member: MemberSsthresh, Saw: *s, Left: *s, Result: 5}
		test.change(&e)
		var d *Difference
		if err := Replay(Reno{}, []Event{e}, ReplayOptions{Compare: test.in}); !errors.As(err, &d) || d.Fields[0].Name != test.name {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := Replay(Reno{}, []Event{e}, ReplayOptions{Compare: CompareAll &^ test.in}); err != nil {
			t.Errorf("without %s: %v", test.name, err)
		}
	}
}

func TestReplayOfBadRecordings(t *testing.T) {
	t.Parallel()
	s := *sock(10, 5)
	reason := errors.New("delay_min differs")
	for _, test := range []struct {
		name   string
		a      Algorithm
		events []Event
		opt    ReplayOptions
		want   string
	}{
		{"lost", Reno{}, []Event{{Seq: 1, Member: MemberInit}, {Seq: 3, Member: MemberInit}}, ReplayOptions{},
			"event 3 comes after event 1: events were lost"},
		{"no member", Reno{}, []Event{{Member: MemberPktsAcked}}, ReplayOptions{},
			"event 1 of 1, pkts_acked({PktsAcked:0 RTTUS:0 InFlight:0}): model: reno has no member pkts_acked"},
		{"unknown member", Reno{}, []Event{{Member: 99}}, ReplayOptions{}, "reno has no member member 99"},
		{"no HZ", &Cubic{}, []Event{{Member: MemberInit}}, ReplayOptions{}, "HZ is 0"},
		{"no HZ", &BBR{}, []Event{{Member: MemberInit}}, ReplayOptions{}, "HZ is 0"},
		{"no MSS", &BBR{HZ: 250}, []Event{{Member: MemberInit}}, ReplayOptions{}, "mss_cache is 0"},
		{"draw", &BBR{HZ: 250}, []Event{{Member: MemberInit, Saw: s, Draw: 7}}, ReplayOptions{}, "drew 7"},
		{"check", Reno{}, []Event{{Member: MemberInit, Saw: s, Left: s}}, ReplayOptions{Check: func(*Event, any) error { return reason }},
			"state: delay_min differs"},
	} {
		err := Replay(test.a, test.events, test.opt)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if test.name == "check" && !errors.Is(err, reason) {
			t.Error("the reason is not in the chain")
		}
	}
	if err := Replay(Reno{}, nil, ReplayOptions{}); err != nil {
		t.Error(err)
	}
}
