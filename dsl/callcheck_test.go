package dsl

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
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
		{"the type", func(f *Fn, p Ptr, n U32) { KernelMethod(p, "k", As[U32](n)) }, ""},
		{"a variable", func(f *Fn, p Ptr, n U32) { KernelMethod(p, "k", As[U32](n.Var())) }, ""},
		{"a constant", func(f *Fn, p Ptr, n U32) { KernelMethod(p, "k", As[U8](255)) }, ""},
		{"a constant that does not fit", func(f *Fn, p Ptr, n U32) { KernelMethod(p, "k", As[U8](256)) }, "argument 2 of k: 256 is no U8"},
		{"another width", func(f *Fn, p Ptr, n U32) { KernelMethod(p, "k", As[U64](n)) }, "argument 2 of k is a U32, and a U64 is wanted"},
		{"another sign", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", As[S32](n)) }, "argument 1 of k is a U32, and a S32 is wanted"},
		{"a pointer", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", As[S32](p)) }, "argument 1 of k is a pointer, and a S32 is wanted"},
		{"a nil pointer", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", AsPtr(nil)) }, ""},
		{"a Bool", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", AsBool(n.Eq(1))) }, ""},
		{"a Go bool", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", AsBool(true)) }, ""},
		{"a number for a Bool", func(f *Fn, p Ptr, n U32) { KernelFunction(f, "k", AsBool(n)) }, "argument 1 of k is a U32, and a Bool is wanted"},
		{"outside of a call", func(f *Fn, p Ptr, n U32) { n.Add(As[U32](1)).Add(As[U32](n)).Var() }, ""},
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
	operands := []Operand{As[U32](1), AsPtr(nil)}
	Func("f", func(f *Fn) { KernelFunction(f, "k", operands...) }).Body(false)
	if _, ok := operands[0].(typed); !ok || operands[1] != 0 {
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
