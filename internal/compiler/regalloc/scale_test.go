package regalloc

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// large makes a function of about n instructions.
func large(n int, t taste) *Func {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	t.instrs = n
	return randomFunc(r, t)
}

// sums makes a function in which as many values as it has are alive at once: all are made, and then all are read.
// If branches, each is read in a block of its own that is left out at times.
func sums(n int, branches bool) *Func {
	g := &generator{r: rand.New(rand.NewPCG(1, 1)), f: &Func{Remat: []bool{false}}}
	b := g.block(0)
	first := g.add(b, Instr{DefReg: AnyReg})
	var all []V
	for range n {
		all = append(all, g.add(b, Instr{DefReg: AnyReg, Uses: []Use{{first, AnyReg}}}))
	}
	for _, v := range all {
		if !branches {
			g.use(b, Instr{DefReg: AnyReg, Uses: []Use{{v, AnyReg}}})
			continue
		}
		g.use(b, Instr{DefReg: AnyReg, Uses: []Use{{first, AnyReg}}, Branch: true})
		then := g.block(0)
		g.use(then, Instr{DefReg: AnyReg, Uses: []Use{{v, AnyReg}}})
		other, join := g.block(0), g.block(0)
		g.goTo(b, then)
		g.goTo(b, other)
		g.goTo(then, join)
		g.goTo(other, join)
		b = join
	}
	return g.f
}

var shapes = []struct {
	name string
	make func(n int) *Func
}{
	{"straight", func(n int) *Func { return large(n, taste{entries: 5, calls: 10, keep: 10, straight: true}) }},
	{"pressure", func(n int) *Func { return large(n, taste{entries: 5, calls: 20, keep: 40, straight: true}) }},
	{"blocks", func(n int) *Func { return large(n, taste{entries: 5, calls: 10, keep: 12}) }},
	{"long", func(n int) *Func { return sums(n/2, false) }},
	{"longblocks", func(n int) *Func { return sums(min(n/5, 2000), true) }},
	{"thousands", func(n int) *Func { return large(n, taste{entries: 5, calls: 10, keep: 300}) }},
}

func instrsOf(f *Func) int {
	n := 0
	for i := range f.Blocks {
		n += len(f.Blocks[i].Instrs)
	}
	return n
}

func BenchmarkAllocate(b *testing.B) {
	for _, s := range shapes {
		for _, n := range []int{100, 1000, 10000, 100000} {
			f := s.make(n)
			b.Run(fmt.Sprintf("%s-%d", s.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Allocate(f); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(instrsOf(f)), "ns/instr")
			})
		}
	}
}

// TestGrowth shows that the time for an instruction does not depend on how many there are; quadratic growth would be tenfold.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	for _, s := range shapes {
		measure := func(n int) float64 {
			f := s.make(n)
			best := time.Hour
			for range 3 {
				start := time.Now()
				if _, err := Allocate(f); err != nil {
					t.Fatal(err)
				}
				best = min(best, time.Since(start))
			}
			return float64(best.Nanoseconds()) / float64(instrsOf(f))
		}
		small, big := measure(5000), measure(50000)
		t.Logf("%s: %.0f ns an instruction, %.0f with ten times as many", s.name, small, big)
		if big > 8*small+500 { // generous, as other programs run on the machine too
			t.Errorf("%s: %.0f ns an instruction became %.0f", s.name, small, big)
		}
	}
}
