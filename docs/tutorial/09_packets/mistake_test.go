package nine_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// shorten cuts four bytes off the front of each IPv4 packet, such as a tag that nobody needs.
func shorten(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	eth := dsl.Header[ethernet](x.Packet(), 0, pass)
	f.If(helper.XdpAdjustHead(f, x, 4).Ne(0), pass)
	f.If(eth.U16("Type").Ne(0x0800), pass)
	return f.U32(ctx.XDPDrop)
}
