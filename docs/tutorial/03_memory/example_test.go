package three_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// run runs instructions with memory that r1 points to, and prints the result.
func run(ins []isa.Instruction, memory []byte) {
	program, err := vm.LoadInstructions(ins, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := vm.New(program).Run(context.Background(), memory)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%#x\n", result)
}

func Example_bytes() {
	run([]isa.Instruction{
		isa.LoadMem(isa.B, isa.R0, isa.R1, 0), // r0 = the byte at r1
		isa.LoadMem(isa.B, isa.R2, isa.R1, 3), // r2 = the byte at r1 + 3
		isa.Add64Reg(isa.R0, isa.R2),
		isa.Exit(),
	}, []byte{0x40, 0, 0, 0x02})
	// Output:
	// 0x42
}

func Example_order() {
	run([]isa.Instruction{
		isa.LoadMem(isa.H, isa.R0, isa.R1, 0), // two bytes
		isa.Exit(),
	}, []byte{0x12, 0x34})
	// Output:
	// 0x3412
}

func Example_network() {
	run([]isa.Instruction{
		isa.LoadMem(isa.H, isa.R0, isa.R1, 0),
		isa.ToBE16(isa.R0),
		isa.Exit(),
	}, []byte{0x12, 0x34})
	// Output:
	// 0x1234
}

// frame stores into the frame, and reads one number back.
var frame = []isa.Instruction{
	isa.StoreImm(isa.DW, isa.R10, -8, 0x1234), // 8 bytes at r10 - 8
	isa.StoreImm(isa.W, isa.R10, -12, -1),     // 4 bytes at r10 - 12
	isa.Mov64Imm(isa.R2, 0x77),
	isa.StoreMem(isa.B, isa.R10, -13, isa.R2), // 1 byte at r10 - 13
	isa.LoadMem(isa.DW, isa.R0, isa.R10, -8),
	isa.Exit(),
}

func Example_frame() {
	run(frame, nil)
	// Output:
	// 0x1234
}

// above writes where the frame has ended.
var above = []isa.Instruction{
	isa.StoreImm(isa.DW, isa.R10, 0, 1),
	isa.Mov64Imm(isa.R0, 0),
	isa.Exit(),
}

func Example_above() {
	run(above, nil)
	// Output:
	// insn 0: *(u64 *)(r10 +0) = 1: out of bounds: a store of 8 bytes at byte 512 of the stack, which has 512 bytes
}
