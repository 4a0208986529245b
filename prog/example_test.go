package prog_test

import (
	"fmt"
	"log"
	"net"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Count the packets that an interface receives, for ten seconds.
func ExampleLoad() {
	packets := maps.NewGlobal("packets", uint64(0))
	defer packets.Close()
	count := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		packets.In(f).U64("").AtomicAdd(1)
		return f.U32(ctx.XDPPass)
	})
	p, err := prog.Load(count, prog.Options{Type: syscall.ProgTypeXDP})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		log.Fatal(err)
	}
	link, err := p.AttachXDP(lo.Index)
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	time.Sleep(10 * time.Second)
	n, err := packets.Load()
	fmt.Println(n, err)
}
