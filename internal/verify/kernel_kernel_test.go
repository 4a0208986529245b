//go:build linux

package verify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// opens are the effects of functions that begin or end something, or sleep.
const opens = linux.FuncEntersRCU | linux.FuncLeavesRCU | linux.FuncStopsPreemption | linux.FuncAllowsPreemption | linux.FuncSavesFlags |
	linux.FuncRestoresFlags | linux.FuncBegins | linux.FuncSteps | linux.FuncFinishes

// TestKernelFunctions calls the functions of the kernel that the check knows, first with right CPU masks and tasks. Then with wrong
// arguments: a number, nil, a register that was never written, and a task that was read from another task.
func TestKernelFunctions(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	var p *place
	for _, x := range places(t) {
		if x.name == "tp_btf task_newtask" {
			p = x
		}
	}
	types := p.program.Types
	id := func(name string) int32 {
		id, err := types.Lookup(btf.KindFunc, name)
		if err != nil {
			return 0
		}
		return int32(id)
	}
	wakee, err := types.Field("task_struct", "last_wakee")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong, apart := 0, 0, 0
	for row := range linux.Functions() {
		fn := id(row.Name)
		if fn == 0 || row.Has(opens) || linux.FunctionSleeps(row.Name) ||
			!strings.Contains(row.Name, "task") && !strings.Contains(row.Name, "cgroup") &&
				!strings.Contains(row.Name, "cpumask") || row.Name == "bpf_get_task_exe_file" {
			continue // in the random programs
		}
		set, err := types.Decode(btf.ID(fn))
		if err != nil {
			t.Fatal(err)
		}
		params := set.Type(btf.ID(fn)).(*cbtf.Func).Type.(*cbtf.FuncProto).Params
		// r7 is a mask, r8 a task; both are released.
		program := func(change int, with []isa.Instruction) ([]isa.Instruction, bool) {
			code := []isa.Instruction{isa.LoadMem(isa.DW, isa.R6, isa.R1, 0), isa.CallKfunc(id("bpf_cpumask_create"), 0)}
			at := len(code)
			code = append(code, isa.JEQ64Imm(isa.R0, 0, 0), isa.Mov64Reg(isa.R7, isa.R0))
			for n, a := range params {
				r := isa.R1 + isa.Register(n)
				if n == change {
					code = append(code, with...)
					continue
				}
				_, pointer := btf.Underlying(a.Type).(*cbtf.Pointer)
				switch to := btf.PointedTo(a.Type); {
				case !pointer:
					code = append(code, isa.Mov64Imm(r, 1))
				case to == "cpumask" || to == "bpf_cpumask":
					code = append(code, isa.Mov64Reg(r, isa.R7))
				case to == "task_struct":
					code = append(code, isa.Mov64Reg(r, isa.R6))
				default:
					return nil, false
				}
			}
			code = append(code, isa.CallKfunc(fn, 0))
			release := map[bool]string{true: "bpf_task_release", false: "bpf_cpumask_release"}[strings.Contains(row.Name, "task")]
			if strings.Contains(row.Name, "cgroup") {
				release = "bpf_cgroup_release"
			}
			if row.Has(linux.FuncAcquires) {
				code = append(code, isa.JEQ64Imm(isa.R0, 0, 2), isa.Mov64Reg(isa.R1, isa.R0), isa.CallKfunc(id(release), 0))
			}
			if row.Name != "bpf_cpumask_release" {
				code = append(code, isa.Mov64Reg(isa.R1, isa.R7), isa.CallKfunc(id("bpf_cpumask_release"), 0))
			}
			code[at].Off = int16(len(code) - at - 1)
			return append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit()), true
		}
		compare := func(what string, code []isa.Instruction, good bool) {
			findings, _, err := p.load(code, nil)
			var load *syscall.LoadError
			switch {
			case err == nil && len(findings) > 0:
				t.Errorf("%s, %s: the kernel accepts it, but: %v", row.Name, what, findings)
			case err == nil:
				right++
			case good:
				t.Logf("%s, %s: the kernel refuses it: %v", row.Name, what, err)
			case len(findings) == 0:
				apart++
				t.Logf("%s, %s: the kernel refuses it, but the check finds nothing: %v", row.Name, what, err)
			case errors.As(err, &load):
				wrong++
				if r := verifierlog.Explain(load.Log, verifierlog.Program{}); !slices.ContainsFunc(findings,
					func(f mistake.Finding) bool { return f.Insn == r.Insn }) {
					t.Errorf("%s, %s: %v, and the kernel says %q at %d", row.Name, what, findings, r.Reason, r.Insn)
				}
			}
		}
		code, ok := program(-1, nil)
		if !ok {
			t.Logf("%s: no right call is known", row.Name)
			continue
		}
		compare("as it should be", code, true)
		for n := range params {
			r := isa.R1 + isa.Register(n)
			_, pointer := btf.Underlying(params[n].Type).(*cbtf.Pointer)
			ways := map[string][]isa.Instruction{"never written": {}, "the stack": {isa.Mov64Reg(r, isa.R10)}}
			if pointer {
				ways["a number"] = []isa.Instruction{isa.Mov64Imm(r, 5)}
				ways["nil"] = []isa.Instruction{isa.Mov64Imm(r, 0)}
				ways["another task's"] = []isa.Instruction{isa.LoadMem(isa.DW, r, isa.R6, int16(wakee.Offset))}
			}
			for what, with := range ways {
				if what == "the stack" && pointer {
					continue // memory that may hold a struct of numbers
				}
				code, _ := program(n, with)
				compare(params[n].Name+" "+what, code, false)
			}
		}
	}
	t.Logf("%d calls are right, %d are wrong and found, %d are not found", right, wrong, apart)
	if right < 25 || wrong < 150 || apart > 3 {
		t.Error("fewer than before")
	}
}
