// Exercise 6: add the third and the fourth byte of a packet, in a way that the verifier accepts.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

func sum(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	packet := x.Data()
	return packet.At(2).U8().U32().Add(packet.At(3).U8().U32())
}

func main() { exercise.Report(exercise.Verifier(sum)) }
