package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// gentleSsthresh reduces the window by only an eighth after a loss. The link stays busier and the queue longer, but this is unfair to
// other flows.
//
// It is written in instructions, which is possible for any program. R1 points to the array of the member's arguments. The first one, at
// offset 0, is the socket. It is the beginning of a struct tcp_sock, and the kernel lets congestion controls use it as that.
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

// gentle is Reno with another ssthresh. A program in instructions is set as a member by name.
func gentle() structops.Ops {
	ops := structops.ByName(cc.Reno("go_gentle"))
	ops.Members["ssthresh"] = gentleSsthresh()
	return ops
}
