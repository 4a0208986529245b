//go:build linux

package prog_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestKernelsWithoutFunctionTracingSaySo: kernels without function tracing say so, with what to do.
func TestKernelsWithoutFunctionTracingSaySo(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	p, err := prog.Load(counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceFEntry,
		AttachTo: "vfs_read"})
	if err != nil {
		t.Logf("load: %v", err)
		if !strings.Contains(err.Error(), "help: ") {
			t.Errorf("no help in %v", err)
		}
		return
	}
	defer p.Close()
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		t.Logf("attach: %v", err)
		if !strings.Contains(err.Error(), "CONFIG_FUNCTION_TRACER") {
			t.Errorf("no help in %v", err)
		}
		return
	}
	defer attached.Close()
	if _, err := os.ReadFile("refused_kernel_test.go"); err != nil {
		t.Fatal(err)
	}
	if runs(t, g) == 0 {
		t.Error("it did not run")
	}
}

func TestRefusedByTheVerifier(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	h := maps.NewHash[uint32, uint64]("h", 1)
	defer h.Close()
	_, err := prog.Load(dsl.Assembly("careless",
		dsl.StoreImm(isa.W, isa.R10, -4, 0),
		dsl.LoadMap(isa.R1, h.Spec()),
		dsl.Mov64Reg(isa.R2, isa.R10),
		dsl.Add64Imm(isa.R2, -4),
		dsl.CallHelper(1),
		dsl.LoadMem(isa.DW, isa.R0, isa.R0, 0), // the line to be named
		dsl.Exit(),
	), prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter, Unchecked: true})
	var refused *prog.ProgramError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	text, err := os.ReadFile("refused_kernel_test.go")
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(text), "\n")[refused.Position.Line-1]
	if !strings.Contains(line, "the line to be named") || !strings.Contains(refused.Report.Reason, "map_value_or_null") {
		t.Errorf("%v", refused)
	}
	explained := verifierlog.Explain(refused.Err.Log, verifierlog.Program{Type: syscall.ProgTypeSocketFilter})
	for _, want := range []string{explained.Explanation, "help: " + explained.Fix} {
		if len(want) < 20 || !strings.Contains(refused.Error(), want) {
			t.Errorf("the error must say what bpfsmith explain says, %q:\n%v", want, refused)
		}
	}
	if long := fmt.Sprintf("%+v", refused); !strings.Contains(long, "\n0: ") && !strings.Contains(long, "R10=fp0") {
		t.Errorf("no log in %s", long)
	}
}

func TestFindingsAndBadOptions(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	var findings mistake.Findings
	if _, err := prog.Load(dsl.Assembly("p", dsl.Exit()), prog.Options{License: "GPL", Type: syscall.ProgTypeXDP}); !errors.As(err,
		&findings) {
		t.Errorf("no result: %v", err)
	}
	if _, err := prog.Load(nil, prog.Options{}); !errors.As(err, &findings) {
		t.Errorf("no program: %v", err)
	}
	zero := dsl.Assembly("zero", dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
	for want, o := range map[string]prog.Options{
		"set Options.AttachTo": {Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceFEntry},
		"does not take the type prog type 200 (Options.Type; unknown to bpfsmith, too)": {Type: 200, Unchecked: true},
		"does not take the flags 0x100000 (Options.Flags), or the type socket_filter (": {Type: syscall.ProgTypeSocketFilter,
			Flags: 1 << 20},
		"the attach type xdp (Options.AttachType; since Linux 5.9), or the type cgroup_skb": {Type: syscall.ProgTypeCgroupSKB,
			AttachType: syscall.AttachXDP, Unchecked: true},
		"the attach type may be sk_lookup": {Type: syscall.ProgTypeSKLookup, AttachType: syscall.AttachXDP},
	} {
		o.License = "GPL"
		if _, err := prog.Load(zero, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want … %s", o, err, want)
		}
	}
	bare := &dsl.MapSpec{Name: "bare", Type: dsl.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	p := dsl.Assembly("p", dsl.LoadMapData(isa.R1, bare, 0), dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), dsl.Exit())
	if _, err := prog.Load(p, prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter}); err == nil ||
		!strings.Contains(err.Error(), `map "bare": it has no handle: make one for the declaration with maps.New`) {
		t.Errorf("a map without a handle: %v", err)
	}
	m := maps.New(bare)
	defer m.Close()
	l := loaded(t, p, prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	if info, err := l.Info(); err != nil || len(info.MapIDs) != 1 || info.Type != syscall.ProgTypeSocketFilter {
		t.Errorf("info: %+v, %v", info, err)
	}
}

func TestNothingIsLeft(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.Require(t)
	g := maps.NewGlobal("runs", uint64(0))
	l, err := prog.Load(counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint})
	if err != nil {
		t.Fatal(err)
	}
	attached, err := link.AttachRawTracepoint(l, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(attached.Close(), l.Close(), g.Close()); err != nil {
		t.Error(err)
	}
}
