// Command tail_calls counts packets of loopback by protocol. One program looks at the protocol and goes on in another one: such a tail
// call never comes back. User space can exchange the parts while they run.
//
//	go run -exec sudo ./examples/tail_calls
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

var (
	parts  = maps.NewProgArray("parts", 256) // by the number of the protocol
	counts = maps.NewGlobal("counts", struct{ TCP, UDP, Others uint64 }{})
)

// first is attached. What is behind the tail call runs only when there is no program for the protocol.
var first = dsl.Func("first", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	header := x.Packet().Bytes(14, 20, f.ReturnConst(ctx.XDPPass)) // of IPv4
	parts.TailCall(f, x, header.At(9).U8().U32())
	return counted(f, "Others")
})

var byProtocol = map[uint32]*dsl.Program{
	6:  dsl.Func("on_tcp", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return counted(f, "TCP") }),
	17: dsl.Func("on_udp", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return counted(f, "UDP") }),
}

func counted(f *dsl.Fn, what string) dsl.U32 {
	counts.In(f).U64(what).AtomicAdd(1)
	return f.U32(ctx.XDPPass)
}

func main() {
	if err := run(os.Stdout, func() { time.Sleep(3 * time.Second) }); err != nil {
		log.Fatal(err)
	}
}

// run counts as long as wait waits.
func run(stdout io.Writer, wait func()) error {
	defer parts.Close()
	defer counts.Close()
	p, err := prog.Load(first, prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	for protocol, program := range byProtocol {
		part, err := prog.Load(program, prog.Options{License: "GPL"})
		if err != nil {
			return err
		}
		defer part.Close()
		if err := parts.Put(protocol, part.FD()); err != nil {
			return err
		}
	}
	attached, err := link.AttachXDP(p, link.XDPOptions{Interface: 1}) // loopback, in each network namespace
	if err != nil {
		return err
	}
	defer attached.Close()
	wait()
	n, err := counts.Load()
	fmt.Fprintf(stdout, "%d packets of TCP, %d of UDP, %d of others\n", n.TCP, n.UDP, n.Others)
	return err
}
