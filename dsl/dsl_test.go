package dsl_test

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// line is the number of the line that calls it.
func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

// TestEveryConstructorKnowsItsLine calls one of each kind. Generated constructors are small enough to be inlined, which must not change
// the line.
func TestEveryConstructorKnowsItsLine(t *testing.T) {
	sub, subLine := dsl.Assembly("sub", dsl.Exit()), line()
	items := []struct {
		item dsl.Item
		line int
	}{
		{dsl.Mov64Imm(isa.R0, 1), line()},
		{dsl.LoadMem(isa.DW, isa.R0, isa.R1, 0), line()},
		{dsl.JEQ64Imm(isa.R0, 1, "out"), line()},
		{dsl.Jump("out"), line()},
		{dsl.MayGoto("out"), line()},
		{dsl.Label("out"), line()},
		{dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), line()},
		{dsl.StoreField(isa.R1, "tcp_sock", "snd_cwnd", isa.R0), line()},
		{dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_cwnd", 1), line()},
		{dsl.AddFieldOffset(isa.R1, "tcp_sock", "snd_cwnd"), line()},
		{dsl.CallKernel("tcp_slow_start"), line()},
		{dsl.Call(sub), line()},
		{dsl.LoadFunc(isa.R2, sub), line()},
		{dsl.LoadMap(isa.R1, nil), line()},
		{dsl.LoadMapData(isa.R1, nil, 4), line()},
		{dsl.Raw(isa.Exit()), line()},
		{dsl.Proto("u32", "struct sock *sk"), line()},
		{dsl.Sleepable(), line()},
	}
	for _, i := range items {
		pos := i.item.Pos()
		if filepath.Base(pos.File) != "dsl_test.go" || pos.Line != i.line ||
			!strings.HasSuffix(pos.Func, "TestEveryConstructorKnowsItsLine") {
			t.Errorf("%v is from %v in %s, want line %d of this test", i.item, pos, pos.Func, i.line)
		}
	}
	if sub.Pos.Line != subLine {
		t.Errorf("the program is from line %d, want %d", sub.Pos.Line, subLine)
	}
}

// half is a macro: the items have the lines in it.
func half(r isa.Register) []dsl.Item {
	return []dsl.Item{dsl.Rsh64Imm(r, 1)}
}

func TestMacrosHaveTheirOwnLines(t *testing.T) {
	if pos := half(isa.R0)[0].Pos(); !strings.HasSuffix(pos.Func, ".half") {
		t.Errorf("the line is in %s", pos.Func)
	}
}

func TestDeclarationsStandAnywhere(t *testing.T) {
	p := dsl.Assembly("p", dsl.Mov64Imm(isa.R0, 0), dsl.Sleepable(), dsl.Exit(), dsl.Proto("void"))
	if !p.Sleepable || p.Proto == nil || !p.Proto.Result.Void() || len(p.Items) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestProto(t *testing.T) {
	for _, tt := range []struct {
		result string
		params []string
		want   string // the prototype, or the error
	}{
		{"u32", []string{"struct sock *sk"}, "u32 (struct sock *sk)"},
		{"void", []string{"struct sock *sk", "u32 ack", "u32 acked"}, "void (struct sock *sk, u32 ack, u32 acked)"},
		{"int", nil, "int (void)"},
		{"void", []string{"const struct rate_sample *rs", "unsigned long", "unsigned int flags"},
			"void (struct rate_sample *rs, unsigned long, unsigned int flags)"},
		{"u64", []string{"struct sock*", "u8**p"}, "u64 (struct sock *, u8 **p)"},
		{"enum tcp_ca_event", []string{"enum tcp_ca_event ev"}, "enum tcp_ca_event (enum tcp_ca_event ev)"},
		{"u33", nil, `"u33": unknown C type "u33"`},
		{"", nil, `"": expected a C type`},
		{"u32 x", nil, `the result is "u32 x"; expected a type without a name`},
		{"u32", []string{"struct sock sk"}, `"struct sock sk": a struct is passed by pointer: write "struct sock *sk"`},
		{"u32", []string{"void"}, `parameter "void" cannot be void`},
		{"u32", []string{"u32 a b"}, `unknown C type "u32 a"`},
	} {
		p := dsl.Assembly("p", dsl.Proto(tt.result, tt.params...)).Proto
		got := p.String()
		if p.Err != nil {
			got = p.Err.Error()
		}
		if got != tt.want && (p.Err == nil || !strings.Contains(got, tt.want)) {
			t.Errorf("Proto(%q, %q) is %s, want %s", tt.result, tt.params, got, tt.want)
		}
	}
}

func TestWidthsOfIntegers(t *testing.T) {
	for name, want := range map[string]dsl.CType{
		"u8":                 {Name: "u8", Size: 1, Integer: true},
		"s16":                {Name: "s16", Size: 2, Signed: true, Integer: true},
		"int":                {Name: "int", Size: 4, Signed: true, Integer: true},
		"unsigned long long": {Name: "unsigned long long", Size: 8, Integer: true},
		"bool":               {Name: "bool", Size: 1, Integer: true},
	} {
		if got := dsl.Assembly("p", dsl.Proto(name)).Proto.Result; got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}

func TestProgramsAndSymbols(t *testing.T) {
	leaf := dsl.Assembly("leaf", dsl.CallKernel("tcp_slow_start"), dsl.Exit())
	middle := dsl.Assembly("middle", dsl.Call(leaf), dsl.Exit())
	top := dsl.Assembly("top", dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), dsl.Call(middle), dsl.Call(leaf), dsl.Exit())
	if got := top.Programs(); !slices.Equal(got, []*dsl.Program{top, middle, leaf}) {
		t.Errorf("programs %v", got)
	}
	if got := slices.Collect(top.Symbols()); !slices.Equal(got, []string{"tcp_sock", "tcp_slow_start"}) {
		t.Errorf("symbols %v", got)
	}
	middle.Append(dsl.Call(top)) // a circle, which compiling refuses
	if got := top.Programs(); len(got) != 3 {
		t.Errorf("%d programs", len(got))
	}
}

// A name that is missing here costs another pass over all of the kernel's BTF when the program is compiled.
func TestSymbolsOfAFunctionAreAllThatItLooksUp(t *testing.T) {
	leaf := dsl.Func("leaf", func(f *dsl.Fn, tp dsl.Ptr) dsl.U32 {
		f.Kernel("tcp_slow_start", tp, 1)
		return f.EnumValue("tcp_ca_state", "TCP_CA_Loss")
	})
	top := dsl.Func("top", func(f *dsl.Fn, tp dsl.Ptr) {
		f.IfType("bpf_cpumask", func() { f.Helper("bpf_ktime_get_ns") })
		tp.To("tcp_sock").Field("snd_cwnd").Set(1)
		f.Call(leaf, tp)
	})
	got := slices.Sorted(top.Symbols())
	if want := []string{"bpf_cpumask", "bpf_func_id", "tcp_ca_state", "tcp_slow_start", "tcp_sock"}; !slices.Equal(got, want) {
		t.Errorf("symbols %v, want %v", got, want)
	}
}
