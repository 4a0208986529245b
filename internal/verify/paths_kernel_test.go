//go:build linux

package verify_test

import (
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestSeveralPaths: rules that depend on what other paths do, or on where in the program something is called. The check and the kernel
// agree.
func TestSeveralPaths(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	list := places(t)
	at := func(name string) *place {
		n := slices.IndexFunc(list, func(p *place) bool { return p.name == name })
		if n < 0 {
			t.Fatal("no place ", name)
		}
		return list[n]
	}
	var array int32
	for _, m := range list[0].maps {
		if m.Type.String() == "array" && m.Fields == nil && m.Flags == 0 {
			array = m.fd
		}
	}
	// either sets r6 to one of two values, and loads or stores through it.
	either := func(first, second []isa.Instruction, access isa.Instruction) []isa.Instruction {
		return slices.Concat([]isa.Instruction{isa.Mov64Reg(isa.R7, isa.R1), isa.StoreImm(isa.DW, isa.R10, -8, 0), isa.CallHelper(7),
			isa.Mov64Reg(isa.R8, isa.R0)}, first, []isa.Instruction{isa.JEQ64Imm(isa.R8, 0, int16(len(second)))}, second,
			[]isa.Instruction{access, isa.Mov64Imm(isa.R0, 0), isa.Exit()})
	}
	context := []isa.Instruction{isa.Mov64Reg(isa.R6, isa.R7)}
	stack := []isa.Instruction{isa.Mov64Reg(isa.R6, isa.R10), isa.Add64Imm(isa.R6, -8)}
	value := []isa.Instruction{isa.StoreImm(isa.W, isa.R10, -12, 0), isa.LoadMapFD(isa.R1, array), isa.Mov64Reg(isa.R2, isa.R10),
		isa.Add64Imm(isa.R2, -12), isa.CallHelper(1), isa.JNE64Imm(isa.R0, 0, 2), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		isa.Mov64Reg(isa.R6, isa.R0)}
	throws := func(name string) isa.Instruction { return isa.CallKfunc(at(name).functions["bpf_throw"], 0) }
	acquire := isa.CallKfunc(list[0].functions["bpf_task_acquire"], 0)
	for name, tt := range map[string]struct {
		place string
		code  []isa.Instruction
		funcs []verify.Function
		taken bool
	}{
		"the context or the stack is read":    {"sched_cls", either(context, stack, isa.LoadMem(isa.W, isa.R1, isa.R6, 0)), nil, false},
		"the context or the stack is written": {"sched_cls", either(context, stack, isa.StoreImm(isa.W, isa.R6, 8, 0)), nil, false},
		"the stack or the context is written": {"sched_cls", either(stack, context, isa.StoreMem(isa.W, isa.R6, 0, isa.R8)), nil, false},
		"the stack or a value is read":        {"sched_cls", either(value, stack, isa.LoadMem(isa.W, isa.R1, isa.R6, 0)), nil, true},
		"a struct of the kernel on the stack": {"tp_btf task_newtask", []isa.Instruction{isa.StoreImm(isa.DW, isa.R10, -8, 0),
			isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -8), acquire, isa.Mov64Imm(isa.R0, 0), isa.Exit()}, nil, false},
		"a callback throws": {"sched_cls", []isa.Instruction{isa.Mov64Imm(isa.R1, 4), isa.LoadFunc(isa.R2, 6), isa.Mov64Imm(isa.R3, 0),
			isa.Mov64Imm(isa.R4, 0), isa.CallHelper(181), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
			isa.Mov64Imm(isa.R1, 0), throws("sched_cls"), isa.Mov64Imm(isa.R0, 0), isa.Exit()}, []verify.Function{{}, {Slot: 8}}, false},
		"a function throws": {"sched_cls", []isa.Instruction{isa.CallRel(2), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
			isa.Mov64Imm(isa.R1, 0), throws("sched_cls"), isa.Mov64Imm(isa.R0, 0), isa.Exit()}, []verify.Function{{}, {Slot: 3}}, true},
	} {
		findings, complete, err := at(tt.place).load(tt.code, tt.funcs)
		if (err == nil) != tt.taken {
			t.Errorf("%s: the kernel: %v", name, err)
		}
		if (len(findings) == 0) != tt.taken || !complete {
			t.Errorf("%s: %v", name, findings)
		}
	}
}

// TestPacketWrites: only some types of programs write into packets.
func TestPacketWrites(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	compared := 0
	for _, kind := range []syscall.ProgType{syscall.ProgTypeSchedCls, syscall.ProgTypeSchedAct, syscall.ProgTypeCgroupSKB,
		syscall.ProgTypeLWTIn, syscall.ProgTypeLWTOut, syscall.ProgTypeLWTXmit, syscall.ProgTypeLWTSeg6Local, syscall.ProgTypeSKSKB} {
		code := []isa.Instruction{isa.LoadMem(isa.W, isa.R2, isa.R1, 76), isa.LoadMem(isa.W, isa.R3, isa.R1, 80),
			isa.Mov64Reg(isa.R4, isa.R2), isa.Add64Imm(isa.R4, 8), isa.JGT64Reg(isa.R4, isa.R3, 1), isa.StoreImm(isa.W, isa.R2, 0, 0),
			isa.Mov64Imm(isa.R0, 0), isa.Exit()}
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			t.Fatal(err)
		}
		attr := syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: kind.Info().Place}
		fd, err := syscall.ProgLoad(&attr)
		if err == nil {
			fd.Close()
		}
		p := verify.Program{Code: code}
		p.Type = kind
		findings, _ := verify.Check(p)
		if (err == nil) != (len(findings) == 0) {
			t.Errorf("%v: the kernel: %v, the check: %v", kind, err, findings)
		}
		compared++
	}
	if compared != 8 {
		t.Error(compared)
	}
}

// TestManyBranches: the kernel does not follow a program with more than 8192 branches that wait for their other side.
func TestManyBranches(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	code := []isa.Instruction{isa.CallHelper(7)}
	for n := range int32(8300) {
		code = append(code, isa.JEQ64Imm(isa.R0, n, 0))
	}
	code = append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit())
	raw, err := isa.Append(nil, isa.Native, code...)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: raw})
	if err == nil {
		fd.Close()
		t.Error("the kernel accepts it")
	}
	p := verify.Program{Code: code}
	p.Type = syscall.ProgTypeSocketFilter
	findings, complete := verify.Check(p)
	if !complete || len(findings) != 1 || findings[0].Kind != mistake.TooComplex || findings[0].Insn != 8193 {
		t.Errorf("%v, complete: %v; the kernel: %v", findings, complete, err)
	}
}
