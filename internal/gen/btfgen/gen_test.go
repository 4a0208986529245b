package btfgen_test

import (
	"bytes"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/gen/btfgen"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

// generated gives the file of that name, made of a fixture.
func generated(t *testing.T, types *btf.Types, name string, o btfgen.Options) string {
	t.Helper()
	files, err := btfgen.Generate(types, o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if f.Name == name {
			return string(f.Content)
		}
		names = append(names, f.Name)
	}
	t.Fatalf("no file %s among %v", name, names)
	return ""
}

func open(t *testing.T, kernel string) *btf.Types {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// has checks that a file has pieces of code.
func has(t *testing.T, file string, pieces ...string) {
	t.Helper()
	for _, p := range pieces {
		if !strings.Contains(file, p) {
			t.Errorf("the file lacks\n%s", p)
		}
	}
}

var tcpOptions = btfgen.Options{
	Package: "tcp", Types: []btfgen.Type{{Name: "tcp_sock"}, {Name: "sock", Go: "BaseSock"}, {Name: "minmax"}},
	Functions: []string{"tcp_slow_start", "tcp_reno_ssthresh", "cubictcp_register"}, Enums: []string{"tcp_ca_state"},
	Set: []string{"tcp_sock.snd_cwnd", "*.icsk_ca_priv"},
}

func TestTypesAndMembers(t *testing.T) {
	file := generated(t, open(t, "6.18"), "tcp_sock_btfgen.go", tcpOptions)
	has(t, file,
		"type Sock struct{ dsl.Ptr }\n",
		"// StructName makes Sock the type of a parameter; see dsl.Named.\nfunc (Sock) StructName() string { return \"tcp_sock\" }\n",
		"// SndCwnd reads u32 snd_cwnd.\nfunc (p Sock) SndCwnd() dsl.U32 { return p.Field(\"snd_cwnd\").U32() }\n",
		"// SetSndCwnd writes u32 snd_cwnd.\nfunc (p Sock) SetSndCwnd(v dsl.Operand) { p.Field(\"snd_cwnd\").Set(arg.U32(v)) }\n",
		// of a struct that it begins with, two and three levels inside
		"func (p Sock) IcskAckPending() dsl.U8 { return p.Field(\"inet_conn.icsk_ack.pending\").U8() }\n",
		"func (p Sock) SkPacingRate() dsl.U64 { return p.Field(\"inet_conn.icsk_inet.sk.sk_pacing_rate\").U64() }\n",
		// a bit field, a bool, an array
		"func (p Sock) IcskCaState() dsl.U8 { return p.Field(\"inet_conn.icsk_ca_state\").U8() }\n",
		"func (p Sock) IsMptcp() dsl.Bool { return p.Field(\"is_mptcp\").Bool() }\n",
		"func (p Sock) IcskCaPrivAddr() dsl.Ptr { return p.Field(\"inet_conn.icsk_ca_priv\").Addr(\"\") }\n",
		"func (p Sock) SetIcskCaPriv(i int, v dsl.Operand) {\n"+
			"\tp.Field(\"inet_conn.icsk_ca_priv\").Index(i).Set(arg.U64(v))\n}\n",
		// structs that have types, and one that has none
		"func (p Sock) AsBaseSock() BaseSock { return BaseSock{p.To(\"sock\")} }\n",
		"func (p Sock) RttMin() Minmax { return Minmax{p.Field(\"rtt_min\").Addr(\"minmax\")} }\n",
		"func (p Sock) AfSpecific() dsl.Ptr { return p.Field(\"af_specific\").Ptr(\"tcp_sock_af_ops\") }\n",
	)
	if strings.Contains(file, "SetSkPacingRate") || strings.Contains(file, "CachelineGroup") {
		t.Error("the file has what it should not")
	}
	has(t, generated(t, open(t, "6.18"), "minmax_btfgen.go", tcpOptions),
		"func (p Minmax) SV(i int) dsl.U32 { return p.Field(\"s\").Index(i).Member(\"v\").U32() }\n")
}

func TestFunctions(t *testing.T) {
	types := open(t, "6.18")
	has(t, generated(t, types, "tcp_sock_btfgen.go", tcpOptions),
		"// SlowStart calls the kernel function tcp_slow_start.\n//\n//\tu32 tcp_slow_start(struct tcp_sock *tp, u32 acked)\nfunc (p "+
			"Sock) SlowStart(acked dsl.Operand) dsl.U32 {\n\treturn p.Kernel(\"tcp_slow_start\", arg.U32(acked)).U32()\n}\n",
		"func (p Sock) RenoSsthresh() dsl.U32 {\n") // of what it begins with
	base := generated(t, types, "sock_btfgen.go", tcpOptions)
	has(t, base, "func (p BaseSock) RenoSsthresh() dsl.U32 {\n")
	if strings.Contains(base, "SlowStart") {
		t.Error("a method of tcp_sock is one of sock too")
	}
	has(t, generated(t, types, "functions_btfgen.go", tcpOptions),
		"func CubictcpRegister(f *dsl.Fn) dsl.S32 {\n\treturn f.Kernel(\"cubictcp_register\").S32()\n}\n")
}

func TestEnums(t *testing.T) {
	has(t, generated(t, open(t, "6.18"), "enums_btfgen.go", tcpOptions), "CAOpen     = 0 // TCP_CA_Open\n",
		"CACWR      = 2 // TCP_CA_CWR\n")
	scx := btfgen.Options{Package: "scx", Enums: []string{"scx_dsq_id_flags"}}
	has(t, generated(t, open(t, fixture.Scheduler), "enums_btfgen.go", scx), "DSQLocal        = uint64(0x8000000000000002) // "+
		"SCX_DSQ_LOCAL\n")
}

func TestContexts(t *testing.T) {
	o := btfgen.Options{Package: "ctx", Types: []btfgen.Type{{Name: "__sk_buff", Go: "SKB", Context: true}, {Name: "bpf_sock",
		Context: true}}, Strip: []string{"bpf_"}, Set: []string{btfgen.None}}
	file := generated(t, open(t, "6.18"), "sk_buff_btfgen.go", o)
	has(t, file, "// An SKB is the context", "type SKB struct{ dsl.Context }\n",
		"func (p SKB) DataEnd() dsl.Ptr { return p.PacketPtr(\"data_end\") }\n",
		"func (p SKB) Sk() Sock { return Sock{dsl.Context{Ptr: p.Field(\"sk\").Ptr(\"bpf_sock\")}} }\n")
	if strings.Contains(file, "func (p SKB) Set") {
		t.Error("nothing was to be written, and there are methods that do")
	}
}

func TestPatternsChooseMembers(t *testing.T) {
	o := btfgen.Options{Package: "scx", Types: []btfgen.Type{{Name: "task_struct", Go: "Task"}}, Members: []string{"task_struct.scx.s*",
		"task_struct.pid"}}
	file := generated(t, open(t, fixture.Scheduler), "task_struct_btfgen.go", o)
	has(t, file, "ScxSlice() dsl.U64", "Pid() dsl.S32")
	if strings.Contains(file, "Tgid") || strings.Contains(file, "ScxWeight") {
		t.Error("the file has members that were not asked for")
	}
}

// The same BTF gives the same files.
func TestOutputIsStable(t *testing.T) {
	first, err := btfgen.Generate(open(t, "6.18"), tcpOptions)
	if err != nil {
		t.Fatal(err)
	}
	second, err := btfgen.Generate(open(t, "6.18"), tcpOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i].Name != second[i].Name || !bytes.Equal(first[i].Content, second[i].Content) {
			t.Errorf("%s differs", first[i].Name)
		}
	}
}

// made is BTF with a struct and functions that have what makes trouble.
func made(t *testing.T) *btf.Types {
	t.Helper()
	u32 := &cbtf.Int{Name: "unsigned int", Size: 4}
	u8 := &cbtf.Int{Name: "unsigned char", Size: 1}
	inner := &cbtf.Struct{Name: "inner", Size: 8, Members: []cbtf.Member{{Name: "count", Type: u32}, {Name: "other",
		Type: u32, Offset: 32}}}
	odd := &cbtf.Struct{Name: "odd", Size: 36, Members: []cbtf.Member{
		{Name: "base", Type: inner},
		{Name: "offset", Type: u32, Offset: 64},
		{Name: "count", Type: u32, Offset: 96},
		{Name: "some_thing", Type: u32, Offset: 128},
		{Name: "some__thing", Type: u32, Offset: 160},
		{Name: "flag", Type: u8, Offset: 192, BitfieldSize: 1},
		{Name: "level", Type: u32, Offset: 193, BitfieldSize: 12},
		{Name: "", Type: &cbtf.Union{Size: 4, Members: []cbtf.Member{{Name: "word", Type: u32}, {Name: "bytes",
			Type: &cbtf.Array{Type: u8, Index: u32, Nelems: 4}}}}, Offset: 224},
		{Name: "ptr", Type: &cbtf.Pointer{Target: &cbtf.Fwd{Name: "odd"}}, Offset: 256},
	}}
	pointer := &cbtf.Pointer{Target: odd}
	param := func(name string, t cbtf.Type) cbtf.FuncParam { return cbtf.FuncParam{Name: name, Type: t} }
	fn := func(name string, result cbtf.Type, params ...cbtf.FuncParam) cbtf.Type {
		return &cbtf.Func{Name: name, Linkage: cbtf.GlobalFunc, Type: &cbtf.FuncProto{Return: result, Params: params}}
	}
	callback := &cbtf.Pointer{Target: &cbtf.FuncProto{Return: &cbtf.Void{}}}
	b, err := cbtf.NewBuilder([]cbtf.Type{odd,
		fn("odd_some_thing", u32, param("o", pointer), param("type", u32), param("p", pointer)),
		fn("odd_each", &cbtf.Void{}, param("fn", callback), param("aux__prog", pointer)),
		fn("odd_value", u32, param("o", inner)),
		fn("odd_many", u32, param("a", u32), param("b", u32), param("c", u32), param("d", u32), param("e", u32), param("f", u32)),
		fn("odd_print", u32, param("o", pointer), param("", &cbtf.Void{})),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := b.Marshal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	types, err := btf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func TestNamesThatWouldClash(t *testing.T) {
	o := btfgen.Options{Package: "made", Types: []btfgen.Type{{Name: "odd"}}, Functions: []string{"odd_*"}, Strip: []string{"odd_"}}
	file := generated(t, made(t), "odd_btfgen.go", o)
	has(t, file,
		"OffsetField() dsl.U32 { return p.Field(\"offset\").U32() }", // dsl.Ptr has an Offset
		"PtrField() Odd { return Odd{p.Field(\"ptr\").Ptr(\"odd\")} }",
		"Count() dsl.U32 { return p.Field(\"count\").U32() }", // its own, not that of what it begins with
		"Other() dsl.U32 { return p.Field(\"base.other\").U32() }",
		"SomeThing() dsl.U32 { return p.Field(\"some_thing\").U32() }",
		"SomeThing2() dsl.U32 { return p.Field(\"some__thing\").U32() }",
		"CallSomeThing(typeArg dsl.Operand, pArg dsl.StructPtr) dsl.U32 {", // the member has the name
		"Flag() dsl.U8 {", "Level() dsl.U16 {", "writes unsigned int level : 12.",
		"Word() dsl.U32 { return p.Field(\"word\").U32() }", "Bytes(i int) dsl.U8 {", // of an anonymous union
		"Print(more ...dsl.Operand) dsl.U32 {\n\treturn p.Kernel(\"odd_print\", append([]dsl.Operand{}, more...)...).U32()",
	)
	has(t, generated(t, made(t), "functions_btfgen.go", o),
		"// Left out: odd_value: parameter 1 is a struct inner, which does not fit a register.\n",
		"// Left out: odd_many: 6 parameters, and calls have at most 5.\n",
		"func Each(f *dsl.Fn, fn *dsl.Program) {\n\tf.Kernel(\"odd_each\", fn)\n}\n")
	// Asked for by name, they are an error.
	o.Functions = []string{"odd_value"}
	if _, err := btfgen.Generate(made(t), o); err == nil || !strings.Contains(err.Error(), "function odd_value: parameter 1") {
		t.Errorf("%v", err)
	}
}
