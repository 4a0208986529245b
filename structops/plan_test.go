package structops

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestPlansAreTheSameBytes: all that a plan gives to the kernel, the value of
// the map included, is the same each time and from any goroutine.
func TestPlansAreTheSameBytes(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	two := dsl.Assembly("two", dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
	ops := Ops{Type: "tcp_congestion_ops", License: "GPL", Members: Members{
		"name": "go_same", "flags": 1, "ssthresh": two, "undo_cwnd": two, "cong_avoid": dsl.Assembly("nothing", dsl.Exit()),
		"init": dsl.Assembly("nothing", dsl.Exit())}}
	bytes := func() map[string][]byte {
		plan, err := Prepare(ops, compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
		if err != nil {
			t.Error(err)
			return nil
		}
		all := map[string][]byte{"value": plan.value, "name": []byte(plan.Name), "license": []byte(plan.License)}
		for _, p := range plan.Programs {
			all[p.Member.Name+" code"] = p.Object.Code
			all[p.Member.Name+" types"] = p.Object.BTF
			all[p.Member.Name+" functions"] = p.Object.FuncInfo
			all[p.Member.Name+" lines"] = p.Object.LineInfo
		}
		return all
	}
	first := bytes()
	if len(first) != 3+4*4 {
		t.Fatalf("the plan has %d parts", len(first))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 4 {
				if diff := cmp.Diff(first, bytes()); diff != "" {
					t.Errorf("another time (-first +then):\n%s", diff)
				}
			}
		})
	}
	wg.Wait()
}
