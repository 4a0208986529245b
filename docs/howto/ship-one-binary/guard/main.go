// Command guard drops UDP packets to a port, until it is interrupted.
//
//	guard INTERFACE PORT
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

// guard makes the program for a port: in the program it is a constant.
func guard(port uint16) *dsl.Program {
	return dsl.Func("guard", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		pass := f.ReturnConst(ctx.XDPPass)
		p := x.Packet().Bytes(0, 42, pass)
		f.If(p.At(12).BE().U16().Ne(0x0800).Or(p.At(14).U8().Ne(0x45)).Or(p.At(23).U8().Ne(17)), pass)
		f.If(p.At(36).BE().U16().Ne(uint32(port)), pass)
		return f.U32(ctx.XDPDrop)
	})
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: guard INTERFACE PORT")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(name, number string) error {
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return err
	}
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	p, err := prog.Load(guard(uint16(port)), prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	l, err := link.AttachXDP(p, link.XDPOptions{Interface: iface.Index})
	if err != nil {
		return err
	}
	defer l.Close()
	fmt.Println("dropping; Ctrl-C ends it")
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-interrupted.Done()
	return nil
}
