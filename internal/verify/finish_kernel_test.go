//go:build linux

package verify_test

import (
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// turns is a loop: r6 counts, and the body may use r0 to r5 and r7 to r9.
func turns(n int32, body ...isa.Instruction) []isa.Instruction {
	code := []isa.Instruction{isa.Mov64Imm(isa.R6, 0)}
	code = append(code, body...)
	code = append(code, isa.Add64Imm(isa.R6, 1))
	return append(code, isa.JNE64Imm(isa.R6, n, int16(-len(body)-2)))
}

// branchesOn adds 1 to r7 in some cases, on a random number each time.
func branchesOn(count int, between ...isa.Instruction) []isa.Instruction {
	var code []isa.Instruction
	for range count {
		code = append(code, isa.CallHelper(7), isa.JGT64Imm(isa.R0, 5, 1), isa.Add64Imm(isa.R7, 1))
		code = append(code, between...)
	}
	return code
}

func concat(parts ...[]isa.Instruction) []isa.Instruction {
	var code []isa.Instruction
	for _, p := range parts {
		code = append(code, p...)
	}
	return code
}

// TestFinished has programs that the kernel accepts after few steps. The check must come to their end too, and soon.
func TestFinished(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	p := places(t)[0]
	start := []isa.Instruction{isa.Mov64Imm(isa.R7, 0), isa.Mov64Imm(isa.R8, 0)}
	end := []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.Exit()}
	for name, code := range map[string][]isa.Instruction{
		"a number that is only counted": concat(start, turns(1000, branchesOn(3)...), end),
		"half a slot holds a number": concat(start, turns(8,
			branchesOn(3, isa.StoreMem(isa.W, isa.R10, -8, isa.R7))...), end),
		"a byte of a slot holds a number": concat(start, turns(100,
			branchesOn(3, isa.StoreMem(isa.B, isa.R10, -8, isa.R7))...), end),
		"a slot that nobody reads again": concat(start, turns(128,
			branchesOn(4, isa.StoreMem(isa.DW, isa.R10, -16, isa.R0), isa.LoadMem(isa.DW, isa.R8, isa.R10, -16))...), end),
		"two loops in a row": concat(start,
			turns(128, branchesOn(5, isa.StoreMem(isa.DW, isa.R10, -8, isa.R7))...),
			turns(128, branchesOn(5, isa.StoreMem(isa.DW, isa.R10, -16, isa.R7))...), end),
		"a loop in a loop": concat(start,
			[]isa.Instruction{isa.Mov64Imm(isa.R9, 0)},
			turns(50, branchesOn(2, isa.StoreMem(isa.DW, isa.R10, -8, isa.R7))...),
			[]isa.Instruction{isa.Add64Imm(isa.R9, 1), isa.JNE64Imm(isa.R9, 20, -13)}, end),
		"a number on which the next branch depends": concat(start, turns(200,
			concat(branchesOn(2), []isa.Instruction{isa.Mov64Imm(isa.R8, 3), isa.JGT64Imm(isa.R0, 9, 1), isa.Mov64Imm(isa.R8, 4),
				isa.JEQ64Imm(isa.R8, 3, 1), isa.Add64Imm(isa.R7, 1)})...), end),
	} {
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			t.Fatal(err)
		}
		program := p.program
		program.Code = code
		begin := time.Now()
		findings, complete := verify.Check(program)
		if took := time.Since(begin); len(findings) > 0 || !complete || took > time.Second {
			t.Errorf("%s: %v; finished: %v, after %v", name, findings, complete, took)
		}
		attr := p.attr
		attr.Instructions, attr.BTF = raw, nil
		prog, err := syscall.ProgLoad(&attr)
		if err != nil {
			t.Errorf("%s: the kernel: %v", name, err)
			continue
		}
		prog.Close()
	}
}
