// Exercise 12: drop UDP packets to the ports 1 to 1023.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

func filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	packet := x.Packet().Bytes(0, 42, pass)
	f.If(packet.At(12).BE().U16().Ne(0x0800), pass)
	f.If(packet.At(23).U8().Ne(17), pass)
	port := packet.At(36).BE().U16()
	f.If(port.Ne(0).And(port.Le(1023)), f.ReturnConst(ctx.XDPDrop))
	return f.U32(ctx.XDPPass)
}

func main() { exercise.Report(exercise.Testing(filter)) }
