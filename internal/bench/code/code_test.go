package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

func TestRecordedSizesAreRead(t *testing.T) {
	sizes, err := readRecorded(recordedSizes)
	if err != nil {
		t.Fatal(err)
	}
	if got := sizes[[3]string{"v3", "bpf_cubic", "bpf_cubic_cong_avoid"}]; got != 277 || len(sizes) != 42 {
		t.Errorf("%d sizes, cubic's cong_avoid has %d: want 42 and 277", len(sizes), got)
	}
	if _, err := readRecorded("cpu\tobject\nv3\tbpf_cubic"); err == nil || !strings.Contains(err.Error(), "clang_sizes.tsv:2") {
		t.Errorf("a short line gives %v, want an error with its number", err)
	}
}

// Clang checks the offsets. This test checks that every kernel has the fields.
func TestHeaderCanBeMadeForEachKernel(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := writeHeader(&text, types, 250); err != nil {
			t.Errorf("%s: %v", kernel, err)
			continue
		}
		for _, want := range []string{"#define HZ 250\n", "struct tcp_sock {", "\tu32 snd_cwnd; // at ",
			"#define tcp_sock_is_cwnd_limited(p) "} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: the header lacks %q:\n%s", kernel, want, text.String())
			}
		}
	}
}

func TestMissingFunctionIsNoSaving(t *testing.T) {
	rows := []*figures{
		{algorithm: "cubic", member: "init", slots: measure{recorded: 20, ours: 10}},
		{algorithm: "cubic", member: "ssthresh", slots: measure{recorded: 20, ours: 21}},
		{algorithm: "cubic", member: "cong_avoid", slots: measure{recorded: 200}},
	}
	c := compare(rows, ours, recorded, slotsOf)
	if c.a != 31 || c.b != 40 || c.worst != rows[1] {
		t.Errorf("%v of %v, worst %+v: want 31 of 40 and ssthresh", c.a, c.b, c.worst)
	}
	if g := compared("slots", 0.80, c); g.met || !strings.Contains(g.detail, "cubic.cong_avoid") {
		t.Errorf("met although cong_avoid is missing: %+v", g)
	}
	if g := compared("slots", 0.80, compare(rows[:2], ours, recorded, slotsOf)); !g.met { // 0.775
		t.Errorf("0.78 is not within 0.80: %+v", g)
	}
}

func TestDisturbedRoundsDoNotCount(t *testing.T) {
	round := func(ns int) map[string]spent {
		return map[string]spent{
			"cong_avoid": {calls: 100, time: 100 * time.Duration(ns) * time.Nanosecond},
			"pkts_acked": {calls: 50, time: 50 * 20 * time.Nanosecond}, // 10 ns an acknowledgement
		}
	}
	var race timing
	for i, ns := range []int{90, 90, 91, 90, 89, 90, 90, 90} {
		theirs := 90
		if i == 3 {
			ns = 4000
		}
		race.rounds[ours] = append(race.rounds[ours], round(ns))
		race.rounds[plain] = append(race.rounds[plain], round(theirs))
	}
	if got := race.perAck(ours); got != 100 {
		t.Errorf("%v ns an acknowledgement, want 100", got)
	}
	if value, noise := race.ratio(ours, plain); value != 1 || noise > 0.02 {
		t.Errorf("ratio %v ± %v, want 1 and little noise", value, noise)
	}
	if value, _ := race.ratio(ours, core); value != 0 || math.IsNaN(value) {
		t.Errorf("beside a variant that did not run: %v, want 0", value)
	}
}
