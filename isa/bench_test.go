package isa_test

import (
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// mixed returns all golden instructions, a program of all forms for the measurements.
func mixed(t testing.TB) []Instruction {
	var ins []Instruction
	for _, row := range recorded(t, "golden.tsv") {
		i, err := Decode(unhex(t, row["hex_le"]), LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		ins = append(ins, i...)
	}
	return ins
}

// typical returns a program of the kind that people load: arithmetic, memory, jumps, few constants.
func typical() []Instruction {
	one := []Instruction{
		Mov64Reg(R6, R1), LoadMem(W, R2, R6, 76), LoadMem(W, R3, R6, 80), Mov64Reg(R4, R2), Add64Imm(R4, 14),
		JGT64Reg(R4, R3, 20), LoadMem(H, R5, R2, 12), ToBE16(R5), JNE64Imm(R5, 0x800, 17), StoreImm(W, FP, -4, 0),
		Mov64Reg(R2, FP), Add64Imm(R2, -4), LoadMapFD(R1, 5), CallHelper(1), JEQ64Imm(R0, 0, 10),
		Mov64Imm(R1, 1), AtomicAdd64(R0, 0, R1), LoadMem(DW, R1, R0, 8), Rsh64Imm(R1, 3), Mul32Imm(R1, 10),
		Sub64Reg(R1, R4), JSGT64Imm(R1, 100, 2), StoreMem(DW, R0, 8, R1), Jump(1), Mov64Imm(R0, 0), Exit(),
	}
	var ins []Instruction
	for range 40 {
		ins = append(ins, one...)
	}
	return ins
}

func programs(t testing.TB) map[string][]Instruction {
	return map[string][]Instruction{"typical": typical(), "all forms": mixed(t)}
}

func perInstruction(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/insn")
}

func BenchmarkEncode(b *testing.B) {
	for name, ins := range programs(b) {
		for _, order := range []ByteOrder{LittleEndian, BigEndian} {
			b.Run(name+"/"+order.String(), func(b *testing.B) {
				var buf []byte
				var err error
				b.ReportAllocs()
				for b.Loop() {
					if buf, err = Append(buf[:0], order, ins...); err != nil {
						b.Fatal(err)
					}
				}
				perInstruction(b, len(ins))
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, ins := range programs(b) {
		for _, order := range []ByteOrder{LittleEndian, BigEndian} {
			code, err := Append(nil, order, ins...)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name+"/"+order.String(), func(b *testing.B) {
				var out []Instruction
				b.ReportAllocs()
				for b.Loop() {
					if out, err = DecodeAppend(out[:0], code, order); err != nil {
						b.Fatal(err)
					}
				}
				perInstruction(b, len(ins))
			})
		}
	}
}

func BenchmarkText(b *testing.B) {
	for name, ins := range programs(b) {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendListing(buf[:0], ins, Kernel)
			}
			perInstruction(b, len(ins))
		})
	}
}

func TestNothingIsAllocatedForAnInstruction(t *testing.T) {
	ins := mixed(t)
	for _, order := range []ByteOrder{LittleEndian, BigEndian} {
		buf, err := Append(nil, order, ins...)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]Instruction, 0, len(buf)/8)
		var text []byte
		text = AppendListing(text, ins, Kernel)
		for name, f := range map[string]func(){
			"Append":        func() { buf, err = Append(buf[:0], order, ins...) },
			"DecodeAppend":  func() { out, err = DecodeAppend(out[:0], buf, order) },
			"AppendListing": func() { text = AppendListing(text[:0], ins, Kernel) },
			"Form, Reads, Writes": func() {
				for _, i := range ins {
					_, err = i.Form()
					_, _ = i.Reads(), i.Writes()
				}
			},
		} {
			if n := testing.AllocsPerRun(100, f); n != 0 || err != nil {
				t.Errorf("%s, %v: %v allocations, %v", name, order, n, err)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, ins := range programs(b) {
		for _, d := range []Dialect{Kernel, LLVM} {
			text := Format(ins, d)
			b.Run(name+"/"+d.String(), func(b *testing.B) {
				var out []Instruction
				var err error
				b.ReportAllocs()
				for b.Loop() {
					if out, err = ParseAppend(out[:0], text, d); err != nil {
						b.Fatal(err)
					}
				}
				perInstruction(b, len(ins))
			})
		}
	}
}
