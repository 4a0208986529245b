package cc

import (
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestBBRFindsAPolicerAsTheModelSays uses a fast link with a policer for a tenth of its rate.
func TestBBRFindsAPolicerAsTheModelSays(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 10)
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	const hz = 50
	tr := newTracer()
	register(t, tr.bbr("t_replay_lt", hz))
	link := netlab.Link{Rate: 50_000_000, Delay: 5 * time.Millisecond, Queue: 100, PolicedRate: 5_000_000}
	found := 0
	check := func(_ *model.Event, state any) error {
		if bbr, ok := state.(model.BBR); ok && bbr.LTUseBW {
			found++
		}
		return nil
	}
	for socket, records := range bySocket(t, recordTransfer(t, tr, link, "t_replay_lt", 4*time.Second)) {
		records = fromInit(records, true)
		newPlayer(t, BBR("played", hz)).play(records)
		events := eventsOf(records)
		if err := model.Replay(&model.BBR{HZ: hz}, events, model.ReplayOptions{Compare: model.CompareAll, Check: check}); err != nil {
			t.Errorf("socket %#x, %d events: %v", socket, len(events), err)
		}
		t.Logf("%d events, %d of them with the rate of a policer", len(events), found)
	}
	if found == 0 {
		t.Error("no policer was found")
	}
}
