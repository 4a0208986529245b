package compile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

func kernelTypes(t testing.TB, kernel string) *btf.Types {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// ssthresh is a place that passes one socket and takes a number.
func ssthresh() *compile.Place {
	return &compile.Place{
		Type: linux.ProgTypeStructOps, Struct: "tcp_congestion_ops", Member: "ssthresh",
		Signature: &place.Signature{
			Text:   "u32 (*)(struct sock *sk)",
			Params: []place.Param{{Name: "sk", Type: &cbtf.Pointer{Target: &cbtf.Fwd{Name: "sock"}}}},
			Result: &cbtf.Int{Name: "unsigned int", Size: 4},
		},
		Writable: []place.Field{{Struct: "tcp_sock", Path: "snd_cwnd"}, {Struct: "inet_connection_sock", Path: "icsk_ca_priv"}},
		Casts:    []place.Cast{{From: "sock", To: "tcp_sock"}},
		KernelForbidden: func(name string) (string, []string) {
			if name == "tcp_v4_rcv" {
				return "it is not offered to tcp_congestion_ops", []string{"tcp_slow_start", "tcp_cong_avoid_ai"}
			}
			return "", nil
		},
		HelperForbidden: func(id int32) string {
			if id == 49 { // bpf_setsockopt
				return "not in this member"
			}
			return ""
		},
	}
}

// maybe is a place whose argument may be nil and which takes nothing.
func maybe() *compile.Place {
	p := ssthresh()
	p.Member, p.Signature.Result = "test_1", &cbtf.Void{}
	p.Signature.Params[0].Nullable = true
	return p
}

// control passes a socket and a struct that nobody may write.
func control() *compile.Place {
	p := ssthresh()
	p.Signature.Params = append(p.Signature.Params,
		place.Param{Name: "rs", Type: &cbtf.Pointer{Target: &cbtf.Const{Type: &cbtf.Fwd{Name: "rate_sample"}}}})
	return p
}

func target(t testing.TB, p *compile.Place) compile.Target {
	return compile.Target{BTF: kernelTypes(t, "6.18"), ByteOrder: isa.LittleEndian, Place: p}
}

const (
	r0, r1, r2, r3, r6, fp = isa.R0, isa.R1, isa.R2, isa.R3, isa.R6, isa.R10
	dw, w                  = isa.DW, isa.W
)

var sk = dsl.LoadMem(dw, r1, r1, 0)

// TestFindings holds the message of each kind of mistake. Each program has one
// mistake, or those that its row lists, and each finding points to this file.
func TestFindings(t *testing.T) {
	sub := dsl.Assembly("helper", dsl.Proto("u32", "u32 a", "u32 b"), dsl.Mov64Reg(r0, r2), dsl.Exit())
	sloppy := dsl.Assembly("sloppy", dsl.Proto("u32"), dsl.Exit())
	for _, tt := range []struct {
		name  string
		place *compile.Place
		items []dsl.Item
		rule  mistake.Kind
		want  string // a part of the message
	}{
		{"no instructions", ssthresh(), nil, mistake.EmptyProgram, "the program has no instructions"},
		{"nil callee", ssthresh(), []dsl.Item{dsl.Call(nil), dsl.Mov64Imm(r0, 0), dsl.Exit()}, mistake.EmptyProgram,
			"the called program is nil"},
		{"bad proto", ssthresh(), []dsl.Item{dsl.Proto("u33"), dsl.Mov64Imm(r0, 0), dsl.Exit()}, mistake.BadProto, `unknown C type "u33"`},
		{"struct by value", ssthresh(), []dsl.Item{dsl.Proto("u32", "struct sock sk"), dsl.Mov64Imm(r0, 0), dsl.Exit()}, mistake.BadProto,
			`write "struct sock *sk"`},
		{"unknown label", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.JEQ64Imm(r0, 1, "aut"), dsl.Label("out"), dsl.Exit()},
			mistake.UnknownLabel, "no label \"aut\" in this program\n\thelp: did you mean \"out\"?"},
		{"duplicate label", ssthresh(), []dsl.Item{dsl.Label("a"), dsl.Mov64Imm(r0, 0), dsl.Label("a"), dsl.JEQ64Imm(r0, 1, "a"),
			dsl.Exit()}, mistake.DuplicateLabel, `the label "a" is defined twice`},
		{"label at the end", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Jump("end"), dsl.Label("end")}, mistake.JumpOutside,
			`the label "end" is after the last instruction`},
		{"jump out", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Raw(isa.JEQ64Imm(r0, 0, 9)), dsl.Exit()}, mistake.JumpOutside,
			"jumps out of the function: to slot 11 of 3"},
		{"jump before the start", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Raw(isa.JEQ64Imm(r0, 1, -3)), dsl.Exit()},
			mistake.JumpOutside, "to slot -1"},
		{"jump into a 64-bit load", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Raw(isa.JEQ64Imm(r0, 1, 1)), dsl.LoadImm64(r0, 1),
			dsl.Exit()}, mistake.JumpOutside, "into the middle of a 64-bit load"},
		{"no exit", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0)}, mistake.NoExit, "goes on past its last instruction"},
		{"unreachable", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit(), dsl.Mov64Imm(r0, 1), dsl.Exit()}, mistake.Unreachable,
			`no path reaches "r0 = 1"`},
		{"unknown field", ssthresh(), []dsl.Item{sk, dsl.LoadField(r0, r1, "tcp_sock", "snd_cwdn"), dsl.Exit()}, mistake.UnknownField,
			"did you mean snd_cwnd?"},
		{"unknown struct", ssthresh(), []dsl.Item{sk, dsl.LoadField(r0, r1, "tcp_sok", "snd_cwnd"), dsl.Exit()}, mistake.UnknownField,
			"did you mean tcp_sock?"},
		{"array as a whole", ssthresh(), []dsl.Item{sk, dsl.LoadField(r0, r1, "inet_connection_sock", "icsk_ca_priv"), dsl.Exit()},
			mistake.NotScalar, `such as "icsk_ca_priv[0]"`},
		{"store to a bit field", ssthresh(), []dsl.Item{sk, dsl.Mov64Imm(r0, 0), dsl.StoreField(r1, "tcp_sock", "is_cwnd_limited", r0),
			dsl.Exit()}, mistake.NotScalar, "bit field"},
		{"unknown function", ssthresh(), []dsl.Item{sk, dsl.CallKernel("tcp_reno_sstresh"), dsl.Exit()}, mistake.UnknownFunction,
			"did you mean tcp_reno_ssthresh?"},
		{"forbidden function", ssthresh(), []dsl.Item{sk, dsl.CallKernel("tcp_v4_rcv"), dsl.Exit()}, mistake.KernelForbidden,
			"allowed: tcp_slow_start, tcp_cong_avoid_ai"},
		{"forbidden helper", ssthresh(), []dsl.Item{dsl.CallHelper(49), dsl.Exit()}, mistake.HelperForbidden,
			"helper bpf_setsockopt may not be called here: "},
		{"no result", ssthresh(), []dsl.Item{dsl.Exit()}, mistake.NoResult,
			"r0, the result, has no value at the end\n\ttcp_congestion_ops.ssthresh is u32 (*)(struct sock *sk)\n\thelp: set r0 on " +
				"every path to here"},
		{"no result on one path", ssthresh(), []dsl.Item{sk, dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd"), dsl.JEQ32Imm(r2, 7, "out"),
			dsl.Mov64Imm(r0, 1), dsl.Label("out"), dsl.Exit()}, mistake.NoResult, "r0, the result, has no value"},
		{"pointer result", ssthresh(), []dsl.Item{dsl.LoadMem(dw, r0, r1, 0), dsl.Exit()}, mistake.PointerResult,
			"r0 holds a pointer at the end, but ssthresh must return a number"},
		{"unset register", ssthresh(), []dsl.Item{dsl.Mov64Reg(r0, r3), dsl.Exit()}, mistake.Uninitialised,
			`"r0 = r3": r3 has no value here: it was never written on the path to here`},
		{"lost at a call", ssthresh(), []dsl.Item{sk, dsl.CallKernel("tcp_reno_ssthresh"), dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"),
			dsl.Exit()}, mistake.Uninitialised, "a call overwrites r0 to r5"},
		{"unset argument", ssthresh(), []dsl.Item{sk, dsl.CallKernel("tcp_slow_start"), dsl.Exit()}, mistake.Uninitialised,
			"argument acked (r2) of tcp_slow_start has no value\n\tit is u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)"},
		{"unset argument of a subprogram", ssthresh(), []dsl.Item{dsl.Call(sub), dsl.Exit()}, mistake.Uninitialised,
			`(helper): "r0 = r2": r2 has no value here`},
		{"void kernel function", ssthresh(), []dsl.Item{sk, dsl.Mov64Imm(r2, 1), dsl.Mov64Imm(r3, 1), dsl.CallKernel("tcp_cong_avoid_ai"),
			dsl.Exit()}, mistake.NoResult, "r0, the result, has no value"},
		{"subprogram without result", ssthresh(), []dsl.Item{dsl.Call(sloppy), dsl.Exit()}, mistake.NoResult,
			"r0, the result, has no value"},
		{"frame pointer", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Add64Imm(fp, 8), dsl.Exit()}, mistake.FramePointer,
			"writes r10, but the frame pointer is read-only"},
		{"stack below", ssthresh(), []dsl.Item{dsl.StoreImm(dw, fp, -520, 0), dsl.Mov64Imm(r0, 0), dsl.Exit()}, mistake.StackBounds,
			"8 bytes at -520 from r10 reaches outside of the stack"},
		{"stack above", ssthresh(), []dsl.Item{dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -4), dsl.StoreImm(dw, r2, 0, 0), dsl.Mov64Imm(r0, 0),
			dsl.Exit()}, mistake.StackBounds, "8 bytes at -4 from r10 reaches outside of the stack"},
		{"stack misaligned", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.StoreMem(w, fp, -6, r0), dsl.Exit()}, mistake.Misaligned,
			"4 bytes at -6 from r10: on the stack, the offset must be a multiple of 4"},
		{"load misaligned", ssthresh(), []dsl.Item{dsl.StoreImm(dw, fp, -8, 0), dsl.StoreImm(dw, fp, -16, 0), dsl.LoadMem(dw, r0, fp, -12),
			dsl.Exit()}, mistake.Misaligned, "a multiple of 8"},
		{"endless loop", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Label("a"), dsl.Jump("a")}, mistake.EndlessLoop,
			`"jump to \"a\"": no path from here reaches an exit`},
		{"endless loop of two", ssthresh(), []dsl.Item{dsl.Label("a"), dsl.Mov64Imm(r0, 0), dsl.Jump("a")}, mistake.EndlessLoop,
			"no path from here reaches an exit"},
		{"endless loop behind a branch", ssthresh(),
			[]dsl.Item{sk, dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd"), dsl.Mov64Imm(r0, 0), dsl.JEQ32Imm(r2, 7, "a"), dsl.Exit(),
				dsl.Label("a"), dsl.Jump("a")}, mistake.EndlessLoop, "no path from here reaches an exit"},
		{"call of nothing", ssthresh(), []dsl.Item{dsl.Raw(isa.CallRel(100)), dsl.Exit()}, mistake.JumpOutside,
			`"call pc+100" jumps to slot 101, where no instruction begins`},
		{"call into a 64-bit load", ssthresh(), []dsl.Item{dsl.LoadImm64(r0, 1), dsl.Raw(isa.CallRel(-2)), dsl.Exit()},
			mistake.JumpOutside, "jumps to slot 1, where no instruction begins"},
		{"helper below 0", ssthresh(), []dsl.Item{dsl.CallHelper(-5), dsl.Exit()}, mistake.BadInstruction,
			"there is no helper with the number -5"},
		{"no such argument", ssthresh(), []dsl.Item{dsl.LoadMem(dw, r0, r1, 8), dsl.Exit()}, mistake.NoArgument,
			"argument 1 does not exist: ssthresh has 1\n\ttcp_congestion_ops.ssthresh is u32 (*)(struct sock *sk)\n\thelp: arguments " +
				"are counted from 0: 0 (sk) at offset 0; did you mean offset 0?"},
		{"narrow pointer", ssthresh(), []dsl.Item{dsl.LoadMem(w, r0, r1, 0), dsl.Exit()}, mistake.ArgumentWidth,
			"argument 0 (sk) of ssthresh is a pointer and must be read with 8 bytes, not with 4"},
		{"within an argument", ssthresh(), []dsl.Item{dsl.LoadMem(w, r0, r1, 4), dsl.Exit()}, mistake.ArgumentWidth,
			"offset 4 is inside argument 0 (sk) of ssthresh"},
		{"context write", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.StoreMem(dw, r1, 0, r0), dsl.Exit()}, mistake.ContextWrite,
			"the arguments of ssthresh cannot be written"},
		{"nil not checked", maybe(), []dsl.Item{sk, dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"), dsl.Exit()}, mistake.MaybeNil,
			"r1, argument 0 (sk), may be nil: it was not compared with 0 on the path to here"},
		{"nil checked", maybe(), []dsl.Item{sk, dsl.Mov64Imm(r0, 0), dsl.JNE64Imm(r1, 0, "use"), dsl.Jump("out"), dsl.Label("use"),
			dsl.LoadMem(w, r0, r1, 0), dsl.Label("out"), dsl.Exit()}, mistake.None, ""},
		{"read-only field", ssthresh(),
			[]dsl.Item{sk, dsl.Mov64Imm(r0, 0), dsl.StoreField(r1, "tcp_sock", "snd_ssthresh", r0), dsl.Exit()}, mistake.ReadOnlyField,
			"tcp_sock.snd_ssthresh, at offset 1492, cannot be written here\n\thelp: writable: snd_cwnd, icsk_ca_priv"},
		{"read-only field by offset", ssthresh(), []dsl.Item{sk, dsl.Mov64Imm(r0, 0), dsl.StoreMem(w, r1, 1492, r0), dsl.Exit()},
			mistake.ReadOnlyField, "tcp_sock.snd_ssthresh, at offset 1492, cannot be written here"},
		{"write too wide", ssthresh(), []dsl.Item{sk, dsl.Mov64Imm(r0, 0), dsl.StoreMem(dw, r1, 1444, r0), dsl.Exit()},
			mistake.WriteTooWide, "8 bytes are written to tcp_sock.snd_cwnd at offset 1444, where only 4 may be written"},
		{"read-only struct", control(), []dsl.Item{dsl.LoadMem(dw, r1, r1, 8), dsl.Mov64Imm(r0, 0),
			dsl.StoreField(r1, "rate_sample", "rtt_us", r0), dsl.Exit()}, mistake.ReadOnlyStruct, "struct rate_sample is read-only here"},
		{"shift", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Lsh32Imm(r0, 32), dsl.Exit()}, mistake.BadInstruction,
			"Linux does not accept the constant 32 here\n\thelp: the shift must be 0 to 31"},
		{"division by zero", ssthresh(), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Div64Imm(r0, 0), dsl.Exit()}, mistake.BadInstruction,
			"the divisor must not be 0"},
		{"register 11", ssthresh(), []dsl.Item{dsl.Mov64Imm(11, 0), dsl.Mov64Imm(r0, 0), dsl.Exit()}, mistake.BadInstruction, "11"},
		{"no such size", ssthresh(), []dsl.Item{sk, dsl.LoadMemSX(dw, r0, r1, 0), dsl.Exit()}, mistake.BadInstruction, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile.Compile(dsl.Assembly("bad", tt.items...), target(t, tt.place))
			if tt.rule == mistake.None {
				if err != nil {
					t.Fatalf("a sound program is refused: %v", err)
				}
				return
			}
			var findings mistake.Findings
			if !errors.As(err, &findings) {
				t.Fatalf("no findings, but %v", err)
			}
			if slips := english.Slips(err.Error()); len(slips) > 0 {
				t.Errorf("%q in %v", slips, err)
			}
			if len(findings) != 1 || findings[0].Kind != tt.rule || !strings.Contains(findings[0].Error(), tt.want) {
				t.Fatalf("got\n%v\nwant one finding %s with %q", err, tt.rule, tt.want)
			}
			if pos := findings[0].Position; filepath.Base(pos.File) != "compile_test.go" {
				t.Errorf("the finding points to %v, not to this file", pos)
			}
		})
	}
}

