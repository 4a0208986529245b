// Exercise 4: return the largest one of eight bytes.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// program gets the address of eight bytes in r1.
var program = dsl.Assembly("largest",
	dsl.Mov64Imm(isa.R0, 0), // the largest so far
	dsl.Mov64Imm(isa.R3, 8), // how many are left
	dsl.Label("turn"),
	dsl.LoadMem(isa.B, isa.R2, isa.R1, 0),
	dsl.JLE64Reg(isa.R2, isa.R0, "next"),
	dsl.Mov64Reg(isa.R0, isa.R2),
	dsl.Label("next"),
	dsl.Add64Imm(isa.R1, 1),
	dsl.Sub64Imm(isa.R3, 1),
	dsl.JNE64Imm(isa.R3, 0, "turn"),
	dsl.Exit(),
)

func main() { exercise.Report(exercise.Jumps(program)) }
