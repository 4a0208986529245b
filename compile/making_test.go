package compile_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestMakingTakesFewBytes: a million instructions take at most 200 bytes each to assemble, with the walk through all paths, and 210 with
// the items themselves. A label stands before every tenth instruction, and every tenth jumps.
func TestMakingTakesFewBytes(t *testing.T) {
	const n, most, mostInAll = 999_990, 200, 210 // the kernel reads at most a million
	var before, made, after runtime.MemStats
	runtime.ReadMemStats(&before)
	items := make([]dsl.Item, 0, n+n/10+2)
	items = append(items, dsl.LoadMem(isa.W, isa.R0, isa.R1, 0))
	for block := range n / 10 {
		items = append(items, dsl.Label("l"+strconv.Itoa(block)))
		for i := range int32(9) {
			items = append(items, dsl.Add64Imm(isa.R0, i))
		}
		to := min(block+1+block*7919%100, n/10-1)
		if block%3 == 2 {
			to = block - block*7919%min(100, block)
		}
		items = append(items, dsl.JSGT64Imm(isa.R0, int32(block), "l"+strconv.Itoa(to)))
	}
	runtime.ReadMemStats(&made)
	object, err := compile.Compile(dsl.Assembly("labelled", append(items, dsl.Exit())...), compile.Target{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if len(object.Instructions) != n+2 || !object.Checked {
		t.Errorf("%d instructions, want %d; all paths were followed: %v", len(object.Instructions), n+2, object.Checked)
	}
	bytes, inAll := (after.TotalAlloc-made.TotalAlloc)/n, (after.TotalAlloc-before.TotalAlloc)/n
	if (bytes > most || inAll > mostInAll) && !underRace { // the race detector makes the compiler keep more on the heap
		t.Errorf("an instruction takes %d bytes and %d with its item, want at most %d and %d", bytes, inAll, most, mostInAll)
	}
	t.Logf("%d bytes, %d with the item", bytes, inAll)
}