func TestFindingsComeTogether(t *testing.T) {
	p := dsl.Assembly("three",
		dsl.Proto("u32", "strukt sock *sk"),
		dsl.LoadMem(dw, r1, r1, 0),
		dsl.LoadField(r0, r1, "tcp_sock", "nothing_like_it"),
		dsl.JEQ64Imm(r0, 1, "nowhere"),
		dsl.Exit(),
	)
	_, err := compile.Compile(p, target(t, ssthresh()))
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) != 3 {
		t.Fatalf("got %v, want three findings", err)
	}
	_, file, _, _ := runtime.Caller(0)
	for i, f := range findings {
		if f.Position.File != file || f.Program != "three" {
			t.Errorf("finding %d is at %v in %s", i, f.Position, f.Program)
		}
	}
}

func TestRecursionIsFound(t *testing.T) {
	a := dsl.Assembly("a")
	b := dsl.Assembly("b", dsl.Call(a), dsl.Exit())
	a.Append(dsl.Call(b), dsl.Exit())
	_, err := compile.Compile(a, compile.Target{})
	var findings mistake.Findings
	if !errors.As(err, &findings) || findings[0].Kind != mistake.Recursion {
		t.Errorf("got %v", err)
	}
}

func TestNilProgram(t *testing.T) {
	if _, err := compile.Compile(nil, compile.Target{}); err == nil {
		t.Error("a nil program compiles")
	}
}

