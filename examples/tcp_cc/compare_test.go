package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestContendersAreOursOrTheKernels(t *testing.T) {
	list, err := contenders([]string{"reno", "go_reno", "go_reno", "cubic", "mine"}, algorithms(usualHZ),
		[]string{"reno", "cubic", "mine"}, map[string]uint32{"mine": 7})
	if err != nil {
		t.Fatal(err)
	}
	var by []string
	for _, c := range list {
		by = append(by, result{native: c.native, other: c.other}.origin())
	}
	if want := []string{"kernel", "Go", "Go", "kernel", "another process"}; !slices.Equal(by, want) {
		t.Errorf("by %q, want %q", by, want)
	}
	if mine := oursOf(list); len(mine) != 1 || nameOf(mine[0]) != "go_reno" {
		t.Errorf("to be registered: %v", mine)
	}
}

func TestUnknownContendersListWhatThereIs(t *testing.T) {
	for name, want := range map[string]string{
		"go_rino": `congestion control "go_rino": no algorithm has that name`,
		"dctcp": `congestion control "dctcp": this kernel was built without it, or its module is not loaded ` +
			`(modprobe tcp_dctcp; CONFIG_TCP_CONG_DCTCP)`,
	} {
		_, err := contenders([]string{"reno", name}, []structops.Implementation{cc.Reno("go_reno"), gentle()}, []string{"reno", "bbr"},
			nil)
		want += "\nhelp: written in Go, here: go_reno, go_gentle; in this kernel: reno, bbr; to compare your own, " +
			"register it in another process first"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestNamesOfAComparison(t *testing.T) {
	names, err := splitNames(" reno, go_reno ,,cubic")
	if err != nil || !slices.Equal(names, []string{"reno", "go_reno", "cubic"}) {
		t.Errorf("%q, %v", names, err)
	}
	for _, list := range []string{"reno", ",", "reno,"} {
		if _, err := splitNames(list); err == nil || !strings.Contains(err.Error(), "two algorithms or more") {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// TestDCTCPGetsALinkThatMarks: the kernel's DCTCP, and one of ours whose flags ask for it.
func TestDCTCPGetsALinkThatMarks(t *testing.T) {
	flagged := func(flags any) contender {
		return contender{name: "go_some", ops: structops.Ops{Members: structops.Members{"name": "go_some", "flags": flags}}}
	}
	plain := contender{name: "go_reno", ops: cc.Reno("go_reno")}
	for _, test := range []struct {
		list []contender
		ecn  int
		want int
	}{
		{[]contender{plain, {name: "reno", native: true}}, 0, 0},
		{[]contender{plain, {name: "reno", native: true}}, 9, 9},
		{[]contender{{name: "dctcp", native: true}, plain}, 0, 3}, // 16 packets under way
		{[]contender{plain, flagged(2)}, 0, 3},
		{[]contender{plain, flagged(uint32(3))}, 0, 3},
		{[]contender{plain, flagged(1)}, 0, 0},
	} {
		if got := comparisonLink(options{ecn: test.ecn}, test.list).ECNThreshold; got != test.want {
			t.Errorf("%v, -ecn %d: marked from %d, want %d", test.list, test.ecn, got, test.want)
		}
	}
}

// twoRounds has the results of two transfers of each of two algorithms.
func twoRounds() ([]contender, [][]result) {
	list := []contender{{name: "reno", native: true}, {name: "go_reno", ops: cc.Reno("go_reno")}}
	transfer := func(native bool, goodput, cwnd float64, retransmits int) result {
		return result{native: native, Result: netlab.Result{
			Algorithm: list[0].name, GoodputBPS: goodput, MeanCwnd: cwnd, MeanRTT: 30 * time.Millisecond, Retransmits: retransmits,
			QueueDrops: 2, QueueMarks: 4, Samples: sawtooth(time.Second, 70, 19, 38)[:2],
		}}
	}
	return list, [][]result{
		{transfer(true, 9e6, 30, 5), transfer(true, 9.4e6, 32, 6)},
		{transfer(false, 9.2e6, 31, 7), transfer(false, 9.384e6, 29.45, 9)},
	}
}

func TestComparisonTable(t *testing.T) {
	list, results := twoRounds()
	means := meansOf(list, results)
	var b strings.Builder
	if err := writeComparison(&b, means, differencesOf(means)); err != nil {
		t.Fatal(err)
	}
	golden(t, "comparison.txt", b.String())
}

func TestComparisonReport(t *testing.T) {
	list, results := twoRounds()
	means := meansOf(list, results)
	r := newComparisonReport(newReport("6.18", byRound(results)), netlab.DefaultLink(), 2, means, differencesOf(means))
	var b bytes.Buffer
	if err := r.writeJSON(&b); err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "comparison.json", indented.String())
}

func TestEveryPairIsCompared(t *testing.T) {
	means := []mean{
		{contender: contender{name: "a"}, goodputBPS: 100, cwnd: 10},
		{contender: contender{name: "b"}, goodputBPS: 110, cwnd: 5},
		{contender: contender{name: "c"}, goodputBPS: 0, cwnd: 10},
	}
	var got []string
	for _, d := range differencesOf(means) {
		got = append(got, d.first+d.second)
	}
	if want := []string{"ab", "ac", "bc"}; !slices.Equal(got, want) {
		t.Errorf("pairs %v, want %v", got, want)
	}
	if d := differencesOf(means)[0]; math.Abs(d.goodput-10) > 1e-9 || math.Abs(d.cwnd+50) > 1e-9 {
		t.Errorf("%+v", d)
	}
}

// TestCompare runs the flag: only the compared algorithms are registered, each name has one transfer in each round, and pairs are
// compared.
func TestCompare(t *testing.T) {
	kerneltest.RequireTUN(t)
	kerneltest.NoLeaks(t)
	var out bytes.Buffer
	opt := options{json: true, duration: 1200 * time.Millisecond, start: time.Now(), compare: []string{"reno", "go_reno"}, rounds: 2,
		ecn: 6}
	if err := run(context.Background(), opt, &out); err != nil {
		t.Fatal(err)
	}
	var r comparisonReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.ListedDuring, "go_reno") || slices.Contains(r.ListedDuring, "go_gentle") {
		t.Errorf("listed while running: %v", r.ListedDuring)
	}
	if slices.Contains(r.ListedAfter, "go_reno") {
		t.Errorf("listed afterwards: %v", r.ListedAfter)
	}
	var names []string
	for _, a := range r.Algorithms {
		names = append(names, a.Name)
	}
	if !slices.Equal(names, []string{"reno", "go_reno", "reno", "go_reno"}) {
		t.Errorf("transfers of %v", names)
	}
	if r.Rounds != 2 || !strings.Contains(r.Link, "marked from 6") || len(r.Means) != 2 || len(r.Differences) != 1 {
		t.Fatalf("rounds %d, link %q, %d means, %d differences", r.Rounds, r.Link, len(r.Means), len(r.Differences))
	}
	for _, m := range r.Means {
		if m.GoodputBPS < 4e6 || m.Marks == 0 || m.MeanCwnd < m.LeastCwnd || m.MeanCwnd > m.MostCwnd {
			t.Errorf("%+v", m)
		}
	}
	if d := r.Differences[0]; d.First != "reno" || d.Second != "go_reno" || d.GoodputPercent == 0 {
		t.Errorf("difference %+v", d)
	}
}

func TestCompareOfUnknownRegistersNothing(t *testing.T) {
	kerneltest.Require(t)
	var out bytes.Buffer
	err := run(context.Background(), options{json: true, duration: time.Second, compare: []string{"go_reno", "go_rino"}, rounds: 1}, &out)
	if err == nil || !strings.Contains(err.Error(), `"go_rino"`) || out.Len() > 0 {
		t.Errorf("%v, printed %q", err, &out)
	}
}
