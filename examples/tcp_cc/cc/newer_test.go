package cc

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestSendingBeginsAgain: Linux 7.1 tells cwnd_event_tx_start, and not cwnd_event, that sending begins again. CUBIC and BBR implement
// both, where both exist. Kernels before it get only cwnd_event.
func TestSendingBeginsAgain(t *testing.T) {
	newer, err := fixture.WithCallback("6.18", "tcp_congestion_ops", "cwnd_event_tx_start", "release")
	if err != nil {
		t.Fatal(err)
	}
	today, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	const member = "cwnd_event_tx_start"
	for name, ops := range map[string]tcp.CongestionOps{"cubic": Cubic("go_cubic", 1000), "bbr": BBR("go_bbr", 1000)} {
		sizes := func(target compile.Target) map[string]int {
			target.ByteOrder = isa.LittleEndian
			plan, err := structops.Prepare(ops, target)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sizes := map[string]int{}
			for _, p := range plan.Programs {
				sizes[p.Member.Name] = len(p.Object.Code)
			}
			return sizes
		}
		before, after := sizes(compile.Target{BTF: today}), sizes(compile.Target{BTF: newer})
		if before["cwnd_event"] == 0 || before[member] != 0 {
			t.Errorf("%s on today's kernel: %v", name, before)
		}
		if after["cwnd_event"] == 0 || after[member] < before["cwnd_event"]/2 {
			t.Errorf("%s on a newer kernel: %v", name, after)
		}
	}
	// Without the callback that today's kernel calls instead, something would be left out without a word.
	alone := structops.ByName(Cubic("go_cubic", 1000))
	delete(alone.Members, "cwnd_event")
	_, err = structops.Prepare(alone, compile.Target{BTF: today, ByteOrder: isa.LittleEndian})
	const want = "this kernel's tcp_congestion_ops has no member \"cwnd_event_tx_start\"; it calls cwnd_event " +
		"with CA_EVENT_TX_START instead\n\thelp: set cwnd_event too: Linux has cwnd_event_tx_start since 7.1"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %s", err, want)
	}
	// And the other way round: the newer kernel never tells cwnd_event of it. An algorithm that does not ask for it needs nothing.
	old := Cubic("go_cubic", 1000)
	old.CwndEventTxStart = nil
	_, err = structops.Prepare(old, compile.Target{BTF: newer, ByteOrder: isa.LittleEndian})
	const missed = "cwnd_event: this kernel does not call cwnd_event with CA_EVENT_TX_START: it calls cwnd_event_tx_start, " +
		"which is not set\n\thelp: set cwnd_event_tx_start too"
	if err == nil || !strings.Contains(err.Error(), missed) || !strings.Contains(err.Error(), "cubic.go:") {
		t.Errorf("%v; want %s", err, missed)
	}
	if _, err = structops.Prepare(old, compile.Target{BTF: today, ByteOrder: isa.LittleEndian}); err != nil {
		t.Errorf("today's kernel: %v", err)
	}
	old.CwndEvent = func(f *dsl.Fn, tp tcp.Sock, ev dsl.U32) { f.If(ev.Eq(tcp.CAEventLoss), func() { tp.SetSndCwnd(2) }) }
	if _, err = structops.Prepare(old, compile.Target{BTF: newer, ByteOrder: isa.LittleEndian}); err != nil {
		t.Errorf("an algorithm that asks for another event: %v", err)
	}
}
