package compile_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestStructuredAllocations: what is allocated for a function of Go is a few things
// for each instruction, lists of blocks and uses among them.
func TestStructuredAllocations(t *testing.T) {
	const most = 12 // for each slot; 8.4 were measured
	slots := 0
	allocations := testing.AllocsPerRun(1, func() {
		o, err := compile.Compile(long(10_000), compile.Target{ByteOrder: isa.LittleEndian})
		if err != nil {
			t.Fatal(err)
		}
		slots = o.Slots()
	})
	if each := allocations / float64(slots); each > most {
		t.Errorf("%.1f allocations for each of %d slots, at most %d may be", each, slots, most)
	}
}
