package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// TestPlacesThatDoNotExist: a target's place is checked before the code. Each program is correct, so the place is the only mistake.
func TestPlacesThatDoNotExist(t *testing.T) {
	ops := func(name, member string) compile.Place {
		return compile.Place{Type: linux.ProgTypeStructOps, Struct: name, Member: member}
	}
	tracing := func(hook linux.AttachType, attach string) compile.Place {
		return compile.Place{Type: linux.ProgTypeTracing, Hook: hook, Attach: attach}
	}
	for _, tt := range []struct {
		place compile.Place
		kind  mistake.Kind // None: the place exists
		want  string
	}{
		{compile.Place{Type: 99}, mistake.BadProgType, "99 is not a type of programs: the types are 1 (socket_filter) to 32 (netfilter)"},
		{compile.Place{Type: linux.ProgTypeXDP, Hook: linux.AttachSKLookup}, mistake.BadAttach, "xdp programs cannot be attached at " +
			"sk_lookup\n\thelp: the attach type may be xdp_devmap, xdp_cpumap or xdp"},
		{compile.Place{Type: linux.ProgTypeSocketFilter, Hook: linux.AttachXDP}, mistake.BadAttach,
			"socket_filter programs have no attach type"},
		{ops("tcp_congestion_op", "init"), mistake.UnknownType, "did you mean tcp_congestion_ops?"},
		{ops("tcp_congestion_ops", "sstresh"), mistake.UnknownMember, "did you mean ssthresh?"},
		{ops("tcp_congestion_ops", "flags"), mistake.NotACallback, "tcp_congestion_ops.flags is not a function"},
		{tracing(0, "task_newtsk"), mistake.BadAttach, "did you mean task_newtask?"},
		{tracing(linux.AttachTraceFExit, "tcp_slow_strt"), mistake.BadAttach, "did you mean tcp_slow_start?"},
		{compile.Place{}, mistake.None, ""},
		{compile.Place{Type: linux.ProgTypeXDP, Hook: linux.AttachXDPDevMap}, mistake.None, ""},
		{tracing(linux.AttachTraceRawTP, "task_newtask"), mistake.None, ""},
		{tracing(linux.AttachTraceFEntry, "tcp_slow_start"), mistake.None, ""},
	} {
		p := dsl.Assembly("p", dsl.Mov64Imm(r0, 0), dsl.Exit())
		on := target(t, &tt.place)
		_, err := compile.Compile(p, on)
		var found mistake.Findings
		switch {
		case tt.kind == mistake.None && err != nil:
			t.Errorf("%+v: %v", tt.place, err)
		case tt.kind == mistake.None:
		case !errors.As(err, &found) || len(found) != 1 || found[0].Kind != tt.kind || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%+v: %v\nwant %v: %s", tt.place, err, tt.kind, tt.want)
		}
		if on.Unchecked = true; tt.kind != mistake.None {
			if _, err := compile.Compile(p, on); err != nil {
				t.Errorf("%+v, unchecked: %v", tt.place, err)
			}
		}
	}
}
