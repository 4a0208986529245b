package vm

import (
	"encoding/binary"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// The loops that are measured.
var loops = []struct {
	name string
	text string
}{
	{"alu", `
		r1 = 1000
	again:
		r0 += r1
		r0 ^= 0x5555
		r0 *= 3
		r2 = r0
		r2 >>= 7
		r0 -= r2
		w0 += w2
		r1 -= 1
		if r1 != 0 goto again
		exit`},
	{"memory", `
		r3 = 1000
	again:
		*(u64 *)(r10 -8) = r3
		r2 = *(u64 *)(r10 -8)
		*(u32 *)(r1 +4) = r2
		r4 = *(u32 *)(r1 +4)
		r5 = *(u16 *)(r1 +4)
		r0 += r5
		r3 -= 1
		if r3 != 0 goto again
		exit`},
	{"primes", `
		r1 = 2
	next:
		r2 = 2
	divide:
		if r2 >= r1 goto prime
		r3 = r1
		r3 %= r2
		if r3 == 0 goto composite
		r2 += 1
		goto divide
	prime:
		r0 += 1
	composite:
		r1 += 1
		if r1 < 200 goto next
		exit`},
}

func loopProgram(t testing.TB, text string) *Program {
	ins, err := isa.Parse(text, isa.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadInstructions(ins, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkRun measures the machine beside a plain loop, which has no regions, no limit and no faults: the least that a switch costs.
func BenchmarkRun(b *testing.B) {
	for _, l := range loops {
		p := loopProgram(b, l.text)
		m, memory := New(p), make([]byte, 64)
		if _, err := m.Run(b.Context(), memory); err != nil {
			b.Fatal(err)
		}
		steps := float64(m.Steps())
		b.Run(l.name+"/vm", func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Run(b.Context(), memory); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps, "ns/insn")
		})
		b.Run(l.name+"/plain", func(b *testing.B) {
			var stack [stackSize]byte
			for b.Loop() {
				plain(p.steps, memory, &stack)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps, "ns/insn")
		})
	}
}

// TestPlainIsRight: what is measured beside the machine computes the same.
func TestPlainIsRight(t *testing.T) {
	for _, l := range loops {
		p := loopProgram(t, l.text)
		var stack [stackSize]byte
		want, err := New(p).Run(t.Context(), make([]byte, 64))
		if got := plain(p.steps, make([]byte, 64), &stack); got != want || err != nil {
			t.Errorf("%s: %d, want %d, %v", l.name, got, want, err)
		}
	}
}

// BenchmarkNew measures making a machine, and loading a program.
func BenchmarkNew(b *testing.B) {
	p := loopProgram(b, loops[0].text)
	b.Run("machine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			New(p)
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := LoadInstructions(p.source, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// plain runs the instructions of the loops. R1 stands for the memory, and R10 for the stack.
func plain(code []instr, memory []byte, stack *[stackSize]byte) uint64 {
	var r [16]uint64
	pc := 0
	for {
		in := &code[pc]
		pc++
		switch in.op {
		case opAdd64Imm:
			r[in.dst&15] += in.imm
			continue
		case opAdd64Reg:
			r[in.dst&15] += r[in.src&15]
			continue
		case opSub64Reg:
			r[in.dst&15] -= r[in.src&15]
			continue
		case opMul64Imm:
			r[in.dst&15] *= in.imm
			continue
		case opMod64Reg:
			r[in.dst&15] %= r[in.src&15]
			continue
		case opXor64Imm:
			r[in.dst&15] ^= in.imm
			continue
		case opRsh64Imm:
			r[in.dst&15] >>= in.imm & 63
			continue
		case opMov64Imm:
			r[in.dst&15] = in.imm
			continue
		case opMov64Reg:
			r[in.dst&15] = r[in.src&15]
			continue
		case opAdd32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(r[in.src&15]))
			continue
		case opLoad16:
			r[in.dst&15] = uint64(binary.LittleEndian.Uint16(memory[in.off:]))
			continue
		case opLoad32:
			r[in.dst&15] = uint64(binary.LittleEndian.Uint32(memory[in.off:]))
			continue
		case opLoad64:
			r[in.dst&15] = binary.LittleEndian.Uint64(stack[stackSize+int(in.off):])
			continue
		case opStore32:
			binary.LittleEndian.PutUint32(memory[in.off:], uint32(r[in.src&15]))
			continue
		case opStore64:
			binary.LittleEndian.PutUint64(stack[stackSize+int(in.off):], r[in.src&15])
			continue
		case opJump:
		case opJEQ64Imm:
			if r[in.dst&15] != in.imm {
				continue
			}
		case opJNE64Imm:
			if r[in.dst&15] == in.imm {
				continue
			}
		case opJGE64Reg:
			if r[in.dst&15] < r[in.src&15] {
				continue
			}
		case opJLT64Imm:
			if r[in.dst&15] >= in.imm {
				continue
			}
		case opExit:
			return r[isa.R0]
		}
		pc = int(in.off)
	}
}
