package debug_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// A program is run to a breakpoint, and back by one instruction.
func Example() {
	instructions, err := isa.Parse("r0 = 1\nr0 += 2\nr0 *= 7\nexit", isa.Kernel)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := vm.LoadInstructions(instructions, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(p)
	d := debug.New(m, debug.Options{Run: func(ctx context.Context) (uint64, error) { return m.Run(ctx, nil) }})
	defer d.Close()
	d.Break(debug.Breakpoint{Slot: 2})
	fmt.Println(d.Continue().Instruction, "and r0 is", m.Register(isa.R0))
	fmt.Println(d.Back().Instruction, "and r0 is", m.Register(isa.R0))
	fmt.Println("the result is", d.Continue().Result, d.Continue().Result)
	// Output:
	// r0 *= 7 and r0 is 3
	// r0 += 2 and r0 is 1
	// the result is 0 21
}
