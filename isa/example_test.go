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
