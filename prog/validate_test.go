package prog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// types are those of Linux 6.18 that the tests carry.
func types(t *testing.T) *btf.Types {
	t.Helper()
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// Programs in Go, by what they take.
var (
	takesXDP = func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.U32(ctx.XDPPass) }
	takesSKB = func(f *dsl.Fn, skb ctx.SKB) dsl.U32 { return skb.Len() }
	takesTwo = func(f *dsl.Fn, a, b dsl.U64) dsl.U32 { return f.U32(0) }
)

// raw is a program in instructions.
func raw() *dsl.Program { return dsl.Assembly("raw", dsl.Mov64Imm(isa.R0, 0), dsl.Exit()) }

// TestAProgramKnowsItsType: the type comes from the context, and contradictions are found. Both need no kernel.
func TestAProgramKnowsItsType(t *testing.T) {
	for _, tt := range []struct {
		name    string
		program *dsl.Program
		options prog.Options
		typ     syscall.ProgType
		at      syscall.AttachType
		kind    mistake.Kind // None: it is sound
		want    string
	}{
		{"XDP says it", dsl.Func("p", takesXDP), prog.Options{}, syscall.ProgTypeXDP, syscall.AttachXDP, mistake.None, ""},
		{"said twice", dsl.Func("p", takesXDP), prog.Options{Type: syscall.ProgTypeXDP}, syscall.ProgTypeXDP, syscall.AttachXDP,
			mistake.None, ""},
		{"for a map's elements", dsl.Func("p", takesXDP), prog.Options{AttachType: syscall.AttachXDPCPUMap}, syscall.ProgTypeXDP,
			syscall.AttachXDPCPUMap, mistake.None, ""},
		{"sk_lookup says it", dsl.Func("p", func(f *dsl.Fn, l ctx.SkLookup) dsl.U32 { return f.U32(1) }), prog.Options{},
			syscall.ProgTypeSKLookup, syscall.AttachSKLookup, mistake.None, ""},
		{"an SKB with its type", dsl.Func("p", takesSKB), prog.Options{Type: syscall.ProgTypeSocketFilter}, syscall.ProgTypeSocketFilter,
			0, mistake.None, ""},
		{"an SKB without", dsl.Func("p", takesSKB), prog.Options{}, 0, 0, mistake.BadProgType,
			"several types have its context, struct __sk_buff\n\thelp: set Options.Type; it may be socket_filter, sched_cls, sched_act, " +
				"cgroup_skb"},
		{"an SKB as XDP", dsl.Func("p", takesSKB), prog.Options{Type: syscall.ProgTypeXDP}, 0, 0, mistake.BadProgType,
			"the program takes a struct __sk_buff, and Options.Type is xdp: such programs have a context, a struct xdp_md"},
		{"an SKB for a tracepoint", dsl.Func("p", takesSKB), prog.Options{Type: syscall.ProgTypeRawTracepoint}, 0, 0, mistake.BadProgType,
			"Options.Type is raw_tracepoint: such programs have arguments as parameters"},
		{"arguments as XDP", dsl.Func("p", takesTwo), prog.Options{Type: syscall.ProgTypeXDP}, 0, 0, mistake.BadProgType,
			"the program takes arguments, and Options.Type is xdp"},
		{"arguments for a raw tracepoint", dsl.Func("p", takesTwo), prog.Options{Type: syscall.ProgTypeRawTracepoint},
			syscall.ProgTypeRawTracepoint, 0, mistake.None, ""},
		{"instructions with a type", raw(), prog.Options{Type: syscall.ProgTypeXDP}, syscall.ProgTypeXDP, syscall.AttachXDP, mistake.None,
			""},
		{"instructions without", raw(), prog.Options{}, 0, 0, mistake.BadProgType,
			"the program's type is missing\n\thelp: set Options.Type"},
		{"a place of another type", raw(), prog.Options{Type: syscall.ProgTypeSKLookup, AttachType: syscall.AttachXDP}, 0, 0,
			mistake.BadAttach, "sk_lookup programs cannot be attached at xdp\n\thelp: the attach type may be sk_lookup"},
		{"no place, and several", raw(), prog.Options{Type: syscall.ProgTypeCgroupSockOpt}, 0, 0, mistake.BadAttach,
			"may be cgroup_getsockopt or cgroup_setsockopt"},
		{"a contradiction, unchecked", dsl.Func("p", takesTwo), prog.Options{Type: syscall.ProgTypeXDP, Unchecked: true},
			syscall.ProgTypeXDP, syscall.AttachXDP, mistake.None, ""},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			tt.options.License = "GPL"
			plan, err := prog.Prepare(tt.program, tt.options, compile.Target{BTF: types(t), ByteOrder: isa.Native})
			if tt.kind == mistake.None {
				if err != nil {
					t.Fatal(err)
				}
				if o := plan.Options; o.Type != tt.typ || o.AttachType != tt.at || plan.Object == nil {
					t.Errorf("type %v at %v, want %v at %v", o.Type, o.AttachType, tt.typ, tt.at)
				}
				return
			}
			wantFinding(t, err, tt.kind, tt.want)
		})
	}
}

