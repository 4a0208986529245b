package twelve_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// echo drops packets to port 7.
func echo(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	packet := x.Packet().Bytes(0, 42, f.ReturnConst(ctx.XDPPass))
	f.If(packet.At(36).U16().Eq(7), f.ReturnConst(ctx.XDPDrop))
	return f.U32(ctx.XDPPass)
}
