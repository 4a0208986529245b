// Exercise 4: return the largest one of eight bytes.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// program gets the address of eight bytes in r1.
var program = dsl.Assembly("largest",
	dsl.LoadMem(isa.B, isa.R0, isa.R1, 0),
	dsl.Exit(),
)

func main() { exercise.Report(exercise.Jumps(program)) }