// wantFinding asks for a finding with a line of Go.
func wantFinding(t *testing.T, err error, kind mistake.Kind, want string) {
	t.Helper()
	var found mistake.Findings
	if !errors.As(err, &found) {
		t.Fatalf("got %v, want a finding", err)
	}
	for _, f := range found {
		if f.Kind == kind && strings.Contains(f.Error(), want) && f.Position.IsValid() && f.Program != "" {
			return
		}
	}
	t.Errorf("want %v with %q in:\n%v", kind, want, err)
}

// TestTheLicenceIsTheAuthors: a missing licence is a finding that lists the choices. A licence that is not compatible with the GPL is
// accepted: the author decides.
func TestTheLicenceIsTheAuthors(t *testing.T) {
	target := compile.Target{BTF: types(t), ByteOrder: isa.Native}
	wantFinding(t, prog.Validate(dsl.Func("p", takesXDP), prog.Options{}, target), mistake.MissingLicense,
		"the licence of the program is missing\n\thelp: set Options.License. One of \"GPL\", \"GPL v2\"")
	for _, licence := range []string{"GPL", "Dual MIT/GPL", "MIT", "Proprietary"} {
		if err := prog.Validate(dsl.Func("p", takesXDP), prog.Options{License: licence}, target); err != nil {
			t.Errorf("%s: %v", licence, err)
		}
	}
}

// TestMistakesComeTogether: those of the options and those of the code.
func TestMistakesComeTogether(t *testing.T) {
	err := prog.Validate(dsl.Assembly("p", dsl.Exit()), prog.Options{Type: syscall.ProgTypeXDP}, compile.Target{ByteOrder: isa.Native})
	wantFinding(t, err, mistake.MissingLicense, "")
	wantFinding(t, err, mistake.NoResult, "")
}

// TestTracepointsHavePrototypes: count and types of parameters are compared with the tracepoint's, as with those of members.
func TestTracepointsHavePrototypes(t *testing.T) {
	target := compile.Target{BTF: types(t), ByteOrder: isa.Native}
	tracing := func(at syscall.AttachType, to string) prog.Options {
		return prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: at, AttachTo: to}
	}
	none := dsl.Func("p", func(f *dsl.Fn) dsl.U32 { return f.U32(0) })
	wantFinding(t, prog.Validate(none, prog.Options{License: "GPL", Type: syscall.ProgTypeTracing}, target), mistake.BadAttach,
		"the attach type (Options.AttachType) is missing")
	wantFinding(t, prog.Validate(none, tracing(syscall.AttachTraceRawTP, ""), target), mistake.BadAttach, "set Options.AttachTo")
	wantFinding(t, prog.Validate(none, tracing(syscall.AttachTraceRawTP, "no_such_tracepoint"), target), mistake.BadAttach,
		`this kernel has no tracepoint "no_such_tracepoint"`)
	wantFinding(t, prog.Validate(none, tracing(syscall.AttachTraceRawTP, "sys_enter"), compile.Target{}), mistake.NeedsBTF,
		"set Target.BTF")
	newtask := tracing(syscall.AttachTraceRawTP, "task_newtask") // (struct task_struct *task, u64 clone_flags)
	right := dsl.Func("p", func(f *dsl.Fn, task scx.Task, flags dsl.U64) dsl.U32 { return f.U32(0) })
	plan, err := prog.Prepare(right, newtask, target)
	if err != nil {
		t.Fatal(err)
	}
	if plan.AttachID == 0 {
		t.Error("the tracepoint's type is not known")
	}
	one := dsl.Func("p", func(f *dsl.Fn, task scx.Task) dsl.U32 { return f.U32(0) })
	wantFinding(t, prog.Validate(one, newtask, target), mistake.ParamCount, "the program declares 1 parameter, but the kernel passes 2")
	number := dsl.Func("p", func(f *dsl.Fn, task, flags dsl.U64) dsl.U32 { return f.U32(0) })
	wantFinding(t, prog.Validate(number, newtask, target), mistake.ParamType, "task_newtask is ")
}
