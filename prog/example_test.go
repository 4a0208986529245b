package prog_test

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Validate takes no privilege and no kernel. This program is going to read a packet, and does not ask how long it is.
func ExampleValidate() {
	first := dsl.Assembly("first",
		dsl.LoadMem(isa.W, isa.R1, isa.R1, 0), // xdp_md.data
		dsl.LoadMem(isa.B, isa.R0, isa.R1, 0),
		dsl.Exit(),
	)
	err := prog.Validate(first, prog.Options{Type: syscall.ProgTypeXDP, License: "GPL"}, compile.Target{ByteOrder: isa.Native})
	var found mistake.Findings
	if errors.As(err, &found) {
		fmt.Println(found[0].Kind, "in", found[0].Program)
		fmt.Println(found[0].Detail)
	}
	// Output:
	// packet-bounds in first
	// "r0 = *(u8 *)(r1 +0)": r1 was not compared with the packet's end on the path to here, or was changed after the comparison
}

// A program is loaded, and run on a packet that was not sent.
func ExampleLoad() {
	packets := maps.NewGlobal("packets", uint64(0))
	defer packets.Close()
	count := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		packets.In(f).U64("").AtomicAdd(1)
		return f.U32(ctx.XDPPass)
	})
	p, err := prog.Load(count, prog.Options{License: "GPL"})
	if err != nil {
		fmt.Println(err) // it takes CAP_BPF and CAP_NET_ADMIN
		return
	}
	defer p.Close()
	out, err := p.Run(prog.Input{Data: make([]byte, 64), Repeat: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := packets.Load()
	fmt.Println(out.Result == ctx.XDPPass, n, err)
}
