package dsl_test

import (
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// BenchmarkItem measures a constructor. Most of the time is needed to find the caller.
func BenchmarkItem(b *testing.B) {
	var item dsl.Item
	b.ReportAllocs()
	for b.Loop() {
		item = dsl.Add64Imm(isa.R0, 1)
	}
	_ = item
}

func BenchmarkAssembly(b *testing.B) {
	for _, n := range []int{10, 10_000, 1_000_000} {
		items := make([]dsl.Item, n)
		for i := range items {
			items[i] = dsl.Add64Imm(isa.R0, 1)
		}
		b.Run(fmt.Sprint("n=", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dsl.Assembly("p", items...)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
		})
	}
}
