// Exercise 13: the sum of the eight bytes of a number, in at most 12 instructions.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
)

func sum(f *dsl.Fn, n dsl.U64) dsl.U64 {
	total := f.U64(0)
	for i := range 8 {
		total = total.Add(n.Shr(8 * i).And(255))
	}
	return total
}

func main() { exercise.Report(exercise.Compiler(sum)) }
