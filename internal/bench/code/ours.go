package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// oursByName makes our implementation of each algorithm, with the name for its registration, for a kernel with hz jiffies in a second.
// Functions are compared by the members that they are bound to, so a new algorithm is one line here.
func oursByName(hz uint32) map[string]func(name string) structops.Implementation {
	return map[string]func(name string) structops.Implementation{
		"reno":  func(name string) structops.Implementation { return cc.Reno(name) },
		"cubic": func(name string) structops.Implementation { return cc.Cubic(name, hz) },
		"dctcp": func(name string) structops.Implementation { return cc.DCTCP(name) },
		"bbr":   func(name string) structops.Implementation { return cc.BBR(name, hz) },
	}
}

func opsOf(name string, members structops.Members) structops.Ops {
	members["name"] = name
	return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: members}
}

// nothing has a pkts_acked that does nothing: its measured time is the cost of measuring. Its window fills the lab's link at once, so
// acknowledgements come as fast as for the other algorithms.
func nothing(name string) structops.Implementation {
	two := dsl.Assembly("two", dsl.Mov32Imm(isa.R0, 2), dsl.Exit())
	fixed := dsl.Assembly("fixed", dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_cwnd", 60),
		dsl.Exit())
	return opsOf(name, structops.Members{"ssthresh": two, "undo_cwnd": two, "cong_avoid": fixed,
		"pkts_acked": dsl.Assembly("nothing", dsl.Exit())})
}
