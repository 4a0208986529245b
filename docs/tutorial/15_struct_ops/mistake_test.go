package fifteen_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// fourth has members by their names in the kernel, as programs of instructions need it.
var fourth = structops.Ops{
	Type: "tcp_congestion_ops", License: "GPL",
	Members: structops.Members{
		"name":     "go-fourth",
		"ssthresh": two.Ssthresh, "undo_cwnd": two.UndoCwnd,
		"cong_avoid": dsl.Assembly("cong_avoid",
			dsl.LoadMem(isa.DW, isa.R2, isa.R1, 24),
			dsl.Mov64Imm(isa.R0, 0),
			dsl.Exit(),
		),
	},
}
