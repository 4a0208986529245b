// Exercise 11: how many more segments a connection may send.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

func room(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	out := tp.Field("packets_out").U32()
	return tp.SndCwnd().Max(out).Sub(out)
}

func main() { exercise.Report(exercise.Types(room)) }
