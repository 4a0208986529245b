package dsl_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

func ExampleNew() {
	// RFC 5681: half the window, at least two segments.
	ssthresh := dsl.New("ssthresh",
		dsl.Proto("u32", "struct sock *sk"),
		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Rsh32Imm(isa.R0, 1),
		dsl.JGE32Imm(isa.R0, 2, "out"),
		dsl.Mov64Imm(isa.R0, 2),
		dsl.Label("out"),
		dsl.Exit(),
	)
	fmt.Println(ssthresh.Name, ssthresh.Proto)
	for _, item := range ssthresh.Items {
		fmt.Println(" ", item)
	}
	// Output:
	// ssthresh u32 (struct sock *sk)
	//   r1 = *(u64 *)(r1 +0)
	//   r0 = tcp_sock.snd_cwnd
	//   w0 >>= 1
	//   jump to "out"
	//   r0 = 2
	//   out:
	//   exit
}
