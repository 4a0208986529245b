package compile_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestMakingTakesFewBytes: a million instructions, from the first constructor to the object, take at most 200 bytes each. A label
// stands before every tenth, and every tenth jumps. The walk through the code, which judges it, is not part of that.
func TestMakingTakesFewBytes(t *testing.T) {
	const n, most = 1_000_000, 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	items := make([]dsl.Item, 0, n+n/10+1)
	for block := range n / 10 {
		items = append(items, dsl.Label("l"+strconv.Itoa(block)))
		for i := range int32(9) {
			items = append(items, dsl.Add64Imm(isa.R0, i))
		}
		items = append(items, dsl.JSGT64Imm(isa.R0, int32(block), "l"+strconv.Itoa(max(block-block*7919%100, 0))))
	}
	object, err := compile.Compile(dsl.Assembly("labelled", append(items, dsl.Exit())...), compile.Target{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if len(object.Instructions) != n+1 {
		t.Errorf("%d instructions, want %d", len(object.Instructions), n+1)
	}
	bytes := (after.TotalAlloc - before.TotalAlloc) / n
	if bytes > most {
		t.Errorf("an instruction takes %d bytes, want at most %d", bytes, most)
	}
	t.Logf("%d bytes", bytes)
}