func TestNamesNeedBTF(t *testing.T) {
	_, err := compile.Compile(dsl.Assembly("p", dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"),
		dsl.CallKernel("tcp_slow_start"), dsl.Exit()),
		compile.Target{})
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) != 2 || findings[0].Kind != mistake.NeedsBTF {
		t.Errorf("got %v", err)
	}
}

func TestLevelIsHeld(t *testing.T) {
	p := dsl.Assembly("p", dsl.Mov64Imm(r0, 3), dsl.SDiv64Imm(r0, 2), dsl.JEQ32Imm(r0, 1, "out"), dsl.Label("out"), dsl.Exit())
	for level, want := range map[isa.Level]int{isa.V1: 2, isa.V2: 2, isa.V3: 1, isa.V4: 0, 0: 0} {
		_, err := compile.Compile(p, compile.Target{Level: level})
		var findings mistake.Findings
		errors.As(err, &findings)
		if len(findings) != want {
			t.Errorf("level %v: %v, want %d findings", level, err, want)
		}
	}
}

// TestFieldsFollowTheTarget compiles one program for three kernels: offsets
// are theirs (read with bpftool btf dump).
func TestFieldsFollowTheTarget(t *testing.T) {
	p := dsl.Assembly("ssthresh", sk, dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"), dsl.Exit())
	for kernel, offset := range map[string]int16{"6.1": 1776, "6.12": 1500, "6.18": 1444} {
		types := kernelTypes(t, kernel)
		o, err := compile.Compile(p, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Place: ssthresh()})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Instructions[1]; got != isa.LoadMem(w, r0, r1, offset) {
			t.Errorf("%s: %v, want offset %d", kernel, got, offset)
		}
	}
}

