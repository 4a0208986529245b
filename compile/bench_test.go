package compile_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A shape is a kind of program, of any number of instructions.
type shape struct {
	name   string
	target compile.Target
	items  func(n int) []dsl.Item
	wrong  bool // there are findings
	far    bool // some jumps are too far
}

// shapes have something that could take more time for each instruction, the more instructions there are.
func shapes() []shape {
	number := &compile.Place{Type: linux.ProgTypeStructOps, Member: "test",
		Signature: &place.Signature{Params: []place.Param{{Type: &cbtf.Int{Size: 4}}}, Result: &cbtf.Int{Size: 4}}}
	load := dsl.LoadMem(w, r0, r1, 0)
	return []shape{
		// A label every ten instructions, and jumps forward and, every third, backward, up to a hundred labels away: that are decided,
		// open, or narrow a number, so that many states meet. Those that are decided never end, which is found from some length on.
		{"decided", compile.Target{}, func(n int) []dsl.Item { return labelled(n, 100, dsl.Mov64Imm(r0, 0), dsl.JNE64Imm) }, true, false},
		{"open", compile.Target{}, func(n int) []dsl.Item { return labelled(n, 100, load, dsl.JSGT64Imm) }, false, false},
		{"narrowing", compile.Target{Place: number}, func(n int) []dsl.Item { return labelled(n, 100, load, dsl.JEQ64Imm) }, false, false},
		// Anywhere in the program.
		{"far", compile.Target{}, func(n int) []dsl.Item { return labelled(n, n, load, dsl.JGE64Imm) }, false, true},
		// Over islands.
		{"islands", compile.Target{Level: isa.V3}, distant, true, true}, // its last block never ends
		// Each block jumps back to the one before it, so that what the first one reads matters in all.
		{"backward", compile.Target{}, backward, false, false},
		// Jumps and calls by number: functions begin where another one does not end, which the kernel does not take.
		{"numbers", compile.Target{Unchecked: true}, numbers, false, false},
		// A mistake every ten instructions.
		{"mistakes", compile.Target{}, func(n int) []dsl.Item {
			items := []dsl.Item{dsl.Mov64Imm(r0, 0)}
			for range n / 20 {
				items = append(items, dsl.Lsh64Imm(r0, 70), dsl.JEQ64Imm(r0, 1, "nowhere"), dsl.Mov64Imm(r0, 1), dsl.Exit())
			}
			return append(items, dsl.Exit())
		}, true, false},
	}
}

// distant has a few jumps over all of the program, and many over a third of what a jump reaches.
func distant(n int) []dsl.Item {
	items := []dsl.Item{dsl.Mov64Imm(r0, 0)}
	for i := range n / 10 {
		items = append(items, dsl.Label("l"+strconv.Itoa(i)))
		items = append(items, fill...)
		switch {
		case i%1000 == 0:
			items = append(items, dsl.JEQ64Imm(r0, 1, "l"+strconv.Itoa(n/10-1-i)))
		default:
			items = append(items, dsl.JNE64Imm(r0, 1, "l"+strconv.Itoa(min(i+1000, n/10-1))))
		}
	}
	return append(items, dsl.Exit())
}

var fill = slices.Repeat([]dsl.Item{dsl.Add64Imm(r0, 1)}, 9)

func backward(n int) []dsl.Item {
	items := []dsl.Item{dsl.LoadMem(dw, r6, r1, 0), dsl.Mov64Imm(r0, 0), dsl.Jump("l" + strconv.Itoa(n/10-1))}
	for i := range n / 10 {
		items = append(items, dsl.Label("l"+strconv.Itoa(i)))
		items = append(items, fill...)
		if i == 0 {
			items = append(items, dsl.Mov64Reg(r0, r6), dsl.Exit())
		} else {
			items = append(items, dsl.Jump("l"+strconv.Itoa(i-1)))
		}
	}
	return items
}

