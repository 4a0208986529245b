package arg_test

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/dsl/arg"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

// TestOperandsMustBeWhatTheyAreNamedAfter: each is correct, or the mistake has the number of the argument.
func TestOperandsMustBeWhatTheyAreNamedAfter(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		operand func(n dsl.U32) dsl.Operand
		want    string // "" for a right one
	}{
		{"the number", func(n dsl.U32) dsl.Operand { return arg.U32(n) }, ""},
		{"a variable", func(n dsl.U32) dsl.Operand { return arg.U32(n.Var()) }, ""},
		{"a constant", func(dsl.U32) dsl.Operand { return arg.U32(7) }, ""},
		{"a Go bool", func(dsl.U32) dsl.Operand { return arg.Bool(true) }, ""},
		{"another sign", func(n dsl.U32) dsl.Operand { return arg.S32(n) }, "argument 2 of tcp_slow_start is a U32"},
		{"another width", func(n dsl.U32) dsl.Operand { return arg.U64(n) }, "argument 2 of tcp_slow_start is a U32"},
		{"a constant that does not fit", func(dsl.U32) dsl.Operand { return arg.U8(256) }, "argument 2 of tcp_slow_start: 256"},
		{"a number for a Bool", func(n dsl.U32) dsl.Operand { return arg.Bool(n) }, "expected a Bool"},
	} {
		p := dsl.Func("f", func(f *dsl.Fn, sk dsl.Ptr, n dsl.U32) dsl.U32 {
			return sk.To("tcp_sock").Kernel("tcp_slow_start", c.operand(n)).U32()
		})
		_, err := compile.Compile(p, compile.Target{BTF: types, Unchecked: true})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
