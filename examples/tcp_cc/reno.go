package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Each program gets an array of its arguments in R1: the first, at offset 0,
// is the socket. The kernel lets congestion controls use it as the struct
// tcp_sock that it is the beginning of.

// renoSsthresh answers a loss: half the window, at least two segments
// (RFC 5681, equation 4, with the window for the data in flight as Linux has it).
var renoSsthresh = dsl.New("reno_ssthresh",
	dsl.Proto("u32", "struct sock *sk"),
	dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
	dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
	dsl.Rsh32Imm(isa.R0, 1),
	dsl.JGE32Imm(isa.R0, 2, "out"),
	dsl.Mov32Imm(isa.R0, 2),
	dsl.Label("out"),
	dsl.Exit(),
)

// renoCongAvoid lets the window grow as acknowledgements come in (RFC 5681,
// section 3.1): by what was acknowledged in slow start, below ssthresh; by one
// segment a round trip above it.
var renoCongAvoid = dsl.New("reno_cong_avoid",
	dsl.Proto("void", "struct sock *sk", "u32 ack", "u32 acked"),
	dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0),  // R6 = sk, kept across calls
	dsl.LoadMem(isa.DW, isa.R7, isa.R1, 16), // R7 = acked, in segments
	dsl.LoadField(isa.R8, isa.R6, "tcp_sock", "snd_cwnd"),
	dsl.LoadField(isa.R3, isa.R6, "tcp_sock", "snd_ssthresh"),

	// A window that the sender did not fill tells nothing about the path: it
	// grows only when it was the limit, or in slow start while it is less than
	// twice what was in flight (RFC 7661; net/ipv4/tcp.h, tcp_is_cwnd_limited).
	dsl.LoadField(isa.R0, isa.R6, "tcp_sock", "is_cwnd_limited"), // a bit field
	dsl.JNE64Imm(isa.R0, 0, "limited"),
	dsl.JGE32Reg(isa.R8, isa.R3, "out"),
	dsl.LoadField(isa.R0, isa.R6, "tcp_sock", "max_packets_out"),
	dsl.Lsh32Imm(isa.R0, 1),
	dsl.JGE32Reg(isa.R8, isa.R0, "out"),

	dsl.Label("limited"),
	dsl.JGE32Reg(isa.R8, isa.R3, "avoid"),
	dsl.Mov64Reg(isa.R1, isa.R6),
	dsl.Mov64Reg(isa.R2, isa.R7),
	dsl.CallKernel("tcp_slow_start"), // gives what is left of acked past ssthresh
	dsl.Mov64Reg(isa.R7, isa.R0),
	dsl.JEQ32Imm(isa.R7, 0, "out"),
	dsl.LoadField(isa.R8, isa.R6, "tcp_sock", "snd_cwnd"), // it grew

	dsl.Label("avoid"),
	dsl.Mov64Reg(isa.R1, isa.R6),
	dsl.Mov64Reg(isa.R2, isa.R8),
	dsl.Mov64Reg(isa.R3, isa.R7),
	dsl.CallKernel("tcp_cong_avoid_ai"), // one segment for each window acknowledged
	dsl.Label("out"),
	dsl.Exit(),
)

// renoUndo takes a reduction back when the loss turns out to have been none:
// the window from before it, unless it has grown past that.
var renoUndo = dsl.New("reno_undo_cwnd",
	dsl.Proto("u32", "struct sock *sk"),
	dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
	dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
	dsl.LoadField(isa.R2, isa.R1, "tcp_sock", "prior_cwnd"),
	dsl.JGE32Reg(isa.R0, isa.R2, "out"),
	dsl.Mov32Reg(isa.R0, isa.R2),
	dsl.Label("out"),
	dsl.Exit(),
)

// reno is Reno as RFC 5681 has it.
var reno = structops.Ops{
	Type: "tcp_congestion_ops",
	Members: structops.Members{
		"name": "go_reno", "ssthresh": renoSsthresh, "cong_avoid": renoCongAvoid, "undo_cwnd": renoUndo,
	},
}
