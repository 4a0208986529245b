package cc

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// all are our algorithms, under names that begin with a prefix.
func all(prefix string, hz uint32) []structops.Ops {
	return []structops.Ops{Reno(prefix + "reno"), Cubic(prefix+"cubic", hz), DCTCP(prefix + "dctcp"), BBR(prefix+"bbr", hz)}
}

// TestListing prints what is compiled, with -v.
func TestListing(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []isa.Level{isa.V3, isa.V4} {
		for _, ops := range all("go_", 250) {
			plan, err := structops.Prepare(ops, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Level: level, Verify: true})
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, p := range plan.Programs {
				total += p.Object.Slots()
				t.Logf("%s.%s, %v: %d\n%s", plan.Name, p.Member.Name, level, p.Object.Slots(), p.Object.AppendListing(nil))
			}
			t.Logf("%s, %v: %d slots", plan.Name, level, total)
		}
	}
}
