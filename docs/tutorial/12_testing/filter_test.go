package twelve_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

func guard(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	packet := x.Packet().Bytes(0, 42, pass)         // Ethernet 14, IPv4 20, UDP 8
	f.If(packet.At(12).BE().U16().Ne(0x0800), pass) // not IPv4
	f.If(packet.At(23).U8().Ne(17), pass)           // not UDP
	port := packet.At(36).BE().U16()
	f.If(port.Eq(53), pass)
	f.If(port.Ge(1024), pass)
	return f.U32(ctx.XDPDrop)
}

func TestGuard(t *testing.T) {
	p := progtest.New(t, dsl.Func("guard", guard), prog.Options{License: "GPL"})
	for _, tt := range []struct {
		port uint16
		want string
	}{
		{7, "XDP_DROP"}, {53, "XDP_PASS"}, {8080, "XDP_PASS"},
	} {
		if got := p.Send(progtest.IPv4{}, progtest.UDP{DestinationPort: tt.port}); got.Verdict != tt.want {
			t.Errorf("port %d: %s, want %s", tt.port, got.Verdict, tt.want)
		}
	}
}
