package nine_test

import (
	"encoding/binary"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

type ethernet struct {
	To, From [6]uint8
	Type     dsl.BE16 // 0x0800 is IPv4
}

type ipv4 struct {
	VersionAndLength, Service uint8
	Length, ID, Fragment      dsl.BE16
	TimeToLive, Protocol      uint8 // 17 is UDP
	Checksum                  dsl.BE16
	From, To                  [4]uint8
}

type udp struct {
	From, To         dsl.BE16 // ports
	Length, Checksum dsl.BE16
}

// ports are the ports that are closed, with how many packets were dropped.
var ports = maps.NewHash[uint16, uint64]("ports", 100)

// filter drops UDP packets to the closed ports.
func filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	packet := x.Packet()
	eth := dsl.Header[ethernet](packet, 0, pass)
	f.If(eth.U16("Type").Ne(0x0800), pass)
	ip := dsl.Header[ipv4](packet, 14, pass)
	f.If(ip.U8("Protocol").Ne(17), pass)
	words := ip.U8("VersionAndLength").And(15).U32()
	to := dsl.Header[udp](packet, words.Mul(4).Add(14), pass).U16("To")
	dropped := ports.In(f).Lookup(to)
	f.If(dropped.IsNil(), pass)
	dropped.U64("").AtomicAdd(1)
	return f.U32(ctx.XDPDrop)
}

// packet makes a UDP packet to a port. Its IP header has some words of four bytes, 5 if there are no options.
func packet(port uint16, words int) []byte {
	p := make([]byte, 14+4*words+8)
	binary.BigEndian.PutUint16(p[12:], 0x0800)
	p[14] = 4<<4 | byte(words) // version 4
	p[14+9] = 17
	binary.BigEndian.PutUint16(p[14+4*words+2:], port)
	return p
}

// TestHeaders: the structs are as long as the headers.
func TestHeaders(t *testing.T) {
	sizes := []int{size[ethernet](t), size[ipv4](t), size[udp](t)}
	if sizes[0] != 14 || sizes[1] != 20 || sizes[2] != 8 {
		t.Errorf("the sizes are %d, want 14, 20, 8", sizes)
	}
}

func size[T any](t *testing.T) int {
	layout, err := dsl.LayoutFor[T]()
	if err != nil {
		t.Fatal(err)
	}
	return layout.Size
}
