package load_test

import (
	"fmt"
	"log"
	"net"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/load"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Count the packets that an interface receives, for ten seconds.
func ExampleLoad() {
	packets := maps.NewGlobal("packets", uint64(0))
	defer packets.Close()
	const xdpPass = 2
	count := dsl.New("count",
		dsl.LoadMapData(isa.R1, packets.Spec(), 0),
		dsl.Mov64Imm(isa.R2, 1),
		dsl.AtomicAdd64(isa.R1, 0, isa.R2),
		dsl.Mov64Imm(isa.R0, xdpPass),
		dsl.Exit(),
	)
	p, err := load.Load(count, load.Options{Type: syscall.ProgTypeXDP})
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
