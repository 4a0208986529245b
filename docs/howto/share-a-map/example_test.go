package howto_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

// A total is what was received of one protocol.
type total struct{ Packets, Bytes uint64 }

// totals has them by the number of the protocol.
var totals = maps.NewHash[uint8, total]("totals", 256)

// drop is set by user space: the protocol that is dropped.
var drop = maps.NewGlobal("drop", uint32(0))

// count counts packets of IPv4.
func count(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	header := x.Packet().Bytes(0, 34, pass)
	f.If(header.At(12).BE().U16().Ne(0x0800), pass)
	protocol := header.At(23).U8()
	totals.In(f).Update(protocol, dsl.Local[total](f), maps.NoExist) // zeros, the first time
	t := totals.In(f).Lookup(protocol)
	f.If(t.IsNil(), pass) // the map is full
	t.U64("Packets").AtomicAdd(1)
	t.U64("Bytes").AtomicAdd(header.At(16).BE().U16().U64())
	f.If(drop.In(f).U32("").Eq(protocol.U32()), f.ReturnConst(ctx.XDPDrop))
	return f.U32(ctx.XDPPass)
}

// print is user space: it reads the map while programs write it.
func print(w io.Writer) error {
	var err error
	for protocol, t := range totals.All(&err) {
		fmt.Fprintf(w, "protocol %d: %d packets, %d bytes\n", protocol, t.Packets, t.Bytes)
	}
	return err
}

func TestCount(t *testing.T) {
	p := progtest.New(t, dsl.Func("count", count), prog.Options{License: "GPL"})
	if err := drop.Store(17); err != nil { // from now on UDP is dropped
		t.Fatal(err)
	}
	for range 2 {
		if r := p.Send(progtest.IPv4{}, progtest.UDP{DestinationPort: 53}, progtest.Payload("hello")); r.Verdict != "XDP_DROP" {
			t.Errorf("UDP: %s", r.Verdict)
		}
	}
	var out strings.Builder
	if err := print(&out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "protocol 17: 2 packets, 66 bytes\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// publish gives the map a file, for other processes. The map lives as long as the file.
func publish(path string) error { return totals.Pin(path) }

// lookup is another process. Its declaration has the same types; if they differ, Open fails.
func lookup(path string, protocol uint8) (total, error) {
	same := maps.NewHash[uint8, total]("totals", 256)
	defer same.Close()
	if err := same.Open(path); err != nil {
		return total{}, err
	}
	return same.Lookup(protocol)
}
