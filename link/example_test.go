package link_test

import (
	"fmt"
	"log"
	"net"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

// Count the packets that an interface receives, as long as a function runs.
func countPackets(iface *net.Interface, run func()) (count uint64, err error) {
	packets := maps.NewGlobal("packets", uint64(0))
	defer packets.Close()
	program := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		packets.In(f).U64("").AtomicAdd(1)
		return f.U32(ctx.XDPPass)
	})
	p, err := prog.Load(program, prog.Options{License: "GPL"})
	if err != nil {
		return 0, err
	}
	defer p.Close()
	l, err := link.AttachXDP(p, link.XDPOptions{Interface: iface.Index})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	run()
	return packets.Load()
}

func ExampleAttachXDP() {
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		log.Fatal(err)
	}
	n, err := countPackets(eth0, func() { time.Sleep(10 * time.Second) })
	fmt.Println(n, err)
}

// An attachment that was pinned is opened by its path, in this process or another.
func ExampleOpenPinned() {
	l, err := link.OpenPinned("/sys/fs/bpf/no_such_firewall")
	if err != nil {
		fmt.Println("the firewall is not attached")
		return
	}
	defer l.Close()
	info, err := l.Info()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the firewall is attached by link", info.ID)
	// Output: the firewall is not attached
}
