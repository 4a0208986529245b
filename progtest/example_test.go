package progtest_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

// Dropped counts packets by their protocol.
var dropped = maps.NewArray[uint64]("dropped", 256)

// noUDP drops UDP in IPv4.
var noUDP = dsl.Func("no_udp", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	header := x.Packet().Bytes(0, 34, f.ReturnConst(ctx.XDPPass))
	f.If(header.At(12).BE().U16().Ne(0x0800), func() { f.Return(f.U32(ctx.XDPPass)) })
	f.If(header.At(14+9).U8().Ne(17), func() { f.Return(f.U32(ctx.XDPPass)) })
	count := dropped.In(f).Lookup(f.U32(17))
	f.If(count.NotNil(), func() { count.U64("").Inc(1) })
	return f.U32(ctx.XDPDrop)
})

// A test of an XDP program: verdicts, and what it counts.
func TestNoUDP(t *testing.T) {
	p := progtest.New(t, noUDP, prog.Options{License: "GPL"})
	if result := p.Send(progtest.IPv4{}, progtest.UDP{DestinationPort: 53}); result.Verdict != "XDP_DROP" {
		t.Errorf("UDP: %s", result.Verdict)
	}
	if result := p.Send(progtest.IPv4{}, progtest.TCP{DestinationPort: 80}); result.Verdict != "XDP_PASS" {
		t.Errorf("TCP: %s", result.Verdict)
	}
	if n, err := dropped.Lookup(17); err != nil || n != 1 {
		t.Errorf("%d are counted, %v", n, err)
	}
}

// This is the body of TestNoUDP, which go test runs.
func ExampleNew() {
	var t *testing.T // of a test: func TestNoUDP(t *testing.T)
	p := progtest.New(t, noUDP, prog.Options{License: "GPL"})
	if result := p.Send(progtest.IPv4{}, progtest.UDP{DestinationPort: 53}); result.Verdict != "XDP_DROP" {
		t.Errorf("UDP: %s", result.Verdict)
	}
}
