package compile_test

import (
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
		sum, last := dsl.NewVar[uint64](f, 1), f.Helper("bpf_get_prandom_u32").U64()
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

// BenchmarkStructured writes and compiles functions of Go, per emitted slot.
func BenchmarkStructured(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		b.Run(time.Duration(n).String()[:len(time.Duration(n).String())-2], func(b *testing.B) {
			slots := 0
			for b.Loop() {
				s, _ := compileLong(b, n)
				slots += s
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(slots), "ns/slot")
			b.ReportMetric(float64(slots)/float64(b.N), "slots")
		})
	}
}
