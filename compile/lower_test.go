package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// sock is a pointer to the kernel's struct tcp_sock.
type sock struct{ dsl.Ptr }

func (sock) StructName() string { return "tcp_sock" }

func (s sock) cwnd() dsl.U32 { return s.Field("snd_cwnd").U32() }

// structuredCode compiles a function for a fixture and gives its instructions, one a line.
func structuredCode(t *testing.T, kernel string, level isa.Level, order isa.ByteOrder, fn any) string {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	o, err := compile.Compile(dsl.Func("test", fn), compile.Target{BTF: types, Level: level, ByteOrder: order})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, ins := range o.Instructions {
		lines = append(lines, ins.String())
	}
	return strings.Join(lines, "\n")
}

var queue = &dsl.MapSpec{Name: "queue", Type: dsl.MapQueue, ValueSize: 4, MaxEntries: 1}

// TestLowering shows what functions become on several targets.
func TestLowering(t *testing.T) {
	for _, test := range []struct {
		name   string
		kernel string
		level  isa.Level
		order  isa.ByteOrder
		fn     any
		want   string
	}{
		{"a bit field is read as its bits", "6.18", isa.V3, isa.LittleEndian, func(f *dsl.Fn, tp sock) dsl.U32 {
			return tp.Field("is_cwnd_limited").U32()
		}, `r1 = *(u64 *)(r1 +0)
r0 = *(u8 *)(r1 +1463)
w0 >>= 3
w0 &= 1
exit`},
		{"and from the other end on big-endian machines", "6.18", isa.V3, isa.BigEndian, func(f *dsl.Fn, tp sock) dsl.U32 {
			return tp.Field("is_cwnd_limited").U32()
		}, `r1 = *(u64 *)(r1 +0)
r0 = *(u8 *)(r1 +1463)
w0 >>= 4
w0 &= 1
exit`},
		{"a bit field is written among the others", "6.18", isa.V3, isa.LittleEndian, func(f *dsl.Fn, tp sock, v dsl.U8) {
			tp.Field("is_cwnd_limited").Set(v)
		}, `r0 = *(u64 *)(r1 +0)
r1 = *(u8 *)(r1 +8)
w1 &= 1
w1 <<= 3
r2 = *(u8 *)(r0 +1463)
w2 &= -9
w1 |= w2
*(u8 *)(r0 +1463) = r1
exit`},
		{"the arm that the target lacks is left out", "6.1", isa.V3, isa.LittleEndian, func(f *dsl.Fn, tp sock) dsl.U32 {
			v := f.VarU32(1)
			f.IfField("tcp_sock", "no_such_field", func() { v.Set(tp.Field("no_such_field").U32()) })
			f.IfKfunc("tcp_slow_start", func() { v.Set(2) }).Else(func() { v.Set(f.Kernel("no_such_function").U32()) })
			f.IfType("no_such_type", func() { v.Set(3) })
			return v.Get()
		}, `r0 = 2
exit`},
		{"before Linux 6.3 constants come into the context by registers", "6.1", isa.V3, isa.LittleEndian,
			func(f *dsl.Fn, c dsl.ContextOf[[4]uint32]) dsl.U32 {
				c.U32("[1]").Set(7)
				return f.U32(0)
			}, `r2 = 7
*(u32 *)(r1 +4) = r2
r0 = 0
exit`},
		{"before Linux 6.4 maps gave errors in 32 bits", "6.1", isa.V3, isa.LittleEndian, func(f *dsl.Fn) dsl.S64 {
			return f.Helper("bpf_map_pop_elem", queue, dsl.Local[uint32](f)).S64()
		}, `*(u32 *)(r10 -8) = 0
r1 = map[fd:0]
r2 = r10
r2 += -8
call bpf_map_pop_elem#88
r0 <<= 32
r0 s>>= 32
exit`},
		{"a loop that may_goto is all of is left out", "6.18", isa.V4, isa.LittleEndian, func(f *dsl.Fn) dsl.U32 {
			v := f.VarU32(0)
			f.While(func() dsl.Bool { return v.Lt(1).And(f.U64(0).Lt(0)) }, func() { v.Inc(1) })
			return f.U32(0)
		}, `r0 = 0
exit`},
		{"constants of enums are the target's", "6.18", isa.V3, isa.LittleEndian, func(f *dsl.Fn, tp sock) dsl.U32 {
			return f.EnumValue("tcp_ca_state", "TCP_CA_Loss")
		}, `r0 = 4
exit`},
		{"before v2 there is no less-than", "6.18", isa.V1, isa.LittleEndian, func(f *dsl.Fn, tp sock) dsl.U32 {
			return tp.cwnd().Max(5)
		}, `r1 = *(u64 *)(r1 +0)
r0 = *(u32 *)(r1 +1444)
if r0 >= 0x5 goto pc+1
r0 = 5
exit`},
		{"before v3 signed numbers of 32 bits are compared in 64", "6.18", isa.V2, isa.LittleEndian,
			func(f *dsl.Fn, tp sock, x, y dsl.S32) dsl.U32 {
				return x.Lt(y).U32()
			}, `r2 = *(u32 *)(r1 +8)
r1 = *(u32 *)(r1 +16)
r2 <<= 32
r1 <<= 32
r0 = 1
if r2 s< r1 goto pc+1
r0 = 0
exit`},
		{"before v4 signed division goes by the unsigned one", "6.18", isa.V3, isa.LittleEndian,
			func(f *dsl.Fn, tp sock, x dsl.S64) dsl.S64 {
				return x.Div(10)
			}, `r0 = *(u64 *)(r1 +8)
r1 = r0
r1 s>>= 63
r0 ^= r1
r0 -= r1
r0 /= 10
r0 ^= r1
r0 -= r1
exit`},
		{"from v4 on there is one", "6.18", isa.V4, isa.LittleEndian, func(f *dsl.Fn, tp sock, x dsl.S64) dsl.S64 {
			return x.Div(10)
		}, `r0 = *(u64 *)(r1 +8)
r0 s/= 10
exit`},
		{"numbers are widened with their sign", "6.18", isa.V4, isa.LittleEndian, func(f *dsl.Fn, tp sock, x dsl.S32) dsl.S64 {
			return x.S64()
		}, `r0 = *(s32 *)(r1 +8)
exit`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, structuredCode(t, test.kernel, test.level, test.order, test.fn)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAKernelOfALevelMayLackItsNewest: 6.8 takes level 4, but no may_goto.
func TestAKernelOfALevelMayLackItsNewest(t *testing.T) {
	count := func(f *dsl.Fn, n dsl.U32) dsl.S64 {
		v := f.VarU32(0)
		f.While(func() dsl.Bool { return v.Lt(n) }, func() { v.Inc(1) })
		return v.Get().S32().S64().Div(n.S32().S64())
	}
	for kernel, rule := range map[isa.KernelVersion]mistake.Kind{{}: mistake.None, {Major: 6, Minor: 8}: mistake.NeedsLevel,
		{Major: 6, Minor: 9}: mistake.None} {
		_, err := compile.Compile(dsl.Func("test", count), compile.Target{Level: isa.V4, Kernel: kernel})
		var findings mistake.Findings
		errors.As(err, &findings)
		switch {
		case rule == mistake.None && err != nil:
			t.Errorf("Linux %v: %v", kernel, err)
		case rule != mistake.None && (len(findings) != 1 || findings[0].Kind != rule ||
			!strings.Contains(err.Error(), "came with Linux 6.9, but the target is Linux 6.8")):
			t.Errorf("Linux %v: %v, want %s", kernel, err, rule)
		}
	}
}

// TestWhatTheTargetLacks: what a function cannot do without is a finding that
// names it, at its line.
func TestWhatTheTargetLacks(t *testing.T) {
	for _, test := range []struct {
		name  string
		level isa.Level
		fn    any
		rule  mistake.Kind
		text  string
	}{
		{"a field", 0, func(f *dsl.Fn, tp sock) dsl.U32 { return tp.Field("snd_cwind").U32() }, mistake.UnknownField,
			"did you mean snd_cwnd?"},
		{"a kernel function", 0, func(f *dsl.Fn, tp sock) { f.Kernel("tcp_slow_star", tp, 1) }, mistake.UnknownFunction,
			"did you mean tcp_slow_start?"},
		{"an enum's constant", 0, func(f *dsl.Fn, tp sock) dsl.U32 { return f.EnumValue("tcp_ca_state", "TCP_CA_Lost") },
			mistake.UnknownField, "TCP_CA_Lost"},
		{"may_goto", isa.V3, func(f *dsl.Fn, tp sock) {
			v := f.VarU32(0)
			f.While(func() dsl.Bool { return v.Lt(tp.cwnd()) }, func() { v.Inc(1) })
		}, mistake.NeedsLevel, "may_goto"},
		{"a wider field than is read", 0, func(f *dsl.Fn, tp sock) dsl.U16 { return tp.Field("snd_cwnd").U16() }, mistake.FieldType,
			"read it with U32"},
		{"a pointer read as a number", 0, func(f *dsl.Fn, tp sock) dsl.U64 { return tp.Field("inet_conn.icsk_ca_ops").U64() },
			mistake.FieldType, "read it with Ptr"},
		{"too many arguments", 0, func(f *dsl.Fn, tp sock) { f.Kernel("tcp_slow_start", tp, 1, 2) }, mistake.BadArguments,
			"needs 2 arguments, but is called with 3"},
		{"a number for a pointer", 0, func(f *dsl.Fn, tp sock) { f.Kernel("tcp_slow_start", tp.cwnd(), 1) }, mistake.BadArguments,
			"is a number; expected a pointer"},
		{"more state than there is room", 0, func(f *dsl.Fn, tp sock) {
			dsl.Cells[struct{ A [14]dsl.CellU64 }](tp.Field("inet_conn.icsk_ca_priv")).A[0].Set(1)
		}, mistake.FieldType, "has 104 bytes, but the state placed there has 112"},
	} {
		t.Run(test.name, func(t *testing.T) {
			types, err := fixture.Open("6.18")
			if err != nil {
				t.Fatal(err)
			}
			_, err = compile.Compile(dsl.Func("test", test.fn), compile.Target{BTF: types, Level: test.level, ByteOrder: isa.LittleEndian})
			var findings mistake.Findings
			if !errors.As(err, &findings) || findings[0].Kind != test.rule || !strings.Contains(findings[0].Error(), test.text) {
				t.Fatalf("got %v, want %s with %q", err, test.rule, test.text)
			}
			if !strings.HasSuffix(findings[0].Position.File, "lower_test.go") {
				t.Errorf("the finding is at %v", findings[0].Position)
			}
		})
	}
}

type halver struct{ by uint32 }

func (h halver) halve(f *dsl.Fn, tp sock) dsl.U32 { // line of the method
	return tp.cwnd().Div(h.by)
}

// TestMethodsHaveTheirLines: of a method value, findings and code name the
// method's line, and not that of the wrapper that Go makes.
func TestMethodsHaveTheirLines(t *testing.T) {
	p := dsl.Func("halve", halver{2}.halve)
	if !strings.HasSuffix(p.Pos.File, "lower_test.go") || !strings.Contains(p.Pos.Func, "halve") {
		t.Errorf("the program is at %v in %s", p.Pos, p.Pos.Func)
	}
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	o, err := compile.Compile(p, compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
	if err != nil {
		t.Fatal(err)
	}
	for slot := range o.Slots() {
		if pos := o.Pos(slot); !strings.HasSuffix(pos.File, "lower_test.go") {
			t.Errorf("slot %d is at %v", slot, pos)
		}
	}
}

// TestHelpersOfTheTarget: a helper that the target's kernel does not have is a
// finding.
func TestHelpersOfTheTarget(t *testing.T) {
	var b btf.Builder
	b.Enum("bpf_func_id", btf.Enumerator{Name: "BPF_FUNC_ktime_get_ns", Value: 5})
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	types, err := btf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ptr) dsl.U32 { return f.U32(0) })
	_, err = compile.Compile(dsl.Func("test", func(f *dsl.Fn, ctx dsl.Context) dsl.U64 {
		f.Loop(10, turn, dsl.Local[uint64](f))
		return f.Helper("bpf_ktime_get_ns").U64()
	}), compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) != 1 || findings[0].Kind != mistake.UnknownFunction ||
		!strings.Contains(findings[0].Detail, "bpf_loop") {
		t.Errorf("got %v, want that the kernel has no bpf_loop", err)
	}
}
