package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// gentleSsthresh answers a loss by giving up an eighth of the window only. The
// link stays busier and the queue fuller; beside other flows it is unfair.
var gentleSsthresh = dsl.New("gentle_ssthresh",
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

// gentle is Reno but for the answer to a loss: one program may serve in several
// implementations.
var gentle = structops.Ops{
	Type: "tcp_congestion_ops",
	Members: structops.Members{
		"name": "go_gentle", "ssthresh": gentleSsthresh, "cong_avoid": renoCongAvoid, "undo_cwnd": renoUndo,
	},
}