func numbers(n int) []dsl.Item {
	items := []dsl.Item{dsl.Mov64Imm(r0, 0)}
	for range n / 10 {
		items = append(items, fill[:7]...)
		items = append(items, dsl.Raw(isa.JEQ64Imm(r0, 1, 1)), dsl.Raw(isa.CallRel(1)), dsl.Raw(isa.JEQ64Imm(r0, 1, -3)))
	}
	return append(items, dsl.Mov64Imm(r0, 0), dsl.Mov64Imm(r0, 0), dsl.Exit())
}

// labelled begins with an item that sets r0, and goes on with blocks of a label, arithmetic, and a jump.
func labelled(n, reach int, begin dsl.Item, jump func(isa.Register, int32, string) dsl.Item) []dsl.Item {
	random := rand.New(rand.NewPCG(uint64(n), uint64(reach)))
	items := make([]dsl.Item, 0, n+n/10+2)
	items = append(items, begin)
	blocks := (n - 2) / 10
	for block := range blocks {
		items = append(items, dsl.Label("l"+strconv.Itoa(block)))
		for i := range int32(9) {
			items = append(items, dsl.Add64Imm(r0, i))
		}
		to := min(block+1+random.IntN(reach), blocks-1)
		if block%3 == 2 {
			to = max(block-random.IntN(reach), 0)
		}
		items = append(items, jump(r0, int32(block), "l"+strconv.Itoa(to)))
	}
	return append(items, dsl.Exit())
}

func (s shape) compile(t testing.TB, items []dsl.Item) {
	_, err := compile.Compile(dsl.Assembly("p", items...), s.target)
	var findings mistake.Findings
	if err != nil && !(s.wrong && errors.As(err, &findings)) {
		t.Fatalf("%s: %v", s.name, err)
	}
}

// BenchmarkGrowth is New and Compile; the items are there already.
func BenchmarkGrowth(b *testing.B) {
	for _, s := range shapes() {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			if s.wrong && n > 100_000 {
				continue // a million instructions with a hundred thousand mistakes: nobody waits for that
			}
			items := s.items(n)
			b.Run(fmt.Sprintf("%s/n=%d", s.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.compile(b, items)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/insn")
			})
		}
	}
}

// TestGrowthIsLinear: ten times as many instructions take ten times as long, not more than 2.5 times that, for caches that are
// too small and garbage. The shortest of some runs are compared, in time of the processor; what else goes on here only makes
// runs longer.
func TestGrowthIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const more, runs = 2.5, 12
	for _, s := range shapes() {
		n := 20_000
		if s.far {
			n = 50_000 // shorter code needs no stretching
		}
		few, many := s.items(n), s.items(10*n)
		short, long := time.Hour, time.Hour
		clock := func(items []dsl.Item, best *time.Duration) {
			start := cpuTime()
			s.compile(t, items)
			*best = min(*best, cpuTime()-start)
		}
		for range runs {
			for range 3 {
				clock(few, &short)
			}
			clock(many, &long)
			if float64(long) < 10*more*float64(short) {
				break
			}
		}
		if ratio := float64(long) / float64(short); ratio >= 10*more {
			t.Errorf("%s: %d instructions take %v, %d take %v: %.1f times as long", s.name, n, short, 10*n, long, ratio)
		} else {
			t.Logf("%-10s %d instructions take %v, %d take %v", s.name, n, short, 10*n, long)
		}
	}
}

// TestAllocationsDoNotGrow: what is allocated is tables, not things for each instruction or label.
func TestAllocationsDoNotGrow(t *testing.T) {
	for _, s := range shapes() {
		if s.wrong || s.name == "numbers" {
			continue // messages; names of the functions that are called by number
		}
		items := s.items(50_000)
		if allocations := testing.AllocsPerRun(1, func() { s.compile(t, items) }); allocations > 1000 {
			t.Errorf("%s: %v allocations for %d items", s.name, allocations, len(items))
		}
	}
}
