package vm

import (
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// beginning is how many instructions set registers before the sequence of an example.
const beginning = 10

// example is code that sets the registers R0 to R9, runs the sequence, and ends.
func (p *pattern) example(r *rand.Rand) []instr {
	var code []instr
	for n := range uint8(beginning) {
		value := r.Uint64() >> (8 * r.IntN(8))
		if r.IntN(4) == 0 {
			value = uint64(r.IntN(3)) - 1
		}
		code = append(code, instr{op: opMov64Imm, dst: n, imm: value})
	}
	registers := r.Perm(beginning) // by letter
	register := func(letter uint8) uint8 {
		if letter == 0 {
			return uint8(r.IntN(beginning))
		}
		return uint8(registers[letter])
	}
	end := int32(beginning + p.length + 1)
	for _, s := range p.steps[:p.length] {
		in := instr{op: s.op, dst: register(s.dst), src: register(s.src), imm: uint64(int64(int32(r.Uint32())))}
		if r.IntN(3) == 0 {
			in.imm = uint64(r.IntN(3)) - 1
		}
		base := in.src
		switch {
		case s.op == opJump || s.op.isBranch():
			in.off = end
		case s.op >= opStore8 && s.op <= opStoreImm64:
			base = in.dst
			fallthrough
		case s.op >= opLoad8 && s.op <= opLoadSX32:
			in.off = -int32(r.IntN(24))
			if r.IntN(8) > 0 { // else it is a fault
				code[base].imm = firstAddress(stackRegion) + stackSize - uint64(r.IntN(16))
			}
		}
		code = append(code, in)
	}
	return append(code, instr{op: opNeg64, dst: 9}, instr{op: opExit}, instr{})
}

// An outcome is what a run leaves.
type outcome struct {
	registers [16]uint64
	stack     [stackSize]byte
	steps     uint64
	failed    string
}

func run(t *testing.T, code []instr, limit uint64) outcome {
	m := New(&Program{steps: code, source: make([]isa.Instruction, len(code)-1)})
	m.StepLimit = limit
	failed := ""
	if _, err := m.Run(t.Context(), nil); err != nil {
		failed = err.Error()
	}
	return outcome{m.regs, m.stack, m.Steps(), failed}
}

// TestFusedDoTheSame: each sequence that is one step leaves what its instructions leave one by one: the same registers, memory, number of
// steps, and fault.
func TestFusedDoTheSame(t *testing.T) {
	for number := range patterns {
		p := &patterns[number]
		for seed := range uint64(50) {
			r := rand.New(rand.NewPCG(uint64(number), seed))
			code, limit := p.example(r), uint64(0)
			if r.IntN(4) == 0 {
				limit = beginning
			}
			want := run(t, code, limit)
			fuse(code)
			if got := code[beginning].op; got < firstFused {
				t.Fatalf("pattern %d: its example %+v is not one step", number, code[beginning:])
			}
			if got := run(t, code, limit); got != want {
				t.Fatalf("pattern %d, seed %d: %+v leaves\n%+v, want\n%+v", number, seed, code, got, want)
			}
		}
	}
}

// TestSharedRegistersAreNotFused: a register that a sequence changes under one letter must not be that of another letter.
func TestSharedRegistersAreNotFused(t *testing.T) {
	for number := range patterns {
		p := &patterns[number]
		if p.written == 0 {
			continue
		}
		code := make([]instr, p.length)
		for n, s := range p.steps[:p.length] {
			code[n] = instr{op: s.op, dst: 3, src: 3}
		}
		letters := 0
		for _, s := range p.steps[:p.length] {
			letters = max(letters, int(s.dst), int(s.src))
		}
		if matches := p.matches(code); matches != (letters == 1) {
			t.Errorf("pattern %d, with one register for %d letters: it matches: %v", number, letters, matches)
		}
	}
}
