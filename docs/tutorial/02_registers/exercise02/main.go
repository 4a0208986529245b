// Exercise 2: turn degrees Celsius into degrees Fahrenheit: multiply by 9, divide by 5, add 32.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/isa"
)

// program gets degrees Celsius in r1.
var program = []isa.Instruction{
	isa.Mov64Imm(isa.R0, 0),
	isa.Exit(),
}

func main() { exercise.Report(exercise.Registers(program)) }
