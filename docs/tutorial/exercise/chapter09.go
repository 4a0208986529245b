package exercise

import (
	"encoding/binary"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// Packets checks exercise 9: only IPv4 and ARP pass.
func Packets(filter func(f *dsl.Fn, x ctx.XDP) dsl.U32) error {
	frame := func(kind uint16) []byte {
		return binary.BigEndian.AppendUint16(make([]byte, 12, 64), kind)
	}
	return checkXDP(dsl.Func("filter", filter), []packetRun{
		{frame(0x0800), ctx.XDPPass, "an IPv4 packet (XDPPass is 2, XDPDrop 1)"},
		{frame(0x0806), ctx.XDPPass, "an ARP packet (XDPPass is 2, XDPDrop 1)"},
		{frame(0x86dd), ctx.XDPDrop, "an IPv6 packet (XDPPass is 2, XDPDrop 1)"},
		{frame(0x0608), ctx.XDPDrop, "a packet of the type 0x0608 (XDPPass is 2, XDPDrop 1)"},
		{make([]byte, 13), ctx.XDPDrop, "a packet of 13 bytes (XDPPass is 2, XDPDrop 1)"},
	})
}
