package structops_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestLeaksOfMembers has members that keep a record of a ring buffer. Where the result is in r0 by chance, or is the record itself, Linux
// 6.18 accepts this. The finding names the line that reserves the record.
func TestLeaksOfMembers(t *testing.T) {
	events := maps.NewRingBuf("events", 4096)
	var line int
	here := func() {
		_, _, l, _ := runtime.Caller(1)
		line = l
	}
	const accepted = "Linux accepts this, because r0 still points to it, but nothing releases it later: readers of the ring buffer see " +
		"no record after this one"
	for name, tt := range map[string]struct {
		ops  tcp.CongestionOps
		note string
	}{
		"never submitted": {tcp.CongestionOps{Init: func(f *dsl.Fn, sk tcp.Sock) {
			here()
			event := maps.Reserve[uint64](f, events)
			f.If(event.IsNil(), f.Exit)
			event.U64("").Set(1)
		}}, accepted},
		"submitted on one path": {tcp.CongestionOps{Release: func(f *dsl.Fn, sk tcp.Sock) {
			here()
			event := maps.Reserve[uint64](f, events)
			f.If(event.IsNil(), f.Exit)
			event.U64("").Set(1)
			f.If(sk.SndCwnd().Lt(10), f.Exit)
			events.Submit(f, event)
		}}, accepted},
		"in a member with a result": {tcp.CongestionOps{SndbufExpand: func(f *dsl.Fn, sk tcp.Sock) dsl.U32 {
			here()
			event := maps.Reserve[uint64](f, events)
			f.If(event.IsNil(), f.ReturnConst(2))
			event.U64("").Set(1)
			return f.U32(2)
		}}, ""},
	} {
		ops := tt.ops
		ops.Name, ops.License, ops.Ssthresh, ops.UndoCwnd, ops.CongAvoid = "go_leak", "GPL", half, before, linear
		_, err := structops.Prepare(ops, on(t, "6.18"))
		var found mistake.Findings
		if !errors.As(err, &found) || len(found) != 1 || found[0].Kind != mistake.UnreleasedReference {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range []string{"the record of bpf_ringbuf_reserve", fmt.Sprintf("leak_test.go:%d", line+1),
			"is still held at the end",
			"release it with bpf_ringbuf_submit or bpf_ringbuf_discard",
			tt.note} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", name, err, want)
			}
		}
	}
}
