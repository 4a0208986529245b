//go:build linux

package structops_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// bad makes an item and says on which line.
func bad(item dsl.Item) (dsl.Item, int) { return item, item.Pos().Line }

// registerUnchecked leaves it to the kernel to find mistakes in programs.
func registerUnchecked(ops structops.Ops) (*structops.Link, error) {
	target, err := prog.Host()
	if err != nil {
		return nil, err
	}
	defer target.BTF.Close()
	target.Unchecked = true
	plan, err := structops.Prepare(ops, target)
	if err != nil {
		return nil, err
	}
	return plan.Register()
}

// TestRefusedProgramsPointToGo are mistakes that only the verifier finds. The
// error names its reason, the instruction, the registers there, and the line
// of Go that the instruction comes from.
func TestRefusedProgramsPointToGo(t *testing.T) {
	kerneltest.Require(t)
	_, file, _, _ := runtime.Caller(0)
	pastStruct, pastLine := bad(dsl.LoadMem(isa.DW, isa.R1, isa.R1, 30_000))
	variable, variableLine := bad(dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0))
	number, numberLine := bad(dsl.LoadMem(isa.DW, isa.R2, isa.R2, 0))
	helper, helperLine := bad(dsl.CallHelper(25)) // bpf_perf_event_output
	loop, loopLine := bad(dsl.JEQ64Imm(isa.R2, 0, "out"))
	sk := dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0)
	for _, tt := range []struct {
		name   string
		items  []dsl.Item
		line   int
		reason string
		insn   int
	}{
		{"past the struct", []dsl.Item{dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), pastStruct, dsl.Exit()}, pastLine, "access beyond", 1},
		{"context at a variable offset", []dsl.Item{sk, dsl.LoadField(isa.R2, isa.R6, "tcp_sock", "snd_cwnd"), dsl.And32Imm(isa.R2, 8),
			dsl.Add64Reg(isa.R1, isa.R2), variable, dsl.Exit()},
			variableLine, "variable ctx access", 4},
		{"number used as a pointer", []dsl.Item{sk, dsl.LoadField(isa.R2, isa.R6, "tcp_sock", "snd_cwnd"), number, dsl.Exit()}, numberLine,
			"R2 invalid mem access 'scalar'", 2},
		{"helper of other programs", []dsl.Item{dsl.Mov64Imm(isa.R2, 0), dsl.Mov64Imm(isa.R3, 0), dsl.Mov64Imm(isa.R4, 0),
			dsl.Mov64Imm(isa.R5, 0), helper, dsl.Exit()}, helperLine, "bpf_perf_event_output#25", 4},
		{"loop without end", []dsl.Item{dsl.Label("again"), dsl.Mov64Imm(isa.R2, 1), loop, dsl.Jump("again"), dsl.Label("out"),
			dsl.Exit()}, loopLine, "infinite loop", 1},
	} {
		ops := fixed(uniqueName(), 7)
		ops.Members["init"] = dsl.Assembly("bad", tt.items...)
		link, err := registerUnchecked(ops)
		if err == nil {
			link.Close()
			t.Errorf("%s: it was registered", tt.name)
			continue
		}
		var refused *prog.ProgramError
		if !errors.As(err, &refused) {
			t.Errorf("%s: no ProgramError, but %v", tt.name, err)
			continue
		}
		if refused.Member != "init" || refused.Program != "bad" || !strings.Contains(refused.Report.Reason, tt.reason) {
			t.Errorf("%s: %s, want %q", tt.name, refused.Report.Reason, tt.reason)
		}
		if refused.Report.Insn != tt.insn || refused.Position.File != file || refused.Position.Line != tt.line {
			t.Errorf("%s: instruction %d at %v, want %d at line %d", tt.name, refused.Report.Insn, refused.Position, tt.insn, tt.line)
		}
		if want := fmt.Sprintf("%s:%d: init (bad): the kernel refused the program: ",
			filepath.Base(file), tt.line); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the message begins otherwise than with %q:\n%v", tt.name, want, err)
		}
		if whole := fmt.Sprintf("%+v", err); !strings.Contains(whole, "processed ") {
			t.Errorf("%s: %%+v has no whole log:\n%s", tt.name, whole)
		}
		t.Logf("%v", err)
	}
}

// TestReportsNameFields: the verifier prints an offset, and the report names the field that the kernel has there. It knows the errno, too.
func TestReportsNameFields(t *testing.T) {
	kerneltest.Require(t)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	field, err := types.Field("tcp_sock", "snd_nxt")
	if err != nil {
		t.Fatal(err)
	}
	ops := fixed(uniqueName(), 7) // by way of the stack, through which Prepare does not follow the pointer
	ops.Members["init"] = dsl.Assembly("bad", dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), dsl.StoreMem(isa.DW, isa.R10, -8, isa.R1),
		dsl.LoadMem(isa.DW, isa.R2, isa.R10, -8), dsl.StoreImm(isa.W, isa.R2, int16(field.Offset), 1), dsl.Exit())
	link, err := registerUnchecked(ops)
	if err == nil {
		link.Close()
		t.Fatal("it was registered")
	}
	var refused *prog.ProgramError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if r := refused.Report; r.Kind != mistake.ReadOnlyField || !strings.Contains(r.Explanation, "tcp_sock.snd_nxt") {
		t.Errorf("%s: %q", r.Kind, r.Explanation)
	}
	if name := refused.Err.ErrnoName(); name != "EACCES" {
		t.Errorf("the errno is %q", name)
	}
}
