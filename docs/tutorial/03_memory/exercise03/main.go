// Exercise 3: turn the order of four bytes around, in place.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/isa"
)

// program gets the address of four bytes in r1.
var program = []isa.Instruction{
	isa.LoadMem(isa.W, isa.R2, isa.R1, 0),
	isa.StoreMem(isa.W, isa.R1, 0, isa.R2),
	isa.Mov64Imm(isa.R0, 0),
	isa.Exit(),
}

func main() { exercise.Report(exercise.Memory(program)) }
