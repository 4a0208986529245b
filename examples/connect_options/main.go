// Command connect_options sets options of sockets when processes connect: those of a cgroup get a congestion control by the port that
// they connect to, without knowing of it.
//
//	go run -exec sudo ./examples/connect_options /sys/fs/cgroup/backup
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const protocolTCP, tcpCongestion = 6, 13 // IPPROTO_TCP and TCP_CONGESTION, which package unix does not have everywhere

// algorithms has the name of a congestion control by the port of the server.
var algorithms = maps.NewHash[dsl.BE16, [16]uint8]("algorithms", 100)

// onConnect is called when a process calls connect with an address of IPv4. The program may set options, and change the address too.
var onConnect = dsl.Func("on_connect", func(f *dsl.Fn, address ctx.SockAddr) dsl.S32 {
	port := dsl.Local[dsl.BE16](f)
	port.U16("").Set(address.UserPort().U16().Swap()) // the context has it in network order
	name := algorithms.In(f).Lookup(port)
	f.If(name.NotNil().And(address.Protocol().Eq(protocolTCP)), func() {
		helper.Setsockopt(f, address, protocolTCP, tcpCongestion, name, 16)
	})
	return f.S32(1) // it may connect
})

func main() {
	if len(os.Args) != 2 {
		log.Fatal("name the folder of a cgroup, version 2")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(os.Args[1], map[uint16]string{873: "reno"}, func() { <-ctx.Done() }); err != nil {
		log.Fatal(err)
	}
}

// run sets options as long as wait waits.
func run(cgroup string, byPort map[uint16]string, wait func()) error {
	defer algorithms.Close()
	p, err := prog.Load(onConnect, prog.Options{License: "GPL", AttachType: syscall.AttachCgroupInet4Connect})
	if err != nil {
		return err
	}
	defer p.Close()
	for port, algorithm := range byPort {
		var name [16]uint8
		copy(name[:15], algorithm)
		if err := algorithms.Put(dsl.NetworkOrder16(port), name); err != nil {
			return err
		}
		fmt.Printf("connections to port %d use %s\n", port, algorithm)
	}
	attached, err := link.AttachCgroup(p, link.CgroupOptions{Path: cgroup})
	if err != nil {
		return err
	}
	defer attached.Close()
	wait()
	return nil
}
