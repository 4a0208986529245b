package one_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

func Example_bytes() {
	ins := isa.Mov64Imm(isa.R0, 2)
	code, err := isa.Append(nil, isa.LittleEndian, ins)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ins)
	fmt.Printf("% x\n", code)
	// Output:
	// r0 = 2
	// b7 00 00 00 02 00 00 00
}

func Example_program() {
	code, err := isa.Append(nil, isa.LittleEndian,
		isa.Mov64Imm(isa.R0, 2),
		isa.Exit(),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := vm.Load(code, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := vm.New(program).Run(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", code)
	fmt.Println("the result is", result)
	// Output:
	// b7 00 00 00 02 00 00 00 95 00 00 00 00 00 00 00
	// the result is 2
}

func Example_decode() {
	code := []byte{
		0xb7, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,
		0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	}
	ins, err := isa.Decode(code, isa.LittleEndian)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the program:\n%s", isa.AppendListing(nil, ins, isa.Kernel))
	// Output:
	// the program:
	//    0: (b7) r0 = 2
	//    1: (95) exit
}

func Example_noExit() {
	program, err := vm.LoadInstructions([]isa.Instruction{
		isa.Mov64Imm(isa.R0, 2),
	}, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = vm.New(program).Run(context.Background(), nil)
	fmt.Println(err)
	// Output:
	// insn 1: no exit: execution goes on after the last instruction: exit is missing
}
