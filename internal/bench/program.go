package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// labelled has a label every ten instructions. Its jumps go forward, and every third one backward, up to a hundred labels away.
func labelled(n int) []dsl.Item {
	items := make([]dsl.Item, 0, n+n/10+2)
	items = append(items, dsl.LoadMem(isa.W, isa.R0, isa.R1, 0))
	blocks := (n - 2) / 10
	for block := range blocks {
		items = append(items, dsl.Label("l"+strconv.Itoa(block)))
		for i := range int32(9) {
			items = append(items, dsl.Add64Imm(isa.R0, i))
		}
		to := min(block+1+block*7919%100, blocks-1)
		if block%3 == 2 {
			to = max(block-block*7919%100, 0)
		}
		items = append(items, dsl.JSGT64Imm(isa.R0, int32(block), "l"+strconv.Itoa(to)))
	}
	return append(items, dsl.Exit())
}

// labelledText is such a program as text.
func labelledText(n int) string {
	var b strings.Builder
	for block := range n / 10 {
		fmt.Fprintf(&b, "l%d:\n", block)
		for i := range 9 {
			fmt.Fprintf(&b, "\tr0 += %d\n", i)
		}
		fmt.Fprintf(&b, "\tif r0 s> %d goto l%d\n", block, max(block-block*7919%100, 0))
	}
	return b.String()
}

// programs measures whole programs with labels, from items to code.
func programs() []row {
	var rows []row
	for _, size := range []struct {
		n    int
		name string
		goal string
	}{{10_000, "10,000", ""}, {100_000, "100,000", ""}, {1_000_000, "1,000,000", "≤ 200 bytes each, linear"}} {
		items := labelled(size.n)
		r := best(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_, err := compile.Compile(dsl.Assembly("labelled", items...), compile.Target{})
				check(b, err)
			}
		})
		rows = append(rows, row{what: "assemble and check " + size.name + " with labels", unit: "ms", ours: perOp(r).Seconds() * 1e3,
			bytes: r.AllocedBytesPerOp(), alloc: r.AllocsPerOp(), goal: size.goal,
			missed: size.goal != "" && r.AllocedBytesPerOp() > 200*int64(size.n)})
	}
	text := labelledText(1_000_000)
	r := best(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			ins, err := isa.Parse(text, isa.Kernel)
			check(b, err)
			_, err = isa.Append(nil, isa.LittleEndian, ins...)
			check(b, err)
		}
	})
	rows = append(rows, row{what: "assemble 1,000,000 lines of text", unit: "ms", ours: perOp(r).Seconds() * 1e3,
		bytes: r.AllocedBytesPerOp(), alloc: r.AllocsPerOp()})
	made := best(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			_, err := compile.Compile(dsl.Assembly("labelled", labelled(1_000_000)...), compile.Target{Unchecked: true})
			check(b, err)
		}
	})
	rows = append(rows, row{what: "make and assemble 1,000,000, unchecked as text is", unit: "ms", ours: perOp(made).Seconds() * 1e3,
		bytes: made.AllocedBytesPerOp(), alloc: made.AllocsPerOp(), goal: "≤ 200 bytes each, the time from text",
		missed: made.AllocedBytesPerOp() > 200_000_000})
	items := best(func(b *testing.B) {
		for range b.N {
			labelled(100_000)
		}
	})
	return append(rows, row{what: "make items of dsl", unit: "ns/insn", ours: float64(perOp(items).Nanoseconds()) / 110_000})
}
