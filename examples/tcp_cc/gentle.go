package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// gentleSsthresh answers a loss by giving up an eighth of the window only. The
// link stays busier and the queue fuller; beside other flows it is unfair.
//
// It is written in instructions, as any program may be. R1 has an array of the
// member's arguments: the first, at offset 0, is the socket, which the kernel
// lets congestion controls use as the struct tcp_sock that it is the beginning of.
func gentleSsthresh() *dsl.Program {
	return dsl.Assembly("gentle_ssthresh",
		dsl.Proto("u32", "struct sock *sk"),
		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Mov32Reg(isa.R2, isa.R0),
		dsl.Rsh32Imm(isa.R2, 3),
		dsl.Sub32Reg(isa.R0, isa.R2),
		dsl.JGE32Imm(isa.R0, 2, "out"),
		dsl.Mov32Imm(isa.R0, 2),
		dsl.Label("out"),
		dsl.Exit(),
	)
}

// gentle is Reno but for the answer to a loss. A program in instructions is a member by name.
func gentle() structops.Ops {
	ops := structops.ByName(cc.Reno("go_gentle"))
	ops.Members["ssthresh"] = gentleSsthresh()
	return ops
}
