package vm

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// The loops that are measured.
var loops = []struct {
	name string
	text string
}{
	{"alu", `
		r1 = 1000
	again:
		r0 += r1
		r0 ^= 0x5555
		r0 *= 3
		r2 = r0
		r2 >>= 7
		r0 -= r2
		w0 += w2
		r1 -= 1
		if r1 != 0 goto again
		exit`},
	{"memory", `
		r3 = 1000
	again:
		*(u64 *)(r10 -8) = r3
		r2 = *(u64 *)(r10 -8)
		*(u32 *)(r1 +4) = r2
		r4 = *(u32 *)(r1 +4)
		r5 = *(u16 *)(r1 +4)
		r0 += r5
		r3 -= 1
		if r3 != 0 goto again
		exit`},
	{"primes", `
		r1 = 2
	next:
		r2 = 2
	divide:
		if r2 >= r1 goto prime
		r3 = r1
		r3 %= r2
		if r3 == 0 goto composite
		r2 += 1
		goto divide
	prime:
		r0 += 1
	composite:
		r1 += 1
		if r1 < 200 goto next
		exit`},
}

func loopProgram(t testing.TB, text string) *Program {
	ins, err := isa.Parse(text, isa.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadInstructions(ins, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkRun measures the machine alone; internal/bench measures it beside others.
func BenchmarkRun(b *testing.B) {
	for _, l := range loops {
		m, memory := New(loopProgram(b, l.text)), make([]byte, 64)
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Run(b.Context(), memory); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.Steps()), "ns/insn")
		})
	}
}

// TestRunAllocatesNothing: a machine that is there runs a program without allocating, and making one takes a handful of allocations.
func TestRunAllocatesNothing(t *testing.T) {
	for _, l := range loops {
		p := loopProgram(t, l.text)
		m, memory := New(p), make([]byte, 64)
		if n := testing.AllocsPerRun(10, func() {
			if _, err := m.Run(t.Context(), memory); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: a run takes %v allocations, want 0", l.name, n)
		}
		if n := testing.AllocsPerRun(10, func() { New(p) }); n > 2 {
			t.Errorf("%s: making a machine takes %v allocations, want at most 2", l.name, n)
		}
	}
}

// BenchmarkNew measures making a machine, and loading a program.
func BenchmarkNew(b *testing.B) {
	p := loopProgram(b, loops[0].text)
	b.Run("machine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			New(p)
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := LoadInstructions(p.source, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
