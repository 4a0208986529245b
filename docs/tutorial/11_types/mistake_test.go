package eleven_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

var behind = dsl.Assembly("ssthresh",
	dsl.Proto("u32", "struct sock *sk"),
	dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), // the socket
	dsl.LoadMem(isa.W, isa.R0, isa.R1, 9000),
	dsl.Exit(),
)
