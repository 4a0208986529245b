package ports

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A tally is what came for a port.
type tally struct{ Packets, Bytes uint64 }

var ports = maps.NewHash[uint16, tally]("ports", 1024)

// udp is a UDP header.
type udp struct{ From, To, Length, Checksum dsl.BE16 }

// count counts the packets for each port, UDP over IPv4 without options.
func count(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	packet := x.Packet()
	length := packet.End().Address().Sub(packet.Start().Address())
	f.Block(func(leave func()) {
		header := dsl.Header[udp](packet, 34, leave)
		port := header.U16("To").Get()
		f.If(port.Lt(1024), leave)

		seen := ports.Lookup(f, port)
		seen.U64("Packets").AtomicAdd(1)
		seen.U64("Bytes").AtomicAdd(length)
	})
	return f.U32(ctx.XDPPass)
}
