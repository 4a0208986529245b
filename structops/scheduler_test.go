package structops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestSchedulersData has values that the kernel refuses with an errno for the whole struct, at the moment of loading.
func TestSchedulersData(t *testing.T) {
	enqueue := func(f *dsl.Fn, p scx.Task, flags dsl.U64) { p.Dispatch(scx.DSQGlobal, scx.SliceDfl, flags) }
	for name, tt := range map[string]struct {
		ops  scx.Ops
		want string // "": it is right
	}{
		"30 s": {scx.Ops{TimeoutMs: 30_000}, ""},
		"more than 30 s": {scx.Ops{TimeoutMs: 30_001},
			"timeout_ms: 30001 is too large: timeout_ms must be at most 30000, which is 30 s"},
		"the largest batch": {scx.Ops{DispatchMaxBatch: 1<<31 - 1}, ""},
		"too large a batch": {scx.Ops{DispatchMaxBatch: 1 << 31}, "dispatch_max_batch must be at most 2147483647"},
		"known flags":       {scx.Ops{Flags: scx.OpsSwitchPartial | scx.OpsEnqExiting}, ""},
		"unknown flags": {scx.Ops{Flags: scx.OpsSwitchPartial | 1<<5 | 1<<40},
			"flags: 0x10000000028 has flags that this kernel does not know: 0x10000000020\n\tu64 flags\n\thelp: it knows " +
				"SCX_OPS_KEEP_BUILTIN_IDLE 0x1, SCX_OPS_ENQ_LAST 0x2, "},
		"a flag with its callback": {scx.Ops{Flags: scx.OpsEnqLast, Enqueue: enqueue}, ""},
		"a flag without it":        {scx.Ops{Flags: scx.OpsEnqLast}, "flags: SCX_OPS_ENQ_LAST needs the callback enqueue"},
	} {
		tt.ops.Name, tt.ops.License = "go_sched", "GPL"
		_, err := structops.Prepare(tt.ops, on(t, fixture.Scheduler))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", name, err, tt.want)
		}
	}
}

// TestSchedulersCalls calls each kernel function that only some members may call, from each member: only the members of its row may.
func TestSchedulersCalls(t *testing.T) {
	target := on(t, fixture.Scheduler)
	sched, err := structops.ReadInterface(target.BTF, "sched_ext_ops")
	if err != nil {
		t.Fatal(err)
	}
	const why = " may not be called here: sched_ext throws the scheduler out when "
	calls, wrong := 0, 0
	for _, row := range linux.OpsTypeNamed("sched_ext_ops").Restricted {
		for _, function := range row.Functions {
			if _, err := target.BTF.Lookup(btf.KindFunc, function); err != nil {
				continue
			}
			for _, m := range sched.Members {
				if m.Proto == nil {
					continue
				}
				calls++
				program := dsl.Assembly("calls", dsl.Mov64Imm(isa.R1, 0), dsl.Mov64Imm(isa.R2, 0), dsl.Mov64Imm(isa.R3, 0),
					dsl.Mov64Imm(isa.R4, 0), dsl.Mov64Imm(isa.R5, 0), dsl.CallKernel(function), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
				ops := structops.Ops{Type: "sched_ext_ops", License: "GPL",
					Members: structops.Members{"name": "go_sched", m.Name: program}}
				_, err := structops.Prepare(ops, target)
				refused := err != nil && strings.Contains(err.Error(), "kernel function "+function+why+m.Name+" calls it")
				if may := slices.Contains(row.Members, m.Name); refused == may {
					t.Errorf("%s from %s: %v; it may: %v", function, m.Name, err, may)
				}
				if refused {
					wrong++
					if !strings.Contains(err.Error(), "These members may call it: "+row.Members[0]) {
						t.Errorf("%s from %s: %v", function, m.Name, err)
					}
				}
			}
		}
	}
	if calls < 200 || wrong < 150 {
		t.Errorf("%d calls, %d of them wrong: fewer than there are", calls, wrong)
	}
}

// TestDispatchFromRunning is the message for the usual mistake, in a Go function.
func TestDispatchFromRunning(t *testing.T) {
	_, err := structops.Prepare(scx.Ops{Name: "go_sched", License: "GPL",
		Running: func(f *dsl.Fn, p scx.Task) { p.Dispatch(scx.DSQGlobal, scx.SliceDfl, 0) },
	}, on(t, fixture.Scheduler))
	const want = `"call scx_bpf_dispatch": kernel function scx_bpf_dispatch may not be called here: sched_ext throws the scheduler out ` +
		"when running calls it. These members may call it: select_cpu, enqueue, dispatch"
	found, ok := err.(mistake.Findings)
	if !ok || len(found) != 1 || found[0].Kind != mistake.KernelForbidden || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "scheduler_test.go:") {
		t.Errorf("%v; want %s", err, want)
	}
}
