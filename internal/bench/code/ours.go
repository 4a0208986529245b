package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// oursByName makes our implementation of each algorithm, under the name that it is
// to be registered by. Functions are compared by the member that they are bound
// to, so a new algorithm is one line here: name → func(name) Ops.
var oursByName = map[string]func(name string) structops.Ops{
	"reno": reno,
}

func opsOf(name string, members structops.Members) structops.Ops {
	members["name"] = name
	return structops.Ops{Type: "tcp_congestion_ops", Members: members}
}

// reno is that of examples/tcp_cc, written in instructions.
func reno(name string) structops.Ops {
	socket := dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0)
	ssthresh := dsl.New("reno_ssthresh", socket,
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Rsh32Imm(isa.R0, 1), dsl.JGE32Imm(isa.R0, 2, "out"), dsl.Mov32Imm(isa.R0, 2),
		dsl.Label("out"), dsl.Exit())
	avoid := dsl.New("reno_cong_avoid",
		dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0), dsl.LoadMem(isa.DW, isa.R7, isa.R1, 16),
		dsl.LoadField(isa.R8, isa.R6, "tcp_sock", "snd_cwnd"), dsl.LoadField(isa.R3, isa.R6, "tcp_sock", "snd_ssthresh"),
		dsl.LoadField(isa.R0, isa.R6, "tcp_sock", "is_cwnd_limited"), dsl.JNE64Imm(isa.R0, 0, "limited"),
		dsl.JGE32Reg(isa.R8, isa.R3, "out"), dsl.LoadField(isa.R0, isa.R6, "tcp_sock", "max_packets_out"),
		dsl.Lsh32Imm(isa.R0, 1), dsl.JGE32Reg(isa.R8, isa.R0, "out"),
		dsl.Label("limited"),
		dsl.JGE32Reg(isa.R8, isa.R3, "avoid"), dsl.Mov64Reg(isa.R1, isa.R6), dsl.Mov64Reg(isa.R2, isa.R7), dsl.CallKernel("tcp_slow_start"),
		dsl.Mov64Reg(isa.R7, isa.R0), dsl.JEQ32Imm(isa.R7, 0, "out"), dsl.LoadField(isa.R8, isa.R6, "tcp_sock", "snd_cwnd"),
		dsl.Label("avoid"),
		dsl.Mov64Reg(isa.R1, isa.R6), dsl.Mov64Reg(isa.R2, isa.R8), dsl.Mov64Reg(isa.R3, isa.R7), dsl.CallKernel("tcp_cong_avoid_ai"),
		dsl.Label("out"), dsl.Exit())
	undo := dsl.New("reno_undo_cwnd", socket,
		dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), dsl.LoadField(isa.R2, isa.R1, "tcp_sock", "prior_cwnd"),
		dsl.JGE32Reg(isa.R0, isa.R2, "out"), dsl.Mov32Reg(isa.R0, isa.R2),
		dsl.Label("out"), dsl.Exit())
	return opsOf(name, structops.Members{"ssthresh": ssthresh, "cong_avoid": avoid, "undo_cwnd": undo})
}

// nothing has a pkts_acked that does nothing: what the kernel's measuring of
// it shows is the measuring. Its window fills the lab's link at once, so that
// acknowledgements come as fast as they do to others.
func nothing(name string) structops.Ops {
	two := dsl.New("two", dsl.Mov32Imm(isa.R0, 2), dsl.Exit())
	fixed := dsl.New("fixed", dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_cwnd", 60), dsl.Exit())
	return opsOf(name, structops.Members{"ssthresh": two, "undo_cwnd": two, "cong_avoid": fixed, "pkts_acked": dsl.New("nothing", dsl.Exit())})
}
