package four_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

var larger = []isa.Instruction{
	isa.Mov64Reg(isa.R0, isa.R1),
	isa.JGE64Reg(isa.R1, isa.R2, 1), // if r1 >= r2, skip 1
	isa.Mov64Reg(isa.R0, isa.R2),
	isa.Exit(),
}

func Example_larger() {
	fmt.Println(isa.Format(larger, isa.Kernel))
	program, err := vm.LoadInstructions(larger, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, args := range [][]uint64{{3, 8}, {8, 3}} {
		result, err := vm.New(program).Call(context.Background(), args...)
		fmt.Println(args, "→", result, err)
	}
	// Output:
	// r0 = r1
	// if r1 >= r2 goto pc+1
	// r0 = r2
	// exit
	//
	// [3 8] → 8 <nil>
	// [8 3] → 8 <nil>
}

// largerByLabel is the same program with a label.
var largerByLabel = dsl.Assembly("larger",
	dsl.Proto("u64", "u64 a", "u64 b"),
	dsl.Mov64Reg(isa.R0, isa.R1),
	dsl.JGE64Reg(isa.R1, isa.R2, "out"),
	dsl.Mov64Reg(isa.R0, isa.R2),
	dsl.Label("out"),
	dsl.Exit(),
)

func Example_labels() {
	object, err := compile.Compile(largerByLabel, compile.Target{Unchecked: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(isa.Format(object.Instructions, isa.Kernel))
	// Output:
	// r0 = r1
	// if r1 >= r2 goto pc+1
	// r0 = r2
	// exit
}

// loop is the sum of the numbers from 1 to r1.
var loop = dsl.Assembly("loop",
	dsl.Mov64Imm(isa.R0, 0),
	dsl.JEQ64Imm(isa.R1, 0, "out"),
	dsl.Label("turn"),
	dsl.Add64Reg(isa.R0, isa.R1),
	dsl.Sub64Imm(isa.R1, 1),
	dsl.JNE64Imm(isa.R1, 0, "turn"),
	dsl.Label("out"),
	dsl.Exit(),
)

// run compiles a program, and runs it with up to five arguments. The machine stops after a million instructions.
func run(p *dsl.Program, args ...uint64) {
	object, err := compile.Compile(p, compile.Target{Unchecked: true}) // the check comes later
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := vm.LoadObject(object, nil, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(program)
	m.StepLimit = 1_000_000
	result, err := m.Call(context.Background(), args...)
	if err != nil {
		show.Error(err) // with long lines broken
		return
	}
	fmt.Println(result, "after", m.Steps(), "instructions")
}

func Example_loop() {
	run(loop, 4)
	run(loop, 1000)
	// Output:
	// 10 after 15 instructions
	// 500500 after 3003 instructions
}

func Example_endless() {
	run(endless, 4)
	// Output:
	// mistake_test.go:12: insn 2: if r1 != 0x0 goto pc-1: runaway program: the program has not ended
	//   after 1000000 instructions: is there a loop without an end?
}
