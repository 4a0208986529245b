package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
)

func TestWithoutSchedExtItCompilesChecksAndLists(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		var out bytes.Buffer
		if err := offline([]string{"a kernel with sched_ext"}, options{weighted: weighted}, &out); !errors.Is(err, errOffline) {
			t.Fatal(err)
		}
		for _, want := range []string{"the types of Linux 6.12", "s32 (*)(struct task_struct *, s32, u64)", "; sched.go:"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("weighted %v: no %q in\n%s", weighted, want, &out)
			}
		}
	}
}

func TestLines(t *testing.T) {
	before := sched.Counts{Direct: 10, Ran: 5, Nanos: 100}
	now := sched.Counts{Direct: 110, Queued: 4, Dispatched: 4, Ran: 9, Nanos: 8_000_100}
	if got, want := line(true, before, now, 2*time.Second), "        50/s          2/s          2/s          2/s         "+
		" 2ms"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, weighted := range []bool{false, true} {
		if width := len(line(weighted, before, now, time.Second)); len(strings.Split(heading(weighted), "\n")[0]) != width {
			t.Errorf("weighted %v: heading and lines differ in width", weighted)
		}
	}
}

func TestHowItEnded(t *testing.T) {
	e := sched.Exit{Kind: 1026, Code: 3}
	copy(e.Reason[:], "runnable task stall")
	copy(e.Message[:], "cat[7] failed to run for 30.1s")
	if got, want := e.String(), "ended by the kernel, kind 1026: runnable task stall: cat[7] failed to run for 30.1s (code "+
		"0x3)"; got != want || !e.Failed() {
		t.Errorf("got %s", got)
	}
	if got := (sched.Exit{}).String(); got != "it has not ended" {
		t.Errorf("got %s", got)
	}
}
