package vm_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A program that adds the first two bytes of its memory.
func Example() {
	p, err := vm.LoadInstructions([]isa.Instruction{
		isa.LoadMem(isa.B, isa.R0, isa.R1, 0),
		isa.LoadMem(isa.B, isa.R2, isa.R1, 1),
		isa.Add64Reg(isa.R0, isa.R2),
		isa.Exit(),
	}, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(p)
	fmt.Println(m.Run(context.Background(), []byte{40, 2}))
	fmt.Println(m.Run(context.Background(), []byte{40}))
	// Output:
	// 42 <nil>
	// 0 insn 1: r2 = *(u8 *)(r1 +1): out of bounds: a load of 1 byte at byte 1 of the context, which has 1 byte
}

// A helper as a Go function. It gets its arguments from the machine.
func ExampleMachine_SetHelper() {
	p, err := vm.LoadInstructions([]isa.Instruction{isa.CallHelper(7), isa.Exit()}, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(p)
	if err := m.SetHelper("bpf_get_prandom_u32", func(*vm.Machine) (uint64, error) { return 4, nil }); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(context.Background(), nil))
	// Output: 4 <nil>
}
