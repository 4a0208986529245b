package verify_test

import (
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
)

// straight is code without branches: arithmetic, stores and loads.
func straight(n int) []isa.Instruction {
	code := []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.Mov64Reg(isa.R6, isa.R1)}
	for i := 0; len(code) < n; i++ {
		code = append(code,
			isa.Add64Imm(isa.R0, int32(i)), isa.Mov64Reg(isa.R2, isa.R0), isa.And64Imm(isa.R2, 255), isa.Lsh64Imm(isa.R2, 3),
			isa.StoreMem(isa.DW, isa.R10, -8, isa.R2), isa.LoadMem(isa.DW, isa.R3, isa.R10, -8), isa.Xor64Reg(isa.R3, isa.R0),
			isa.LoadMem(isa.W, isa.R4, isa.R6, 0))
	}
	return append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit())
}

// branchy has a branch on an unknown number every few instructions. Its two ways meet again.
func branchy(n int) []isa.Instruction {
	code := []isa.Instruction{isa.Mov64Reg(isa.R6, isa.R1), isa.Mov64Imm(isa.R0, 0)}
	for len(code) < n {
		code = append(code, isa.LoadMem(isa.W, isa.R2, isa.R6, 0), isa.JGT64Imm(isa.R2, 5, 1), isa.Mov64Imm(isa.R2, 7),
			isa.Mov64Imm(isa.R2, 1))
	}
	return append(code, isa.Exit())
}

func BenchmarkCheck(b *testing.B) {
	for name, make := range map[string]func(int) []isa.Instruction{"straight": straight, "branchy": branchy} {
		for _, n := range []int{100, 1000, 10_000} {
			code := make(n)
			b.Run(name+"/"+strconv.Itoa(n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if findings, complete := verify.Check(socketFilter(code)); len(findings) > 0 || !complete {
						b.Fatal(findings, complete)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(code)), "ns/insn")
			})
		}
	}
}

// TestAllocations limits the allocations of a check: it uses the states of ended paths again, and cuts states from a few large pieces.
func TestAllocations(t *testing.T) {
	for name, code := range map[string][]isa.Instruction{"straight": straight(1000), "branchy": branchy(1000)} {
		n := testing.AllocsPerRun(5, func() { verify.Check(socketFilter(code)) })
		if t.Logf("%s: %v allocations for 1000 instructions", name, n); n > 120 {
			t.Errorf("%s: %v allocations are more than before", name, n)
		}
	}
}

// socketFilter is code as a socket filter.
func socketFilter(code []isa.Instruction) verify.Program {
	p := verify.Program{Code: code}
	p.Type = linux.ProgTypeSocketFilter
	return p
}
