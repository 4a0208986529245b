package compile_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// long is a function with about n instructions: arithmetic on some values, with
// branches and calls among it.
func long(n int) *dsl.Program {
	return dsl.Func("long", func(f *dsl.Fn, ctx dsl.Context) dsl.U64 {
		sum, last := f.VarU64(1), f.Helper("bpf_get_prandom_u32").U64()
		for i := range n / 12 {
			x := sum.Mul(3).Xor(last)
			f.If(x.Gt(i), func() { sum.Set(x.Add(i)) }).Else(func() { sum.Set(sum.Shr(1).Or(x)) })
			if i%16 == 0 {
				last = f.Helper("bpf_get_prandom_u32").U64()
			}
		}
		return sum.Get()
	})
}

func compileLong(tb testing.TB, n int) (slots int, took time.Duration) {
	start := time.Now()
	o, err := compile.Compile(long(n), compile.Target{ByteOrder: isa.LittleEndian})
	if err != nil {
		tb.Fatal(err)
	}
	return o.Slots(), time.Since(start)
}

// TestStructuredGrowth: a function that is ten times as long takes ten times as
// long to write and compile, not more than 2.5 times that for caches that are too
// small and garbage.
func TestStructuredGrowth(t *testing.T) {
	const more, runs = 2.5, 8
	short, long := time.Hour, time.Hour
	clock := func(n int, best *time.Duration) {
		start := cpuTime()
		compileLong(t, n)
		*best = min(*best, cpuTime()-start)
	}
	for range runs {
		for range 3 {
			clock(8_000, &short)
		}
		clock(80_000, &long)
		if float64(long) < 10*more*float64(short) {
			t.Logf("8000 operations take %v, 80000 take %v", short, long)
			return
		}
	}
	t.Errorf("8000 operations take %v, 80000 take %v", short, long)
}

// BenchmarkStructured writes and compiles functions of Go, per emitted slot.
func BenchmarkStructured(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			slots := 0
			start := cpuTime()
			for b.Loop() {
				s, _ := compileLong(b, n)
				slots += s
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(slots), "ns/slot")
			b.ReportMetric(float64(cpuTime()-start)/float64(slots), "cpu-ns/slot")
			b.ReportMetric(float64(slots)/float64(b.N), "slots")
		})
	}
}
