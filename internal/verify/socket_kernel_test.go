//go:build linux

package verify_test

import (
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestSockets reads all fields of sockets with all widths, writes them, and releases and compares sockets. The check finds what the kernel
// refuses, and nothing else.
func TestSockets(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	var p *place
	for _, x := range places(t) {
		if x.name == "sched_cls" {
			p = x
		}
	}
	leave := func(r isa.Register) []isa.Instruction {
		return []isa.Instruction{isa.JNE64Imm(r, 0, 2), isa.Mov64Imm(isa.R0, 0), isa.Exit()}
	}
	common := slices.Concat([]isa.Instruction{isa.Mov64Reg(isa.R9, isa.R1), isa.LoadMem(isa.DW, isa.R6, isa.R1, 168)}, leave(isa.R6))
	from := func(helper int32) []isa.Instruction {
		return slices.Concat(common, []isa.Instruction{isa.Mov64Reg(isa.R1, isa.R6), isa.CallHelper(helper)}, leave(isa.R0),
			[]isa.Instruction{isa.Mov64Reg(isa.R6, isa.R0)})
	}
	finish := []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.Exit()}
	compare := func(name string, code []isa.Instruction) (taken bool) {
		findings, complete, err := p.load(code, nil)
		if (err == nil) != (len(findings) == 0) || !complete {
			t.Errorf("%s: the kernel: %v, the check: %v", name, err, findings)
		}
		return err == nil
	}
	read, refused := 0, 0
	for name, socket := range map[string][]isa.Instruction{"what all sockets have": common, "a full socket": from(95), "TCP": from(96),
		"a listener": from(98)} {
		for bytes, width := range map[int16]isa.Size{1: isa.B, 2: isa.H, 4: isa.W, 8: isa.DW} {
			for offset := int16(0); offset < 128; offset += bytes {
				if compare(name, slices.Concat(socket, []isa.Instruction{isa.LoadMem(width, isa.R1, isa.R6, offset)}, finish)) {
					read++
				} else {
					refused++
				}
			}
		}
	}
	if read < 150 || refused < 300 {
		t.Errorf("%d reads are allowed, %d are not", read, refused)
	}
	// A socket that is looked up with 12 zeros as addresses, in r6.
	lookup := []isa.Instruction{isa.Mov64Reg(isa.R9, isa.R1), isa.StoreImm(isa.DW, isa.R10, -8, 0), isa.StoreImm(isa.DW, isa.R10, -16, 0),
		isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -16), isa.Mov64Imm(isa.R3, 12), isa.Mov64Imm(isa.R4, -1),
		isa.Mov64Imm(isa.R5, 0), isa.CallHelper(84), isa.Mov64Reg(isa.R6, isa.R0)}
	release := func(r isa.Register) []isa.Instruction {
		return []isa.Instruction{isa.Mov64Reg(isa.R1, r), isa.CallHelper(86)}
	}
	part := []isa.Instruction{isa.Mov64Reg(isa.R1, isa.R6), isa.CallHelper(96), isa.Mov64Reg(isa.R7, isa.R0)}
	skip := func(r isa.Register, rest []isa.Instruction) []isa.Instruction {
		return append([]isa.Instruction{isa.JEQ64Imm(r, 0, int16(len(rest)))}, rest...)
	}
	for name, code := range map[string][]isa.Instruction{
		"a socket is written":                 slices.Concat(common, []isa.Instruction{isa.StoreImm(isa.W, isa.R6, 16, 0)}, finish),
		"a number is added to a socket":       slices.Concat(common, []isa.Instruction{isa.Add64Imm(isa.R6, 4)}, finish),
		"a socket of the context is released": slices.Concat(common, release(isa.R6), finish),
		"a socket that may be nil is released": slices.Concat([]isa.Instruction{isa.LoadMem(isa.DW, isa.R6, isa.R1, 168)}, release(isa.R6),
			finish),
		"a socket is looked up and released": slices.Concat(lookup, skip(isa.R6, release(isa.R6)), finish),
		"a socket is looked up and kept":     slices.Concat(lookup, finish),
		"a part is read": slices.Concat(lookup, leave(isa.R6), part, skip(isa.R7,
			[]isa.Instruction{isa.LoadMem(isa.W, isa.R1, isa.R7, 0)}), release(isa.R6), finish),
		"a part is read after the release": slices.Concat(lookup, leave(isa.R6), part, release(isa.R6), skip(isa.R7,
			[]isa.Instruction{isa.LoadMem(isa.W, isa.R1, isa.R7, 0)}), finish),
		"a part that is nil is no release": slices.Concat(lookup, leave(isa.R6), part, skip(isa.R7, release(isa.R6)), finish),
		"a part is released": slices.Concat(lookup, leave(isa.R6), part, []isa.Instruction{isa.JNE64Imm(isa.R7, 0, 4)}, release(isa.R6),
			finish,
			release(isa.R7), finish),
		"a listener is released": slices.Concat(from(98), release(isa.R6), finish),
		"equal to one that is not nil": slices.Concat(from(98), []isa.Instruction{isa.LoadMem(isa.DW, isa.R7, isa.R9, 168),
			isa.JNE64Reg(isa.R7, isa.R6, 1), isa.LoadMem(isa.W, isa.R1, isa.R7, 4)}, finish),
		"different from one that is not nil": slices.Concat(from(98), []isa.Instruction{isa.LoadMem(isa.DW, isa.R7, isa.R9, 168),
			isa.JEQ64Reg(isa.R7, isa.R6, 1), isa.LoadMem(isa.W, isa.R1, isa.R7, 4)}, finish),
		"equal, and a copy": slices.Concat(from(98), []isa.Instruction{isa.LoadMem(isa.DW, isa.R7, isa.R9, 168), isa.Mov64Reg(isa.R8,
			isa.R7),
			isa.JNE64Reg(isa.R7, isa.R6, 1), isa.LoadMem(isa.W, isa.R1, isa.R8, 4)}, finish),
	} {
		compare(name, code)
	}
}
