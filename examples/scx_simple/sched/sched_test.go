package sched_test

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestSchedulersFit: both kinds fit the types of Linux 6.12.
func TestSchedulersFit(t *testing.T) {
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	for weighted, members := range map[bool]int{false: 5, true: 8} {
		plan, err := structops.Prepare(sched.New(weighted).Ops("go_simple"), compile.Target{BTF: types, ByteOrder: isa.Native})
		if err != nil {
			t.Errorf("weighted %v: %v", weighted, err)
			continue
		}
		if len(plan.Programs) != members || plan.Name != "go_simple" {
			t.Errorf("weighted %v: %d programs of %q, want %d", weighted, len(plan.Programs), plan.Name, members)
		}
		for _, p := range plan.Programs {
			listing := string(p.Object.AppendListing(nil))
			if strings.Contains(listing, "scx_bpf_dsq_insert") || strings.Contains(listing, "move_to_local") {
				t.Errorf("%s calls what Linux 6.12 does not have:\n%s", p.Member.Name, listing)
			}
		}
	}
}
