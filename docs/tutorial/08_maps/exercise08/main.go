// Exercise 8: keep the largest number that was seen for each key.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
)

var largest = maps.NewHash[uint32, uint64]("largest", 100)

func note(f *dsl.Fn, key dsl.U32, n dsl.U64) dsl.U32 {
	f.If(largest.In(f).Put(key, n).Ne(0), f.ReturnConst(1))
	return f.U32(0)
}

func main() { exercise.Report(exercise.Maps(largest, note)) }
