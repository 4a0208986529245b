// Command wasm runs a program in a machine: a test builds it for WebAssembly.
package main

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

func main() {
	instructions, err := isa.Parse("r0 = *(u8 *)(r1 +1)\nr0 *= 6\nif r0 != 42 goto +1\nexit\nr0 = *(u8 *)(r1 +9)\nexit", isa.Kernel)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := vm.LoadInstructions(instructions, vm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(vm.New(p).Run(context.Background(), []byte{0, 7}))
	fmt.Println(vm.New(p).Run(context.Background(), []byte{0, 8}))
}
