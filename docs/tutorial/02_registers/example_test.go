package two_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// run runs instructions with up to five arguments, which are r1 to r5, and prints the result.
func run(ins []isa.Instruction, args ...uint64) {
	program, err := vm.LoadInstructions(ins, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(program)
	result, err := m.Call(context.Background(), args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d, in hex %#x\n", result, result)
}

// sum is (a + b) · a, for a in r1 and b in r2.
var sum = []isa.Instruction{
	isa.Mov64Reg(isa.R0, isa.R1),
	isa.Add64Reg(isa.R0, isa.R2),
	isa.Mul64Reg(isa.R0, isa.R1),
	isa.Exit(),
}

func Example_sum() {
	run([]isa.Instruction{
		isa.Mov64Reg(isa.R0, isa.R1), // r0 = a
		isa.Add64Reg(isa.R0, isa.R2), // r0 = a + b
		isa.Mul64Reg(isa.R0, isa.R1), // r0 = (a + b) · a
		isa.Exit(),
	}, 3, 4)
	// Output:
	// 21, in hex 0x15
}

func Example_wrap() {
	run([]isa.Instruction{
		isa.Mov64Imm(isa.R0, -1),
		isa.Exit(),
	})
	run([]isa.Instruction{
		isa.Mov64Imm(isa.R0, -1),
		isa.Add64Imm(isa.R0, 3),
		isa.Exit(),
	})
	// Output:
	// 18446744073709551615, in hex 0xffffffffffffffff
	// 2, in hex 0x2
}

func Example_half() {
	run([]isa.Instruction{
		isa.Mov64Imm(isa.R0, -1), // all 64 bits are set
		isa.Add32Imm(isa.R0, 0),  // w0 += 0: the upper half is 0 now
		isa.Exit(),
	})
	// Output:
	// 4294967295, in hex 0xffffffff
}

func Example_divide() {
	run([]isa.Instruction{
		isa.Mov64Imm(isa.R0, 100),
		isa.Div64Reg(isa.R0, isa.R1), // r1 is the argument
		isa.Exit(),
	}, 0)
	// Output:
	// 0, in hex 0x0
}

func Example_large() {
	run([]isa.Instruction{
		isa.LoadImm64(isa.R0, 0x1122334455667788),
		isa.Exit(),
	})
	// Output:
	// 1234605616436508552, in hex 0x1122334455667788
}

// unwritten adds a register that has no value.
var unwritten = []isa.Instruction{
	isa.Mov64Imm(isa.R0, 7),
	isa.Add64Reg(isa.R0, isa.R3),
	isa.Exit(),
}

func Example_unwritten() {
	run(unwritten)
	// Output:
	// 7, in hex 0x7
}

func Example_check() {
	options := prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"}
	err := prog.Validate(unwrittenProgram, options, compile.Target{})
	for _, finding := range err.(mistake.Findings) {
		fmt.Println(finding.Detail)
		fmt.Println("help:", finding.Help)
	}
	// Output:
	// "r0 += r3": r3 has no value here: it was never written on the path to here
	// help: set r3 before, on every path
}
