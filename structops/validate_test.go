package structops_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

const (
	r0, r1, r2, r3 = isa.R0, isa.R1, isa.R2, isa.R3
	w, dw          = isa.W, isa.DW
)

// A correct implementation. Each row below makes one mistake in it.
var (
	window = dsl.Assembly("window", dsl.Proto("u32", "struct sock *sk"),
		dsl.LoadMem(dw, r1, r1, 0), dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"), dsl.Exit())
	nothing = dsl.Assembly("nothing", dsl.Exit())
	sk      = dsl.LoadMem(dw, r1, r1, 0)
)

func sound() structops.Members {
	return structops.Members{"name": "go_test", "ssthresh": window, "undo_cwnd": window, "cong_avoid": nothing}
}

func on(t testing.TB, kernel string) compile.Target {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	return compile.Target{BTF: types, ByteOrder: isa.LittleEndian}
}

// with is the sound implementation with some members set otherwise; a nil
// value takes the member away.
func with(changes structops.Members) structops.Ops {
	members := sound()
	for name, value := range changes {
		if value == nil {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
	return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: members}
}

func TestSoundOnThreeKernels(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		if err := structops.Validate(with(nil), on(t, kernel)); err != nil {
			t.Errorf("%s: %v", kernel, err)
		}
	}
}

// TestValidate has the message for every mistake of struct_ops programs that can be known before the kernel is asked. Each row has exactly
// one mistake.
func TestValidate(t *testing.T) {
	p := func(items ...dsl.Item) *dsl.Program { return dsl.Assembly("bad", items...) }
	dummy := func(program *dsl.Program) structops.Ops {
		return structops.Ops{Type: "bpf_dummy_ops", License: "GPL", Members: structops.Members{"test_1": program}}
	}
	for _, tt := range []struct {
		mistake string
		ops     structops.Ops
		rule    mistake.Kind
		member  string
		want    []string // parts of the message
	}{
		{"licence not stated", structops.Ops{Type: "tcp_congestion_ops", Members: sound()}, mistake.MissingLicense, "",
			[]string{"the licence of the programs is missing", "set License. For tcp_congestion_ops the kernel accepts GPL, GPL v2, "}},
		{"licence not compatible with the GPL", structops.Ops{Type: "tcp_congestion_ops", Members: sound(), License: "Proprietary"},
			mistake.BadLicense, "",
			[]string{`the licence "Proprietary" is not compatible with the GPL`, "License may be one of GPL, GPL v2"}},
		{"type misspelt", structops.Ops{Type: "tcp_congestion_op", License: "GPL", Members: sound()}, mistake.UnknownType, "",
			[]string{`no interface "tcp_congestion_op"`, "did you mean tcp_congestion_ops?"}},
		{"type of another kernel", structops.Ops{Type: "sched_ext_ops", License: "GPL", Members: structops.Members{"name": "x"}},
			mistake.UnknownType, "",
			[]string{`no interface "sched_ext_ops"`, "Linux 6.12 or later", "CONFIG_SCHED_CLASS_EXT"}},
		{"a struct that is no interface", structops.Ops{Type: "tcp_sock"}, mistake.UnknownType, "",
			[]string{"this kernel has bpf_dummy_ops, tcp_congestion_ops"}},
		{"member misspelt", with(structops.Members{"cong_contrl": nothing}), mistake.UnknownMember, "cong_contrl",
			[]string{`no member "cong_contrl"`, "did you mean cong_control?"}},
		{"member of another kernel", with(structops.Members{"frobnicate": 1}), mistake.UnknownMember, "frobnicate",
			[]string{"it has ssthresh, cong_avoid"}},
		{"program at a data member", with(structops.Members{"flags": nothing}), mistake.NotACallback, "flags",
			[]string{"flags is data, not a callback: it is u32 flags", "callbacks are ssthresh"}},
		{"data at a callback", with(structops.Members{"init": 7}), mistake.NotData, "init",
			[]string{"a callback takes a Go function or a *dsl.Program, not an int", "void (*init)(struct sock *sk)"}},
		{"get_info", with(structops.Members{"get_info": p(dsl.Mov64Imm(r0, 0), dsl.Exit())}), mistake.ReservedMember, "get_info",
			[]string{"get_info cannot be written in BPF"}},
		{"sleepable congestion control", with(structops.Members{"init": p(dsl.Sleepable(), dsl.Exit())}), mistake.MustNotSleep, "init",
			[]string{"called where the kernel must not sleep", "no member of tcp_congestion_ops may sleep"}},
		{"sleepable at the wrong member", dummy(p(dsl.Sleepable(), dsl.Mov64Imm(r0, 0), dsl.Exit())), mistake.MustNotSleep, "test_1",
			[]string{"only these members may sleep: test_sleepable"}},
		{"result not set", with(structops.Members{"ssthresh": p(dsl.Exit())}), mistake.NoResult, "ssthresh",
			[]string{"r0, the result, has no value at the end", "ssthresh is u32 (*)"}},
		{"argument past the end", with(structops.Members{"cong_avoid": p(dsl.LoadMem(dw, r2, r1, 24), dsl.Exit())}), mistake.NoArgument,
			"cong_avoid",
			[]string{"argument 3 does not exist", "tcp_congestion_ops.cong_avoid is void (*)(struct sock *sk, u32 ack, u32 acked)",
				"arguments are counted from 0", "2 (acked) at offset 16", "did you mean offset 16?"}},
		{"pointer read 4 bytes wide", with(structops.Members{"init": p(dsl.LoadMem(w, r2, r1, 0), dsl.Exit())}), mistake.ArgumentWidth,
			"init", []string{"argument 0 (sk) of init is a pointer and must be read with 8 bytes, not with 4", "load pointers as DW"}},
		{"nullable argument dereferenced", dummy(p(sk, dsl.LoadField(r0, r1, "bpf_dummy_ops_state", "val"), dsl.Exit())), mistake.MaybeNil,
			"test_1", []string{"argument 0 (cb), may be nil", "compared with 0"}},
		{"write to a read-only field", with(structops.Members{"init": p(sk, dsl.Mov64Imm(r2, 1), dsl.StoreField(r1, "tcp_sock", "snd_una",
			r2), dsl.Exit())}), mistake.ReadOnlyField, "init",
			[]string{"tcp_sock.snd_una, at offset", "cannot be written here", "writable: snd_cwnd, snd_cwnd_cnt, snd_ssthresh",
				"sk_pacing_rate", "icsk_ca_priv", "snd_cwnd_stamp"}},
		{"write too wide", with(structops.Members{"init": p(sk, dsl.Mov64Imm(r2, 1), dsl.StoreMem(dw, r1, 1444, r2), dsl.Exit())}),
			mistake.WriteTooWide, "init", []string{"8 bytes are written to tcp_sock.snd_cwnd at offset 1444, where only 4 may be " +
				"written"}},
		{"write to another struct", with(structops.Members{"cong_control": p(dsl.LoadMem(dw, r1, r1, 24), dsl.Mov64Imm(r2, 1),
			dsl.StoreField(r1, "rate_sample", "rtt_us", r2), dsl.Exit())}), mistake.ReadOnlyStruct, "cong_control",
			[]string{"struct rate_sample is read-only here"}},
		{"setsockopt in release", with(structops.Members{"release": p(dsl.CallHelper(49), dsl.Exit())}), mistake.HelperForbidden,
			"release", []string{"bpf_setsockopt may not be called here"}},
		{"kernel function that is not offered", with(structops.Members{"init": p(sk, dsl.CallKernel("tcp_v4_rcv"), dsl.Exit())}),
			mistake.KernelForbidden, "init",
			[]string{"tcp_v4_rcv may not be called here", "allowed: tcp_reno_ssthresh"}},
		{"pointer as result", with(structops.Members{"ssthresh": p(dsl.LoadMem(dw, r0, r1, 0), dsl.Exit())}), mistake.PointerResult,
			"ssthresh", []string{"r0 holds a pointer at the end, but ssthresh must return a number", "ssthresh is u32 (*)"}},
		{"key set", with(structops.Members{"key": 5}), mistake.ReservedMember, "key",
			[]string{"key belongs to the kernel and cannot be set", "these can be set: name, flags"}},
		{"owner set", with(structops.Members{"owner": 5}), mistake.ReservedMember, "owner", []string{"owner belongs to the kernel"}},
		{"list set", with(structops.Members{"list": 5}), mistake.ReservedMember, "list", []string{"list belongs to the kernel"}},
		{"name empty", with(structops.Members{"name": ""}), mistake.BadName, "name", []string{"the name is empty",
			"1 to 15 of the characters"}},
		{"name of 16 bytes", with(structops.Members{"name": "0123456789abcdef"}), mistake.BadValue, "name",
			[]string{`"0123456789abcdef" has 16 bytes; name holds 15 and a NUL`}},
		{"name with a hyphen", with(structops.Members{"name": "go-reno"}), mistake.BadName, "name", []string{`refuses: '-'`}},
		{"name with a blank", with(structops.Members{"name": "go reno"}), mistake.BadName, "name", []string{`refuses: ' '`}},
		{"name that is a number", with(structops.Members{"name": 5}), mistake.BadValue, "name",
			[]string{"name takes a string, not an int"}},
		{"flags too large", with(structops.Members{"flags": int64(1) << 33}), mistake.BadValue, "flags",
			[]string{"does not fit: the member holds 0 to 4294967295"}},
		{"flags negative", with(structops.Members{"flags": -1}), mistake.BadValue, "flags", []string{"-1 does not fit"}},
		{"program of another member", with(structops.Members{"ssthresh": dsl.Assembly("avoid", dsl.Proto("u32", "struct sock *sk",
			"u32 ack", "u32 acked"), dsl.Mov64Imm(r0, 2), dsl.Exit())}), mistake.ParamCount, "ssthresh",
			[]string{"ssthresh (avoid)", "declares 3 parameters, but the kernel passes 1", "u32 (*)(struct sock *sk)"}},
		{"parameter of another type", with(structops.Members{"cong_avoid": dsl.Assembly("avoid", dsl.Proto("void", "struct sock *sk",
			"u64 ack", "u32 acked"), dsl.Exit())}), mistake.ParamType, "cong_avoid",
			[]string{"parameter 1 is declared as u64, but the kernel passes u32 ack"}},
		{"parameter of another struct", with(structops.Members{"init": dsl.Assembly("i", dsl.Proto("void", "struct task_struct *t"),
			dsl.Exit())}), mistake.ParamType, "init",
			[]string{"parameter 0 is declared as struct task_struct *, but the kernel passes struct sock *sk"}},
		{"result of another type", with(structops.Members{"ssthresh": dsl.Assembly("s", dsl.Proto("u64", "struct sock *sk"),
			dsl.Mov64Imm(r0, 2), dsl.Exit())}), mistake.ResultType, "ssthresh",
			[]string{"the result is declared as u64, but the kernel expects u32"}},
		{"ssthresh missing", with(structops.Members{"ssthresh": nil}), mistake.MissingMember, "ssthresh",
			[]string{"tcp_congestion_ops needs ssthresh, which is not set", "u32 (*ssthresh)(struct sock *sk)"}},
		{"ssthresh nil", with(structops.Members{"ssthresh": (*dsl.Program)(nil)}), mistake.MissingMember, "ssthresh",
			[]string{"needs ssthresh"}},
		{"neither cong_avoid nor cong_control", with(structops.Members{"cong_avoid": nil}), mistake.MissingMember, "cong_avoid",
			[]string{"needs one of cong_avoid, cong_control; none is set",
				"void (*cong_control)(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)"}},
		{"name missing", with(structops.Members{"name": nil}), mistake.MissingMember, "name", []string{"needs name"}},
	} {
		t.Run(tt.mistake, func(t *testing.T) {
			t.Parallel()
			err := structops.Validate(tt.ops, on(t, "6.18"))
			var findings mistake.Findings
			if !errors.As(err, &findings) || len(findings) != 1 {
				t.Fatalf("got %v, want one finding", err)
			}
			f := findings[0]
			if slips := english.Slips(f.Detail + f.Help); len(slips) > 0 {
				t.Errorf("%q in %v", slips, err)
			}
			if f.Kind != tt.rule || f.Member != tt.member {
				t.Errorf("rule %s at %q, want %s at %q", f.Kind, f.Member, tt.rule, tt.member)
			}
			for _, want := range tt.want {
				if !strings.Contains(f.Error(), want) {
					t.Errorf("no %q in\n%v", want, f)
				}
			}
			if filepath.Base(f.Position.File) != "validate_test.go" || !f.Position.IsValid() {
				t.Errorf("the finding points to %v, not to a line of this file", f.Position)
			}
		})
	}
}

// TestFindingsComeAllAtOnce has mistakes in data, prototypes and code.
func TestFindingsComeAllAtOnce(t *testing.T) {
	ops := with(structops.Members{
		"name": "bad name", "ssthresh": nil, "key": 1, "undo_cwnd": dsl.Assembly("u", dsl.Exit()), "nonsense": 3,
	})
	ops.License = "MIT"
	err := structops.Validate(ops, on(t, "6.18"))
	var findings mistake.Findings
	if !errors.As(err, &findings) || len(findings) != 6 {
		t.Fatalf("got %d findings, want 6:\n%v", len(findings), err)
	}
}

// TestMembersOfOtherKernels: zero values of members that a kernel lacks are
// left out, so one implementation serves old and new kernels.
func TestMembersOfOtherKernels(t *testing.T) {
	ops := with(structops.Members{"newer_flags": 0, "newer_callback": (*dsl.Program)(nil)})
	if err := structops.Validate(ops, on(t, "6.1")); err != nil {
		t.Error(err)
	}
}

// TestNameAsBytes: a name may be given as C has it.
func TestNameAsBytes(t *testing.T) {
	plan, err := structops.Prepare(with(structops.Members{"name": []byte("go_bytes\x00")}), on(t, "6.18"))
	if err != nil || plan.Name != "go_bytes" {
		t.Errorf("the plan's name is %q (%v)", plan.Name, err)
	}
	if err := structops.Validate(with(structops.Members{"name": []byte("go-bytes")}), on(t, "6.18")); err == nil {
		t.Error("bytes that are no name pass")
	}
}

func TestFlavourIsIgnored(t *testing.T) {
	ops := with(nil)
	ops.Type = "tcp_congestion_ops___mine"
	if err := structops.Validate(ops, on(t, "6.18")); err != nil {
		t.Error(err)
	}
}

// TestPrototypesDrift: cong_control has two more arguments since 6.10, and
// their names come from the kernel where it has them.
func TestPrototypesDrift(t *testing.T) {
	for kernel, want := range map[string]string{
		"6.1":  "void (*cong_control)(struct sock *sk, const struct rate_sample *rs)",
		"6.18": "void (*cong_control)(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)",
	} {
		ops, err := structops.ReadInterface(on(t, kernel).BTF, "tcp_congestion_ops")
		if err != nil {
			t.Fatal(err)
		}
		m, ok := ops.Member("cong_control")
		if got := m.Declaration(); !ok || got != want {
			t.Errorf("%s: %q, want %q", kernel, got, want)
		}
		if ops.HasLink != (kernel != "6.1") {
			t.Errorf("%s: links: %v", kernel, ops.HasLink)
		}
	}
	// The fields that came with them may be written there, and only there.
	stamp := with(structops.Members{"init": dsl.Assembly("stamp", sk, dsl.Mov64Imm(r2, 1), dsl.StoreField(r1, "tcp_sock", "snd_cwnd_stamp",
		r2), dsl.Exit())})
	if err := structops.Validate(stamp, on(t, "6.18")); err != nil {
		t.Errorf("6.18: %v", err)
	}
	if err := structops.Validate(stamp, on(t, "6.1")); err == nil {
		t.Error("6.1 lets programs write snd_cwnd_stamp")
	}
}

// TestTwoImplementationsNeverMix: one program in two implementations, and two programs with the same name, are bound to the right members.
func TestTwoImplementationsNeverMix(t *testing.T) {
	two := dsl.Assembly("window", dsl.Mov64Imm(r0, 2), dsl.Exit())
	three := dsl.Assembly("window", dsl.Mov64Imm(r0, 3), dsl.Exit())
	to := on(t, "6.18")
	a, err := structops.Prepare(with(structops.Members{"name": "a", "ssthresh": two, "undo_cwnd": three}), to)
	if err != nil {
		t.Fatal(err)
	}
	c, err := structops.Prepare(with(structops.Members{"name": "c", "ssthresh": three, "undo_cwnd": two}), to)
	if err != nil {
		t.Fatal(err)
	}
	immediate := func(p *structops.Plan, member string) int64 {
		for _, program := range p.Programs {
			if program.Member.Name == member {
				return program.Object.Instructions[0].Imm
			}
		}
		t.Fatalf("%s has no %s", p.Name, member)
		return 0
	}
	if immediate(a, "ssthresh") != 2 || immediate(a, "undo_cwnd") != 3 || immediate(c, "ssthresh") != 3 || immediate(c, "undo_cwnd") != 2 {
		t.Error("programs are in each other's places")
	}
}

func TestPreparingIsPure(t *testing.T) {
	to := on(t, "6.18")
	first, err := structops.Prepare(with(nil), to)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			plan, err := structops.Prepare(with(nil), to)
			if err != nil {
				t.Error(err)
				return
			}
			for i, p := range plan.Programs {
				if q := first.Programs[i]; p.Member.Name != q.Member.Name || !bytes.Equal(p.Object.Code, q.Object.Code) ||
					!bytes.Equal(p.Object.BTF, q.Object.BTF) {
					t.Errorf("%s differs", p.Member.Name)
				}
			}
		})
	}
	wg.Wait()
}

func TestUnknownTypeIsNotFound(t *testing.T) {
	if _, err := structops.ReadInterface(on(t, "6.18").BTF, "hid_bpf_ops"); !errors.Is(err, btf.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
