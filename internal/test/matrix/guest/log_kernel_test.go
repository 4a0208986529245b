//go:build linux

package guest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestLogsAreUnderstood loads wrong programs, and finds reason, instruction and registers in the verifier's log.
func TestLogsAreUnderstood(t *testing.T) {
	kerneltest.Require(t)
	mov, exit := isa.Mov64Imm(isa.R0, 0), isa.Exit()
	for _, tt := range []struct {
		mistake string
		program []isa.Instruction
		reasons []string // one of these is in the reason
		insn    int      // slot of the instruction
		text    string   // of that instruction, "" when the walk does not begin
		known   int      // number of a register whose value is known there, -1 for none
	}{
		{"result not set", []isa.Instruction{exit}, []string{"R0 !read_ok"}, 0, "exit", 10},
		{"unset register", []isa.Instruction{mov, isa.Mov64Reg(isa.R2, isa.R3), exit}, []string{"R3 !read_ok"}, 1, "r2 = r3", 0},
		{"number as pointer", []isa.Instruction{mov, isa.LoadMem(isa.DW, isa.R0, isa.R0, 0), exit}, []string{"R0 invalid mem access"}, 1,
			"r0 = *(u64 *)(r0 +0)", 0},
		{"below the stack", []isa.Instruction{mov, isa.StoreMem(isa.DW, isa.R10, -520, isa.R0), exit}, []string{"invalid write to stack"},
			1, "*(u64 *)(r10 -520) = r0", 0},
		{"frame pointer written", []isa.Instruction{mov, isa.Mov64Imm(isa.R10, 0), exit}, []string{"frame pointer is read only"}, 1,
			"r10 = 0", 0},
		{"arithmetic on a pointer", []isa.Instruction{isa.Mov64Reg(isa.R0, isa.R10), isa.Mul64Imm(isa.R0, 2), exit},
			[]string{"pointer arithmetic"}, 1, "r0 *= 2", 10},
		{"unreachable code", []isa.Instruction{mov, exit, mov, exit}, []string{"unreachable insn 2"}, 2, "", -1},
		{"unknown helper", []isa.Instruction{isa.CallHelper(4095), exit}, []string{"invalid func", "unknown func"}, 0, "call unknown#4095",
			10},
		{"after a 64-bit load", []isa.Instruction{isa.LoadImm64(isa.R1, 1<<40), isa.LoadMem(isa.W, isa.R0, isa.R1, 4), exit},
			[]string{"R1 invalid mem access"}, 2, "r0 = *(u32 *)(r1 +4)", 1},
	} {
		t.Run(tt.mistake, func(t *testing.T) {
			code, err := isa.Append(nil, isa.Native, tt.program...)
			if err != nil {
				t.Fatal(err)
			}
			fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: code})
			var refused *syscall.LoadError
			if !errors.As(err, &refused) {
				fd.Close()
				t.Fatalf("got %v, want a refusal", err)
			}
			r := verifierlog.Parse(refused.Log)
			if !slices.ContainsFunc(tt.reasons, func(want string) bool { return strings.Contains(r.Reason, want) }) {
				t.Errorf("reason %q, want one of %q", r.Reason, tt.reasons)
			}
			if r.Insn != tt.insn || !strings.HasSuffix(r.Text, tt.text) {
				t.Errorf("instruction %d: %q, want %d: %q", r.Insn, r.Text, tt.insn, tt.text)
			}
			known := func(reg verifierlog.Register) bool { return reg.Number == tt.known }
			if tt.known >= 0 && !slices.ContainsFunc(r.Registers, known) {
				t.Errorf("nothing known of r%d: %+v", tt.known, r.Registers)
			}
			if t.Failed() {
				t.Logf("log:\n%s", refused.Log)
			}
		})
	}
}