func TestBitFields(t *testing.T) {
	p := dsl.Assembly("p", sk, dsl.LoadField(r0, r1, "tcp_sock", "is_cwnd_limited"), dsl.Exit())
	o, err := compile.Compile(p, target(t, ssthresh()))
	if err != nil {
		t.Fatal(err)
	}
	// Byte 1463, bit 3 (bpftool: bits_offset=11707 bitfield_size=1).
	want := []isa.Instruction{isa.LoadMem(dw, r1, r1, 0), isa.LoadMem(isa.B, r0, r1, 1463), isa.Rsh64Imm(r0, 3),
		isa.And64Imm(r0, 1), isa.Exit()}
	if diff := cmp.Diff(want, o.Instructions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for slot := 1; slot <= 3; slot++ {
		if o.Pos(slot) != o.Pos(1) || !o.Pos(slot).IsValid() {
			t.Errorf("slot %d comes from %v", slot, o.Pos(slot))
		}
	}
}

func TestSubprogramsAreLaidOutOnce(t *testing.T) {
	leaf := dsl.Assembly("leaf", dsl.Proto("u64"), dsl.Mov64Imm(r0, 1), dsl.Exit())
	twice := dsl.Assembly("twice", dsl.Proto("u64"), dsl.Call(leaf), dsl.Mov64Reg(r6, r0), dsl.Call(leaf),
		dsl.Add64Reg(r0, r6), dsl.Exit())
	main := dsl.Assembly("main", dsl.Call(twice), dsl.LoadImm64(r6, 1<<40), dsl.Call(leaf), dsl.Exit())
	o, err := compile.Compile(main, compile.Target{ByteOrder: isa.LittleEndian})
	if err != nil {
		t.Fatal(err)
	}
	want := []isa.Instruction{
		isa.CallRel(4), isa.LoadImm64(r6, 1<<40), isa.CallRel(6), isa.Exit(), // slots 0, 1-2, 3, 4
		isa.CallRel(4), isa.Mov64Reg(r6, r0), isa.CallRel(2), isa.Add64Reg(r0, r6), isa.Exit(), // 5 to 9
		isa.Mov64Imm(r0, 1), isa.Exit(), // 10, 11
	}
	if diff := cmp.Diff(want, o.Instructions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(o.Functions) != 3 || o.Functions[1].Slot != 5 || o.Functions[2].Slot != 10 {
		t.Errorf("functions at %v", o.Functions)
	}
	if len(o.FuncInfo) != 3*compile.FuncInfoSize {
		t.Errorf("%d bytes of function records", len(o.FuncInfo))
	}
}

// TestJumpTooFarNamesBothEnds has what cannot be stretched: gotox leads to places by number, and 20,000 far labels leave no room for the
// gotos that lead to them.
func TestJumpTooFarNamesBothEnds(t *testing.T) {
	filler := slices.Repeat([]dsl.Item{dsl.Add64Imm(r0, 1)}, 40_000)
	table := slices.Concat([]dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Mov64Imm(r2, 0), dsl.JEQ64Imm(r0, 1, "far"), dsl.GotoX(r2)}, filler,
		[]dsl.Item{dsl.Label("far"), dsl.Exit()})
	// The label is reached, but behind a gotox nothing else is known.
	var many, labels []dsl.Item
	for i := range 20_000 {
		label := fmt.Sprint("far", i)
		many = append(many, dsl.JEQ64Imm(r0, int32(i), label))
		labels = append(labels, dsl.Label(label), dsl.Add64Imm(r0, 1))
	}
	crowd := slices.Concat([]dsl.Item{dsl.Mov64Imm(r0, 0)}, many, filler, labels, []dsl.Item{dsl.Exit()})
	for _, tt := range []struct {
		name   string
		level  isa.Level
		items  []dsl.Item
		detail string
		help   string
		least  int // findings
	}{
		{"gotox", 0, table, `"far" is 40001 instructions away; this instruction reaches 32767`, "where gotox leads is in a map", 1},
		{"crowd", isa.V3, crowd, "instructions away", "too many labels", 1000},
	} {
		_, err := compile.Compile(dsl.Assembly("long", tt.items...), compile.Target{Level: tt.level})
		var findings mistake.Findings
		if !errors.As(err, &findings) || len(findings) < tt.least {
			t.Errorf("%s: got %v", tt.name, err)
			continue
		}
		for _, f := range findings {
			if f.Kind == mistake.NeedsLevel { // gotox is newer than all levels
				continue
			}
			if f.Kind != mistake.JumpTooFar || !strings.Contains(f.Detail, tt.detail) ||
				!strings.Contains(f.Note, "the label is at compile_test.go:") ||
				!strings.Contains(f.Help, tt.help) || filepath.Base(f.Position.File) != "compile_test.go" {
				t.Errorf("%s: got %v", tt.name, f)
				break
			}
		}
	}
}

// TestJumpsReach: how far a jump leads is nobody's concern, at no level.
func TestJumpsReach(t *testing.T) {
	filler := slices.Repeat([]dsl.Item{dsl.Add64Imm(r0, 1)}, 100_000)
	for level := range isa.V4 + 1 {
		p := dsl.Assembly("long", slices.Concat([]dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Label("near"), dsl.JEQ64Imm(r0, 1, "far")}, filler,
			[]dsl.Item{dsl.JNE64Imm(r0, 5, "near"), dsl.Jump("far"), dsl.Label("far"), dsl.Exit()})...)
		o, err := compile.Compile(p, compile.Target{Level: level})
		if err != nil {
			t.Errorf("level %v: %v", level, err)
			continue
		}
		for slot := range o.Slots() {
			if item := o.Item(slot); item.Ins != o.Instructions[slot] && item.Kind != record.JumpTo {
				t.Errorf("level %v: %v at slot %d is said to come from %v", level, o.Instructions[slot], slot, item)
				break
			}
		}
	}
}

