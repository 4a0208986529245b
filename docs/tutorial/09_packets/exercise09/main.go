// Exercise 9: pass only IPv4 and ARP.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

type ethernet struct {
	To, From [6]uint8
	Type     dsl.BE16 // 0x0800 is IPv4, 0x0806 is ARP
}

var _ = dsl.Header[ethernet] // it reads one from a packet

func filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	return f.U32(ctx.XDPPass)
}

func main() { exercise.Report(exercise.Packets(filter)) }
