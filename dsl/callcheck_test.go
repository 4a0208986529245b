package dsl

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
)

// mistakesOf runs a Go function and gives what was wrong.
func mistakesOf(fn any) []string {
	var texts []string
	for _, m := range Func("f", fn).Body(false).Mistakes() {
		texts = append(texts, m.Detail)
	}
	return texts
}

func TestTypedOperands(t *testing.T) {
	for _, c := range []struct {
		name string
		fn   func(f *Fn, p Ptr, n U32)
		want string // "" for none
	}{
		{"the type", func(f *Fn, p Ptr, n U32) { p.Kernel("k", record.Typed{Width: record.U32, Operand: n}) }, ""},
		{"a variable", func(f *Fn, p Ptr, n U32) { p.Kernel("k", record.Typed{Width: record.U32, Operand: n.Var()}) }, ""},
		{"a constant", func(f *Fn, p Ptr, n U32) { p.Kernel("k", record.Typed{Width: record.U8, Operand: 255}) }, ""},
		{"a constant that does not fit", func(f *Fn, p Ptr, n U32) { p.Kernel("k", record.Typed{Width: record.U8, Operand: 256}) },
			"argument 2 of k: 256 does not fit a U8"},
		{"another width", func(f *Fn, p Ptr, n U32) { p.Kernel("k", record.Typed{Width: record.U64, Operand: n}) },
			"argument 2 of k is a U32; expected a U64"},
		{"another sign", func(f *Fn, p Ptr, n U32) { f.Kernel("k", record.Typed{Width: record.S32, Operand: n}) },
			"argument 1 of k is a U32; expected an S32"},
		{"a pointer", func(f *Fn, p Ptr, n U32) { f.Kernel("k", record.Typed{Width: record.S32, Operand: p}) },
			"argument 1 of k is a pointer; expected an S32"},
		{"a nil pointer", func(f *Fn, p Ptr, n U32) { f.Kernel("k", 0) }, ""},
		{"a Bool", func(f *Fn, p Ptr, n U32) { f.Kernel("k", n.Eq(1)) }, ""},
		{"a number for a Bool", func(f *Fn, p Ptr, n U32) { f.Kernel("k", record.Typed{Operand: n}) },
			"argument 1 of k is a U32; expected a Bool"},
		{"outside of a call", func(f *Fn, p Ptr, n U32) {
			n.Add(record.Typed{Width: record.U32, Operand: 1}).Add(record.Typed{Width: record.U32, Operand: n}).Var()
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(mistakesOf(c.fn), "; ")
			if got != c.want && !(c.name == "outside of a call" && strings.Contains(got, "not used")) {
				t.Errorf("mistakes %q, want %q", got, c.want)
			}
		})
	}
}

// Arguments of a call are not changed for the caller.
func TestCheckedOperandsStay(t *testing.T) {
	operands := []Operand{record.Typed{Width: record.U32, Operand: 1}, 0}
	Func("f", func(f *Fn) { f.Kernel("k", operands...) }).Body(false)
	if _, ok := operands[0].(record.Typed); !ok || operands[1] != 0 {
		t.Errorf("the caller's operands became %v", operands)
	}
	mixed := []Operand{nil, nil}
	Func("g", func(f *Fn) { f.Helper("bpf_spin_lock", mixed[:1]...) }).Body(false)
	if mixed[0] != nil {
		t.Errorf("the caller's operands became %v", mixed)
	}
}

func TestPathsOfParts(t *testing.T) {
	p := Func("f", func(f *Fn, p Ptr) U32 {
		return p.To("tcp_sock").Field("rtt_min.s").Index(2).Member("v").U32()
	})
	body := p.Body(false)
	if len(body.Mistakes()) > 0 {
		t.Fatal(body.Mistakes())
	}
	want := ir.Name{Kind: ir.FieldName, Name: "tcp_sock", Path: "rtt_min.s[2].v"}
	if got := body.IR.Names; len(got) != 1 || got[0] != want {
		t.Errorf("names %v, want %v", got, want)
	}
}
