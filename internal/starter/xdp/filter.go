package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A filter drops datagrams to some ports, before the kernel makes anything of them.
type filter struct {
	blocked *maps.Hash[dsl.BE16, uint64] // a port, and how many datagrams to it were dropped
}

func newFilter() *filter {
	return &filter{blocked: maps.NewHash[dsl.BE16, uint64]("blocked", 1024)}
}

// The headers, as they are in packets: numbers are in network order.
type (
	ethernet struct {
		To, From [6]uint8
		Type     dsl.BE16
	}
	ipv4 struct {
		VersionAndLength, TOS    uint8
		Length, ID, FragmentInfo dsl.BE16
		TTL, Protocol            uint8
		Checksum                 dsl.BE16
		From, To                 [4]uint8
	}
	udp struct {
		From, To, Length, Checksum dsl.BE16
	}
)

// Values of ethernet.Type and ipv4.Protocol.
const (
	etherIPv4   = 0x0800
	protocolUDP = 17
)

// program is called for each packet that the interface receives. It returns what happens to it.
func (w *filter) program() *dsl.Program {
	return dsl.Func("starter", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		packet := x.Packet()
		pass := func() { f.Return(f.U32(ctx.XDPPass)) } // also when a packet is too short for a header
		f.If(dsl.Header[ethernet](packet, 0, pass).U16("Type").Ne(etherIPv4), pass)
		ip := dsl.Header[ipv4](packet, 14, pass)
		f.If(ip.U8("Protocol").Ne(protocolUDP), pass)
		length := ip.U8("VersionAndLength").And(0x0f).Mul(4).U32() // of the IP header, in bytes
		to := dsl.Local[dsl.BE16](f)
		to.U16("").Set(dsl.Header[udp](packet, length.Add(14), pass).U16("To"))
		count := w.blocked.In(f).Lookup(to)
		f.If(count.IsNil(), pass)
		count.U64("").AtomicAdd(1) // all processors count in the same place
		return f.U32(ctx.XDPDrop)
	})
}