// TestCompilingIsPure compiles one program often and at once.
func TestCompilingIsPure(t *testing.T) {
	p := dsl.Assembly("p", sk, dsl.Mov64Reg(r6, r1), dsl.CallKernel("tcp_reno_ssthresh"),
		dsl.LoadField(r2, r6, "tcp_sock", "is_cwnd_limited"),
		dsl.JEQ64Imm(r2, 0, "out"), dsl.Mov64Imm(r0, 2), dsl.Label("out"), dsl.Exit())
	to := target(t, ssthresh())
	first, err := compile.Compile(p, to)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			o, err := compile.Compile(p, to)
			if err != nil {
				t.Error(err)
				return
			}
			if !bytes.Equal(o.Code, first.Code) || !bytes.Equal(o.BTF, first.BTF) || !bytes.Equal(o.LineInfo, first.LineInfo) ||
				!bytes.Equal(o.FuncInfo, first.FuncInfo) {
				t.Error("two compilations differ")
			}
		})
	}
	wg.Wait()
}

// TestLineInfo reads the records with cilium/ebpf.
func TestLineInfo(t *testing.T) {
	p := dsl.Assembly("lines",
		dsl.Mov64Imm(r0, 1), dsl.Mov64Imm(r2, 2), // one line
		dsl.Exit(),
	)
	to := compile.Target{ByteOrder: isa.Native,
		Source: func(file string, line int) string { return fmt.Sprintf("line %d of %s", line, filepath.Base(file)) }}
	o, err := compile.Compile(p, to)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := cbtf.LoadSpecFromReader(bytes.NewReader(o.BTF))
	if err != nil {
		t.Fatal(err)
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if isa.Native == isa.BigEndian {
		order = binary.BigEndian
	}
	lines, err := cbtf.LoadLineInfos(bytes.NewReader(o.LineInfo), order, uint32(len(o.LineInfo)/compile.LineInfoSize), spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 {
		t.Fatalf("%d records, want 2", len(lines))
	}
	for i, slot := range []int{0, 2} {
		pos := o.Pos(slot)
		l := lines[i].Line
		if int(lines[i].Offset)/8 != slot && int(lines[i].Offset) != slot || l.LineNumber() != uint32(pos.Line) ||
			l.FileName() != pos.File ||
			l.Line() != fmt.Sprintf("line %d of compile_test.go", pos.Line) {
			t.Errorf("record %d is %q at %s:%d, offset %d; want %v", i, l.Line(), l.FileName(), l.LineNumber(), lines[i].Offset, pos)
		}
	}
	funcs, err := cbtf.LoadFuncInfos(bytes.NewReader(o.FuncInfo), order, 1, spec)
	if err != nil || funcs[0].Func.Name != "lines" {
		t.Errorf("functions %v, %v", funcs, err)
	}
}

func TestListing(t *testing.T) {
	p := dsl.Assembly("p", sk, dsl.CallKernel("tcp_reno_ssthresh"), dsl.Exit())
	o, err := compile.Compile(p, target(t, ssthresh()))
	if err != nil {
		t.Fatal(err)
	}
	got := string(o.AppendListing(nil))
	for _, want := range []string{"   0: (79) r1 = *(u64 *)(r1 +0)", "call tcp_reno_ssthresh", "; compile_test.go:", "   2: (95) exit"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestSoundProgramsPass holds programs that the kernel takes and that a
// careless check would refuse.
func TestSoundProgramsPass(t *testing.T) {
	for name, items := range map[string][]dsl.Item{
		"constant branch never taken": {dsl.Mov64Imm(r2, 1), dsl.JEQ64Imm(r2, 1, "on"), dsl.Mov64Reg(r0, r3), dsl.Exit(), dsl.Label("on"),
			dsl.Mov64Imm(r0, 0), dsl.Exit()},
		"bound by a mask": {sk, dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd"), dsl.And32Imm(r2, 7), dsl.JLE32Imm(r2, 7, "on"),
			dsl.Mov64Reg(r0, r3), dsl.Exit(),
			dsl.Label("on"), dsl.Mov64Imm(r0, 0), dsl.Exit()},
		"set on the paths that read": {sk, dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd"), dsl.Mov64Imm(r6, 0), dsl.JEQ32Imm(r2, 5, "skip"),
			dsl.Mov64Imm(r6, 1), dsl.Mov64Imm(r3, 9),
			dsl.Label("skip"), dsl.Mov64Imm(r0, 0), dsl.JEQ64Imm(r6, 0, "out"), dsl.Mov64Reg(r0, r3), dsl.Label("out"), dsl.Exit()},
		"counted loop": {dsl.Mov64Imm(r2, 0), dsl.Label("again"), dsl.Add64Imm(r2, 1), dsl.JLT64Imm(r2, 100, "again"),
			dsl.Mov64Reg(r0, r2), dsl.Exit()},
		"field of a map's value": {dsl.LoadMapValue(r6, 3, 0), dsl.Mov64Imm(r0, 0),
			dsl.StoreField(r6, "rate_sample", "rtt_us", r0), dsl.Exit()},
		"long loop that sets in its last turn": {dsl.Mov64Imm(r2, 0), dsl.Label("again"), dsl.Add64Imm(r2, 1),
			dsl.JNE64Imm(r2, 5000, "skip"), dsl.Mov64Imm(r3, 7), dsl.Label("skip"),
			dsl.JLT64Imm(r2, 5000, "again"), dsl.Mov64Reg(r0, r3), dsl.Exit()},
		"stack edge":         {dsl.StoreImm(dw, fp, -512, 7), dsl.StoreImm(isa.B, fp, -1, 7), dsl.Mov64Imm(r0, 0), dsl.Exit()},
		"write private area": {sk, dsl.Mov64Imm(r0, 0), dsl.StoreField(r1, "inet_connection_sock", "icsk_ca_priv[12]", r0), dsl.Exit()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := compile.Compile(dsl.Assembly("sound", items...), target(t, ssthresh())); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLongChainsComeToAnEnd has 2^40 paths, which meet in pairs.
func TestLongChainsComeToAnEnd(t *testing.T) {
	items := []dsl.Item{dsl.LoadMem(dw, r6, r1, 0), dsl.Mov64Imm(r0, 0)}
	for i := range 40 {
		label := fmt.Sprint("l", i)
		items = append(items, dsl.LoadField(r2, r6, "tcp_sock", "snd_cwnd"), dsl.JEQ32Imm(r2, int32(i), label), dsl.Add64Imm(r0, 1),
			dsl.Label(label))
	}
	items = append(items, dsl.Exit())
	if _, err := compile.Compile(dsl.Assembly("chain", items...), target(t, ssthresh())); err != nil {
		t.Error(err)
	}
}

func BenchmarkCompile(b *testing.B) {
	p := dsl.Assembly("p", sk, dsl.Mov64Reg(r6, r1), dsl.CallKernel("tcp_reno_ssthresh"),
		dsl.LoadField(r2, r6, "tcp_sock", "is_cwnd_limited"),
		dsl.JEQ64Imm(r2, 0, "out"), dsl.Mov64Imm(r0, 2), dsl.Label("out"), dsl.Exit())
	to := target(b, ssthresh())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile.Compile(p, to); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCheckedSaysWhetherAllWasFollowed: a program whose paths double at each of twenty branches is not followed to its end, if the end
// depends on each of them.
func TestCheckedSaysWhetherAllWasFollowed(t *testing.T) {
	branchy := []dsl.Item{sk, dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd"), dsl.Mov64Imm(r0, 0)}
	for i := range int32(20) {
		label := fmt.Sprint("l", i)
		branchy = append(branchy, dsl.JSET64Imm(r2, 1<<i, label), dsl.Add64Imm(r0, 1<<i), dsl.Label(label))
	}
	branchy = append(branchy, dsl.JNE64Imm(r0, 5, "end"), dsl.Add64Imm(r0, 1), dsl.Label("end"))
	for _, tt := range []struct {
		name    string
		target  compile.Target
		items   []dsl.Item
		checked bool
	}{
		{"straight", target(t, ssthresh()), []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit()}, true},
		{"unchecked", compile.Target{Unchecked: true}, []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit()}, false},
		{"too many paths", target(t, ssthresh()), append(branchy, dsl.Exit()), false},
	} {
		o, err := compile.Compile(dsl.Assembly("p", tt.items...), tt.target)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if o.Checked != tt.checked {
			t.Errorf("%s: checked: %v", tt.name, o.Checked)
		}
	}
}
