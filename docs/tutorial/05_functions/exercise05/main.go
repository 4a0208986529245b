// Exercise 5: the distance of two numbers, |a - b|.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
)

func distance(f *dsl.Fn, a, b dsl.U64) dsl.U64 {
	return a.Sub(b)
}

func main() { exercise.Report(exercise.Functions(distance)) }
