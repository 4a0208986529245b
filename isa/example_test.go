package isa_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/isa"
)

func ExampleAppend() {
	code, err := isa.Append(nil, isa.LittleEndian,
		isa.Mov64Imm(isa.R0, 2),
		isa.Exit(),
	)
	fmt.Printf("% x %v\n", code, err)
	// Output: b7 00 00 00 02 00 00 00 95 00 00 00 00 00 00 00 <nil>
}

// What can't be encoded is refused, with the place and what is allowed there.
func ExampleAppend_refused() {
	_, err := isa.Append(nil, isa.LittleEndian,
		isa.Mov64Imm(isa.R0, 2),
		isa.LoadMemSX(isa.DW, isa.R1, isa.R2, 0),
	)
	fmt.Println(err)
	fmt.Println(errors.Is(err, isa.RuleOpcode))
	// Output:
	// instruction 1: opcode 0x99: not defined; allowed: 0x91 (LoadMemSXB), 0x89 (LoadMemSXH), 0x81 (LoadMemSXW)
	// true
}

func ExampleDecode() {
	ins, err := isa.Decode([]byte{0x79, 0xa1, 0xf8, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, isa.LittleEndian)
	fmt.Println(ins, err)
	// Output: [r1 = *(u64 *)(r10 -8) exit] <nil>
}

// A field that the instruction doesn't use isn't 0. The error has the slot: the 64-bit load before it takes two.
func ExampleDecode_refused() {
	_, err := isa.Decode([]byte{
		0x18, 0x01, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x07, 0x23, 0, 0, 5, 0, 0, 0,
	}, isa.LittleEndian)
	fmt.Println(err)
	// Output: slot 2 (Add64Imm): src 2: reserved field is not 0; allowed: 0
}

func ExampleInstruction_String() {
	fmt.Println(isa.Add64Imm(isa.R3, 5))
	fmt.Println(isa.JGT32Imm(isa.R3, -1, 1))
	fmt.Println(isa.AtomicFetchAdd64(isa.FP, -8, isa.R3))
	fmt.Println(isa.CallHelper(5))
	// Output:
	// r3 += 5
	// if w3 > 0xffffffff goto pc+1
	// r3 = atomic64_fetch_add((u64 *)(r10 -8), r3)
	// call bpf_ktime_get_ns#5
}

func ExampleDisassemble() {
	err := isa.Disassemble(os.Stdout, []isa.Instruction{
		isa.LoadImm64(isa.R0, 0x123456789),
		isa.JEQ64Reg(isa.R0, isa.R1, 1),
		isa.Mov64Imm(isa.R0, 0),
		isa.Exit(),
	}, isa.Kernel)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	//    0: (18) r0 = 0x123456789
	//    2: (1d) if r0 == r1 goto pc+1
	//    3: (b7) r0 = 0
	//    4: (95) exit
}

// Which forms came after Linux 6.6?
func ExampleForms() {
	for f := range isa.Forms() {
		if i := f.Info(); i.Since.AtLeast(isa.KernelVersion{Major: 6, Minor: 7}) && !i.Sized {
			fmt.Println(i.Name, i.Since)
		}
	}
	// Output:
	// AddrSpaceCast 6.9
	// MovPerCPU 6.10
	// MayGoto 6.9
	// GotoX 6.19
}

// Both notations are read, with labels and comments.
func ExampleParse() {
	program, err := isa.Parse(`
		r0 = 0                    // Linux and LLVM agree on most
	again:
		r0 += *0                  // but nobody knows this
	`, isa.Kernel)
	fmt.Println(program, err)

	program, err = isa.Parse(`
		r0 = 0
	again:
		r0 += 1
		if r0 < 10 goto again     // in listings: goto pc-2, in LLVM's text: goto -2
		call bpf_ktime_get_ns
		exit
	`, isa.Kernel)
	fmt.Println(err)
	fmt.Print(isa.Format(program, isa.Kernel))
	// Output:
	// [r0 = 0] 4:3: there is no such instruction; the nearest is r1 += 5
	// <nil>
	// r0 = 0
	// r0 += 1
	// if r0 < 0xa goto pc-2
	// call bpf_ktime_get_ns#5
	// exit
}

// The same program for LLVM's assembler, which calls functions by label only.
func ExampleFormat() {
	program := []isa.Instruction{
		isa.LoadMem(isa.W, isa.R1, isa.R1, 4),
		isa.LoadImm64(isa.R2, 0x1234_5678_9abc),
		isa.CallRel(1),
		isa.Exit(),
		isa.Mov64Reg(isa.R0, isa.R1),
		isa.Exit(),
	}
	fmt.Println(isa.Format(program, isa.LLVM))
	fmt.Print(isa.Format(program, isa.Kernel))
	// Output:
	// r1 = *(u32 *)(r1 + 4)
	// r2 = 20015998343868 ll
	// call L5
	// exit
	// L5:
	// r0 = r1
	// exit
	//
	// r1 = *(u32 *)(r1 +4)
	// r2 = 0x123456789abc
	// call pc+1
	// exit
	// r0 = r1
	// exit
}

// Linux rewrites programs: here is what it made of the beginning of a division, with its own register and without division by zero.
func ExampleDecodeXlated() {
	code := []byte{
		0xbc, 0x3b, 0, 0, 0, 0, 0, 0,
		0x55, 0x03, 0x02, 0, 0, 0, 0, 0,
		0xc2, 0x00, 0, 0, 0, 0, 0, 0,
	}
	_, err := isa.Decode(code, isa.LittleEndian)
	fmt.Println(err)
	program, err := isa.DecodeXlated(code, isa.LittleEndian)
	fmt.Println(err)
	fmt.Print(isa.Format(program, isa.Xlated))
	// Output:
	// slot 0 (Mov32Reg): dst 11: no such register; allowed: r0 to r10
	// <nil>
	// w11 = w3
	// if r3 != 0x0 goto pc+2
	// nospec
}
