// Exercise 13: the sum of the eight bytes of a number, in at most 12 instructions.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
)

func sum(f *dsl.Fn, n dsl.U64) dsl.U64 {
	total, rest := f.VarU64(0), n.Var()
	f.For(8, func(i dsl.U32) {
		total.Inc(rest.And(255))
		rest.Set(rest.Shr(8))
	})
	return total.Get()
}

func main() { exercise.Report(exercise.Compiler(sum)) }
