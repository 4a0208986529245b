// Exercise 2: turn degrees Celsius into degrees Fahrenheit: multiply by 9, divide by 5, add 32.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/isa"
)

// program gets degrees Celsius in r1.
var program = []isa.Instruction{
	isa.Mov64Reg(isa.R0, isa.R1),
	isa.Mul64Imm(isa.R0, 9),
	isa.Div64Imm(isa.R0, 5),
	isa.Add64Imm(isa.R0, 32),
	isa.Exit(),
}

func main() { exercise.Report(exercise.Registers(program)) }
