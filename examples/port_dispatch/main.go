// Command port_dispatch gives a listener all ports of a range: whoever connects to one of them reaches it. It does so in its own network
// namespace, whose sockets need not be bound to these ports.
//
//	go run -exec sudo ./examples/port_dispatch
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

const protocolTCP = 6       // IPPROTO_TCP, which package unix does not have everywhere
const from, to = 7000, 7999 // the ports
var listeners = maps.NewSockMap("listeners", 1)

// dispatch is called when a connection comes in, to find its listener.
var dispatch = dsl.Func("dispatch", func(f *dsl.Fn, c ctx.SkLookup) dsl.U32 {
	const pass = 1 // as without the program, or to the socket that it has assigned
	f.If(c.Protocol().Ne(protocolTCP).Or(c.LocalPort().Lt(from)).Or(c.LocalPort().Gt(to)), f.ReturnConst(pass))
	listener := listeners.In(f).Lookup(0)
	f.If(listener.NotNil(), func() {
		helper.SkAssign(f, c, listener, 0)
		helper.SkRelease(f, listener)
	})
	return f.U32(pass)
})

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	if err := run(func() { <-stop }); err != nil {
		log.Fatal(err)
	}
}

// run dispatches as long as wait waits.
func run(wait func()) error {
	defer listeners.Close()
	p, err := prog.Load(dispatch, prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // maps do not take sockets of MPTCP
	listener, err := plain.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := listeners.Put(0, listener.(*net.TCPListener)); err != nil {
		return err
	}
	attached, err := link.AttachNetns(p, link.NetnsOptions{Path: "/proc/thread-self/ns/net"})
	if err != nil {
		return err
	}
	defer attached.Close()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			fmt.Fprintf(conn, "you have called %v\n", conn.LocalAddr())
			conn.Close()
		}
	}()
	wait()
	return nil
}
