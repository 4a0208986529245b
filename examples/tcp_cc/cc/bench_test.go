package cc

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// BenchmarkCubic writes, checks and compiles all of CUBIC. The names have been looked up before.
func BenchmarkCubic(b *testing.B) {
	types, err := fixture.Open("6.18")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		plan, err := structops.Prepare(Cubic("go_cubic", 250), compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
		if err != nil {
			b.Fatal(err)
		}
		if len(plan.Programs) != 7 {
			b.Fatalf("%d programs", len(plan.Programs))
		}
	}
}
