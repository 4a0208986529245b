// Command syn_filter drops the SYN packets of hosts that send more than 100 in a second, for a minute: others can still connect.
//
//	go run -exec sudo ./examples/syn_filter eth0
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

const perSecond, second, syn, ack = 100, 1_000_000_000, 0x02, 0x10

// A sender has how many SYNs a host has sent since a time in nanoseconds, at most a second ago, and how many were dropped in all.
type sender struct{ Since, Count, Dropped uint64 }

var senders = maps.NewLRUHash[[4]uint8, sender]("senders", 100_000) // an attacker's addresses push each other out

var filter = dsl.Func("syn_filter", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	header := x.Packet().Bytes(0, 14+20, pass)
	f.If(header.At(12).BE().U16().Ne(0x0800).Or(header.At(14+9).U8().Ne(6)), pass) // TCP in IPv4
	flags := x.Packet().Bytes(header.At(14).U8().And(0x0f).U32().Shl(2).Add(14+13), 1, pass).At(0).U8()
	f.If(flags.And(syn|ack).Ne(syn), pass)
	from := dsl.Local[[4]uint8](f)
	from.Part("").At(0).U32().Set(header.At(14 + 12).U32())
	senders.In(f).Update(from, dsl.Local[sender](f), maps.NoExist) // zeros, the first time
	s, now := senders.In(f).Lookup(from), helper.KtimeGetNs(f)
	f.If(s.IsNil(), pass)
	f.If(now.Sub(s.U64("Since")).Gt(second), func() {
		s.U64("Since").Set(now)
		s.U64("Count").Set(0)
	})
	s.U64("Count").AtomicAdd(1)
	f.If(s.U64("Count").Le(perSecond), pass)
	s.U64("Dropped").AtomicAdd(1)
	return f.U32(ctx.XDPDrop)
})

func main() {
	if err := run(os.Args[len(os.Args)-1], os.Stdout, func() { time.Sleep(time.Minute) }); err != nil {
		log.Fatal(err)
	}
}

// run filters as long as wait waits.
func run(name string, stdout io.Writer, wait func()) error {
	defer senders.Close()
	where, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("name a network interface: %s: %w", name, err)
	}
	p, err := prog.Load(filter, prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	attached, err := link.AttachXDP(p, link.XDPOptions{Interface: where.Index})
	if err != nil {
		return err
	}
	defer attached.Close()
	wait()
	for from, s := range senders.All(&err) {
		fmt.Fprintf(stdout, "%v: %d dropped\n", netip.AddrFrom4(from), s.Dropped)
	}
	return err
}
