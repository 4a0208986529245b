package cover_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/cover"
)

// A program is counted without a test: which lines ran, and which way its branch went.
func ExampleOf() {
	instructions, err := isa.Parse("if r1 == 0 goto +1\nr0 = 1\nexit", isa.Kernel)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := vm.LoadInstructions(instructions, vm.Options{Pos: func(slot int) mistake.Position {
		return mistake.Position{File: "algorithm.go", Line: 10 + slot}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	counted := new(vm.Coverage)
	m := vm.New(p)
	m.Coverage = counted
	for range 3 {
		if _, err := m.Run(context.Background(), nil); err != nil {
			fmt.Println(err)
		}
	}
	lines, branches := cover.Of(counted)
	for _, b := range lines.Blocks {
		fmt.Println(b)
	}
	for _, b := range branches {
		fmt.Println(b)
	}
	// Output:
	// algorithm.go:10.1,11.1 1 3
	// algorithm.go:11.1,12.1 1 0
	// algorithm.go:12.1,13.1 1 3
	// algorithm.go:10: never to line 11, 3 times to line 12
}
