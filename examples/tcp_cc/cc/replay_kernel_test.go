package cc

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestRenoGrowsAsRFC5681SaysWindowByWindow runs a connection with losses, and compares each call of our Reno with the model.
func TestRenoGrowsAsRFC5681SaysWindowByWindow(t *testing.T) {
	replay(t, 0, model.CompareWindow, func(tr *tracer) structops.Ops { return tr.reno("t_replay_reno") },
		func() model.Algorithm { return model.Reno{} }, model.MemberCongAvoid, model.MemberSsthresh)
}

// TestCubicGrowsAsRFC9438SaysWindowByWindow does the same with CUBIC.
func TestCubicGrowsAsRFC9438SaysWindowByWindow(t *testing.T) {
	replay(t, 0, model.CompareWindow, func(tr *tracer) structops.Ops { return tr.cubic("t_replay_cubic", 250) },
		func() model.Algorithm { return &model.Cubic{HZ: 250} }, model.MemberCongAvoid, model.MemberSsthresh, model.MemberPktsAcked,
		model.MemberSetState)
}

// TestDCTCPReducesAsRFC8257SaysWindowByWindow does the same with DCTCP, at both ends of a connection.
func TestDCTCPReducesAsRFC8257SaysWindowByWindow(t *testing.T) {
	replay(t, 3, model.CompareAll, func(tr *tracer) structops.Ops { return tr.dctcp("t_replay_dctcp") },
		func() model.Algorithm { return &model.DCTCP{} }, model.MemberCongAvoid, model.MemberSsthresh, model.MemberInAckEvent,
		model.MemberCwndEvent)
}

// TestBBRPacesAsTheModelSaysAcknowledgementByAcknowledgement does the same with BBR, through startup, drain, cycles of gains and probes
// for the RTT. Program and model are told that a second has 50 jiffies. So the ten seconds before a probe take only two.
func TestBBRPacesAsTheModelSaysAcknowledgementByAcknowledgement(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 10) // before that programs may not set app_limited
	const hz = 50
	replay(t, 0, model.CompareAll, func(tr *tracer) structops.Ops { return tr.bbr("t_replay_bbr", hz) },
		func() model.Algorithm { return &model.BBR{HZ: hz} }, model.MemberCongControl, model.MemberMinTSOSegs)
}

// replay runs a transfer with a traced algorithm, and replays the recorded calls of each connection in the model. The named members must
// have been called.
func replay(t *testing.T, ecn int, compare model.Fields, traced func(*tracer) structops.Ops, algorithm func() model.Algorithm,
	wanted ...model.Member) {
	kerneltest.RequireLinux(t, 6, 1)
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	link := netlab.Link{Rate: 20_000_000, Delay: 10 * time.Millisecond, Queue: 30, ECNThreshold: ecn}
	duration := 4 * time.Second
	if wanted[0] == model.MemberCongControl {
		duration = 8 * time.Second // until BBR has been in all of its modes
	}
	tr := newTracer()
	ops := traced(tr)
	register(t, ops)
	records := recordTransfer(t, tr, link, fmt.Sprint(ops.Members["name"]), duration)
	if len(records) == 0 {
		t.Fatal("nothing was recorded")
	}
	replayed, called, windows := 0, map[model.Member]int{}, map[uint32]bool{}
	for socket, events := range bySocket(t, records) {
		if events = fromInit(events, ops.Members["init"] != nil); len(events) == 0 {
			continue // a listening socket
		}
		replayed += len(events)
		for _, e := range events {
			called[e.Member]++
			windows[e.Left.SndCwnd] = true
		}
		modes := map[model.Mode]bool{}
		options := model.ReplayOptions{Compare: compare, Check: func(_ *model.Event, state any) error {
			if bbr, ok := state.(model.BBR); ok {
				modes[bbr.Mode] = true
			}
			return nil
		}}
		if err := model.Replay(algorithm(), events, options); err != nil {
			t.Errorf("socket %#x, %d events: %v", socket, len(events), err)
		}
		if len(modes) > 0 && len(modes) < 4 {
			t.Errorf("BBR was only in %v", modes)
		}
	}
	t.Logf("%d of %d events replayed, with %d different windows; called: %v", replayed, len(records), len(windows), called)
	for _, m := range wanted {
		if called[m] == 0 {
			t.Errorf("%v was never called", m)
		}
	}
	if replayed < 300 || len(windows) < 10 { // an emulated processor records only a few
		t.Errorf("%d events, %d windows: too few to prove anything", replayed, len(windows))
	}
}

// recordTransfer reads the tracer's records while a transfer runs, until its connection is closed.
func recordTransfer(t *testing.T, tr *tracer, link netlab.Link, name string, duration time.Duration) (records []record) {
	t.Helper()
	lab, err := netlab.New(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read := make(chan error)
	go func() {
		defer close(read)
		for {
			raw, err := tr.ring.Read(ctx)
			if err != nil {
				return // the end
			}
			r, err := readRecord(raw)
			if err != nil {
				read <- err
				return
			}
			records = append(records, r)
		}
	}()
	result, err := lab.Transfer(t.Context(), netlab.TransferOptions{CongestionControl: name, Duration: duration})
	if err != nil {
		t.Error(err)
	}
	if err := lab.Close(); err != nil {
		t.Error(err)
	}
	time.Sleep(50 * time.Millisecond) // so that the last records are read
	stop()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	t.Logf("%.2f Mbit/s, mean window %.1f, %d dropped, %d marked, %d sent again", result.GoodputBPS/1e6, result.MeanCwnd,
		result.QueueDrops, result.QueueMarks, result.Retransmits)
	return records
}

// fromInit leaves out the calls before init, while the connection was being made. Models begin with init.
func fromInit(events []model.Event, hasInit bool) []model.Event {
	if !hasInit {
		return events
	}
	for i := range events {
		if events[i].Member == model.MemberInit {
			return events[i:]
		}
	}
	return nil
}

// bySocket separates the connections. None of their calls may be missing.
func bySocket(t *testing.T, records []record) map[uint64][]model.Event {
	t.Helper()
	sockets := map[uint64][]model.Event{}
	seen := map[uint64]bool{}
	for _, r := range records {
		if seen[r.Seq] || r.Seq == 0 || r.Seq > uint64(len(records)) {
			t.Fatalf("record %d of %d: some were lost; make the ring buffer larger", r.Seq, len(records))
		}
		seen[r.Seq] = true
		sockets[r.Socket] = append(sockets[r.Socket], r.event())
	}
	return sockets
}
