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
		Reno("played"), func() model.Algorithm { return model.Reno{} }, model.MemberCongAvoid, model.MemberSsthresh)
}

// TestCubicGrowsAsRFC9438SaysWindowByWindow does the same with CUBIC.
func TestCubicGrowsAsRFC9438SaysWindowByWindow(t *testing.T) {
	replay(t, 0, model.CompareWindow, func(tr *tracer) structops.Ops { return tr.cubic("t_replay_cubic", 250) },
		Cubic("played", 250), func() model.Algorithm { return &model.Cubic{HZ: 250} }, model.MemberCongAvoid, model.MemberSsthresh,
		model.MemberPktsAcked, model.MemberSetState)
}

// TestDCTCPReducesAsRFC8257SaysWindowByWindow does the same with DCTCP, at both ends of a connection.
func TestDCTCPReducesAsRFC8257SaysWindowByWindow(t *testing.T) {
	replay(t, 3, model.CompareAll, func(tr *tracer) structops.Ops { return tr.dctcp("t_replay_dctcp") },
		DCTCP("played"), func() model.Algorithm { return &model.DCTCP{} }, model.MemberCongAvoid, model.MemberSsthresh,
		model.MemberInAckEvent, model.MemberCwndEvent)
}

// TestBBRPacesAsTheModelSaysAcknowledgementByAcknowledgement does the same with BBR, through startup, drain, cycles of gains and probes
// for the RTT. Program and model are told that a second has 50 jiffies. So the ten seconds before a probe take only two.
func TestBBRPacesAsTheModelSaysAcknowledgementByAcknowledgement(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 10) // before that programs may not set app_limited
	const hz = 50
	replay(t, 0, model.CompareAll, func(tr *tracer) structops.Ops { return tr.bbr("t_replay_bbr", hz) },
		BBR("played", hz), func() model.Algorithm { return &model.BBR{HZ: hz} }, model.MemberCongControl, model.MemberMinTSOSegs)
}

// replay runs a transfer with a traced algorithm, and replays the recorded calls of each connection: the model makes them, and the program
// itself in package vm. Both must give the kernel's values. The named members must have been called.
func replay(t *testing.T, ecn int, compare model.Fields, traced func(*tracer) structops.Ops, plain structops.Implementation,
	algorithm func() model.Algorithm, wanted ...model.Member) {
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
	witnesses(t, records, compare, plain, algorithm, wanted...)
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
