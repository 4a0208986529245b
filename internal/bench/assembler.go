package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/bpfsmith/bpfsmith/isa"
)

// program is typical code: arithmetic, memory, jumps, a call and a map.
func program() []isa.Instruction {
	part := []isa.Instruction{
		isa.Mov64Reg(isa.R6, isa.R1), isa.LoadMem(isa.W, isa.R2, isa.R6, 76), isa.LoadMem(isa.W, isa.R3, isa.R6, 80),
		isa.Mov64Reg(isa.R4, isa.R2), isa.Add64Imm(isa.R4, 14), isa.JGT64Reg(isa.R4, isa.R3, 12),
		isa.LoadMem(isa.H, isa.R5, isa.R2, 12), isa.ToBE16(isa.R5), isa.JNE64Imm(isa.R5, 0x800, 9),
		isa.StoreImm(isa.W, isa.FP, -4, 0), isa.Mov64Reg(isa.R2, isa.FP), isa.Add64Imm(isa.R2, -4),
		isa.LoadMapFD(isa.R1, 5), isa.CallHelper(1), isa.JEQ64Imm(isa.R0, 0, 3),
		isa.LoadMem(isa.DW, isa.R1, isa.R0, 8), isa.Rsh64Imm(isa.R1, 3), isa.StoreMem(isa.DW, isa.R0, 8, isa.R1), isa.Exit(),
	}
	var all []isa.Instruction
	for range 50 {
		all = append(all, part...)
	}
	return all
}

func assembler() []row {
	ins := program()
	code, err := isa.Append(nil, isa.LittleEndian, ins...)
	if err != nil {
		panic(fmt.Sprint("the benchmark's program is wrong: ", err))
	}
	perInstruction := func(r testing.BenchmarkResult) float64 {
		return float64(r.T.Nanoseconds()) / float64(r.N) / float64(len(ins))
	}
	encode := best(func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, len(code))
		for range b.N {
			buf, err = isa.Append(buf[:0], isa.LittleEndian, ins...)
			check(b, err)
		}
	})
	decode := best(func(b *testing.B) {
		b.ReportAllocs()
		out := make([]isa.Instruction, 0, len(ins))
		for range b.N {
			out, err = isa.DecodeAppend(out[:0], code, isa.LittleEndian)
			check(b, err)
		}
	})
	text := isa.Format(ins, isa.Kernel)
	format := best(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if len(isa.Format(ins, isa.Kernel)) != len(text) {
				b.Fatal("other text")
			}
		}
	})
	parse := best(func(b *testing.B) {
		b.ReportAllocs()
		out := make([]isa.Instruction, 0, len(ins))
		for range b.N {
			out, err = isa.ParseAppend(out[:0], text, isa.Kernel)
			check(b, err)
		}
	})
	theirs, err := asm.AppendInstructions(nil, bytes.NewReader(code), binary.LittleEndian, "linux")
	if err != nil {
		panic(fmt.Sprint("cilium/ebpf refuses the benchmark's program: ", err))
	}
	// Each is measured as its users call it: one program at a time, into memory that is already allocated.
	var buf bytes.Buffer
	peerEncode := best(func(b *testing.B) {
		for range b.N {
			buf.Reset()
			check(b, theirs.Marshal(&buf, binary.LittleEndian))
		}
	})
	peerDecode := best(func(b *testing.B) {
		var out asm.Instructions
		for range b.N {
			out, err = asm.AppendInstructions(out[:0], bytes.NewReader(code), binary.LittleEndian, "linux")
			check(b, err)
		}
	})
	peerFormat := best(func(b *testing.B) {
		for range b.N {
			buf.Reset()
			fmt.Fprintf(&buf, "%v", theirs)
		}
	})
	rows := []row{
		{what: "encode", ours: perInstruction(encode), peer: perInstruction(peerEncode), bytes: encode.AllocedBytesPerOp(),
			alloc: encode.AllocsPerOp(),
			goal:  "≤ 3 ns, no allocation, ≥ 20×", missed: encode.AllocsPerOp() > 0},
		{what: "decode", ours: perInstruction(decode), peer: perInstruction(peerDecode), bytes: decode.AllocedBytesPerOp(),
			alloc: decode.AllocsPerOp(),
			goal:  "≤ 3 ns, no allocation, ≥ 20×", missed: decode.AllocsPerOp() > 0},
		{what: "format", ours: perInstruction(format), peer: perInstruction(peerFormat), bytes: format.AllocedBytesPerOp(),
			alloc: format.AllocsPerOp(),
			goal:  "≤ 100 ns, one allocation a program, ≥ 8×", missed: format.AllocsPerOp() > 1},
		{what: "parse", ours: perInstruction(parse), bytes: parse.AllocedBytesPerOp(), alloc: parse.AllocsPerOp(),
			goal: "≤ 300 ns", missed: parse.AllocsPerOp() > 0},
	}
	for i := range rows {
		rows[i].unit = "ns/insn"
	}
	return rows
}
