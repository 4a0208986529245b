package compile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestIdleMayGotoIsLeftOut: a may_goto to the item after it is left out, wherever labels stand between, and no other one.
func TestIdleMayGotoIsLeftOut(t *testing.T) {
	label := func(name string) record.Item {
		return record.NewItem(record.LabelHere, isa.Instruction{}, &record.Reference{Name: name}, ir.Site{})
	}
	mayGoto := func(name string) record.Item {
		return record.NewItem(record.JumpTo, isa.MayGoto(0), &record.Reference{Name: name}, ir.Site{})
	}
	exit := record.Item{Ins: isa.Exit()}
	jump := record.NewItem(record.JumpTo, isa.Jump(0), &record.Reference{Name: "b"}, ir.Site{})
	for _, test := range []struct{ before, after []record.Item }{
		{[]record.Item{mayGoto("b"), label("b"), exit}, []record.Item{label("b"), exit}},
		{[]record.Item{mayGoto("b"), label("a"), label("b"), exit}, []record.Item{label("a"), label("b"), exit}},
		{[]record.Item{mayGoto("b"), exit, label("b"), exit}, []record.Item{mayGoto("b"), exit, label("b"), exit}},
		{[]record.Item{jump, label("b"), exit}, []record.Item{jump, label("b"), exit}},
	} {
		w := &writing{items: slices.Clone(test.before)}
		w.dropIdle()
		if got, want := fmt.Sprint(w.items), fmt.Sprint(test.after); got != want {
			t.Errorf("%v became %s, want %s", test.before, got, want)
		}
	}
}

// TestEveryFunctionsAllocationIsChecked: a wrong register after allocation is an error of the compilation.
func TestEveryFunctionsAllocationIsChecked(t *testing.T) {
	p := dsl.Func("sum", func(f *dsl.Fn, ctx dsl.Context) dsl.U64 {
		x := f.Helper("bpf_ktime_get_ns").U64()
		return x.Add(f.Helper("bpf_ktime_get_ns").U64())
	})
	u := &unit{program: p, target: Target{ByteOrder: isa.LittleEndian}}
	if err := u.prefetch(); err != nil {
		t.Fatal(err)
	}
	spoilt := false
	w := newWriting(u, p, p.Body(false))
	for _, pass := range functionPasses {
		pass.run(w)
		if u.err != nil {
			break
		}
		if pass.name == "allocate" {
			steps := w.result.Blocks[0].Steps
			for i := range steps {
				if steps[i].Dst == isa.R6 { // where the first result survives the second call
					steps[i].Dst, spoilt = isa.R7, true
				}
			}
		}
	}
	if !spoilt {
		t.Fatal("no value was in r6")
	}
	if u.err == nil || !strings.Contains(u.err.Error(), "sum: the compiler has made a mistake") {
		t.Errorf("the error is %v", u.err)
	}
}
