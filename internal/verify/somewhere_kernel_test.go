//go:build linux

package verify_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestWrittenSomewhere: after a write at an offset of the stack that is not known, the kernel and the check know the same of each slot
// that it may have reached.
func TestWrittenSomewhere(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	p := places(t)[0] // a socket filter
	// somewhere is r0 = r10 - 16 to r10 - 9, and the write of a byte there.
	somewhere := func(write isa.Instruction) []isa.Instruction {
		return []isa.Instruction{isa.Mov64Reg(isa.R6, isa.R1), isa.CallHelper(7), isa.And64Imm(isa.R0, 7), isa.Sub64Imm(isa.R0, 16),
			isa.Add64Reg(isa.R0, isa.R10), write}
	}
	zero, one := isa.StoreImm(isa.B, isa.R0, 0, 0), isa.StoreImm(isa.B, isa.R0, 0, 1)
	// offset takes a byte as the offset of a read: it must be 0 to 7.
	offset := []isa.Instruction{isa.LoadMem(isa.B, isa.R1, isa.R10, -12), isa.Add64Reg(isa.R1, isa.R10),
		isa.StoreImm(isa.B, isa.R1, -8, 0)}
	end := []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.Exit()}
	for name, tt := range map[string]struct {
		before []isa.Instruction
		write  isa.Instruction
		after  []isa.Instruction
		taken  bool
	}{
		"zero where zero was":  {[]isa.Instruction{isa.StoreImm(isa.DW, isa.R10, -16, 0)}, zero, offset, true},
		"one where zero was":   {[]isa.Instruction{isa.StoreImm(isa.DW, isa.R10, -16, 0)}, one, offset, false},
		"zero where a one was": {[]isa.Instruction{isa.StoreImm(isa.DW, isa.R10, -16, 1)}, zero, offset, false},
		"zero, nothing before": {nil, zero, offset, false},
		"zeros in another slot": {[]isa.Instruction{isa.StoreImm(isa.DW, isa.R10, -24, 0)}, one, []isa.Instruction{
			isa.LoadMem(isa.B, isa.R1, isa.R10, -20), isa.Add64Reg(isa.R1, isa.R10), isa.StoreImm(isa.B, isa.R1, -8, 0)}, true},
		"over a pointer": {[]isa.Instruction{isa.StoreMem(isa.DW, isa.R10, -16, isa.R1)}, zero, []isa.Instruction{
			isa.LoadMem(isa.DW, isa.R1, isa.R10, -16), isa.LoadMem(isa.W, isa.R2, isa.R1, 0)}, false},
		"beside a pointer": {[]isa.Instruction{isa.StoreMem(isa.DW, isa.R10, -24, isa.R1)}, zero, []isa.Instruction{
			isa.LoadMem(isa.DW, isa.R1, isa.R10, -24), isa.LoadMem(isa.W, isa.R2, isa.R1, 0)}, true},
	} {
		var code []isa.Instruction
		for _, part := range [][]isa.Instruction{tt.before, somewhere(tt.write), tt.after, end} {
			code = append(code, part...)
		}
		findings, complete, err := p.load(code, nil)
		if (err == nil) != tt.taken {
			t.Errorf("%s: the kernel takes it: %v, want %v", name, err, tt.taken)
		}
		if !complete || tt.taken != (len(findings) == 0) {
			t.Errorf("%s: the kernel: %v, the check: %v", name, err, findings)
		}
	}
}
