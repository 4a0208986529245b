//go:build linux

package verify_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// chain is a program of functions, each of which calls the next one.
func chain(functions int) []isa.Instruction {
	var code []isa.Instruction
	for n := range functions {
		if n < functions-1 {
			code = append(code, isa.CallRel(1))
		} else {
			code = append(code, isa.Mov64Imm(isa.R0, 0))
		}
		code = append(code, isa.Exit())
	}
	return code
}

// TestCallDepth: the kernel counts functions that call each other in the code, and not on paths.
func TestCallDepth(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	p := places(t)[0]
	for name, tt := range map[string]struct {
		code []isa.Instruction
		kind mistake.Kind
	}{
		"as many as there may be": {chain(linux.MostFrames), mistake.None},
		"one more":                {chain(linux.MostFrames + 1), mistake.Recursion},
		"a function that calls itself, and soon ends": {[]isa.Instruction{
			isa.Mov64Imm(isa.R1, 3), isa.CallRel(1), isa.Exit(),
			isa.Mov64Imm(isa.R0, 1), isa.JLE64Imm(isa.R1, 1, 2), isa.Sub64Imm(isa.R1, 1), isa.CallRel(-4), isa.Exit(),
		}, mistake.Recursion},
		"two functions that call each other": {[]isa.Instruction{
			isa.Mov64Imm(isa.R1, 2), isa.CallRel(1), isa.Exit(),
			isa.Mov64Imm(isa.R0, 1), isa.JLE64Imm(isa.R1, 1, 2), isa.Sub64Imm(isa.R1, 1), isa.CallRel(1), isa.Exit(),
			isa.Mov64Imm(isa.R0, 1), isa.JLE64Imm(isa.R1, 1, 2), isa.Sub64Imm(isa.R1, 1), isa.CallRel(-9), isa.Exit(),
		}, mistake.Recursion},
		"a call that never happens": {[]isa.Instruction{
			isa.Mov64Imm(isa.R0, 1), isa.CallRel(1), isa.Exit(),
			isa.Mov64Imm(isa.R0, 1), isa.JEQ64Imm(isa.R0, 1, 1), isa.CallRel(-3), isa.Exit(),
		}, mistake.Recursion},
	} {
		program, attr := p.program, p.attr
		program.Code = tt.code
		findings, complete := verify.Check(program)
		if !complete {
			t.Errorf("%s: not finished", name)
		}
		kind := mistake.None
		if len(findings) > 0 {
			kind = findings[0].Kind
		}
		raw, err := isa.Append(nil, isa.Native, tt.code...)
		if err != nil {
			t.Fatal(err)
		}
		attr.Instructions, attr.BTF = raw, nil
		prog, err := syscall.ProgLoad(&attr)
		if err == nil {
			prog.Close()
		}
		if kind != tt.kind || (err != nil) != (kind != mistake.None) {
			t.Errorf("%s: %v; the kernel: %v", name, findings, err)
		}
	}
}
