package cc

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestListing(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for _, ops := range []structops.Ops{Reno("go_reno"), Cubic("go_cubic", 250)} {
		plan, err := structops.Prepare(ops, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Level: isa.V3, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plan.Programs {
			t.Logf("%s %d\n%s", p.Member.Name, p.Object.Slots(), p.Object.AppendListing(nil))
		}
	}
}
