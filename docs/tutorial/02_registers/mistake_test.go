package two_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// unwrittenProgram is the same program for the kernel.
var unwrittenProgram = dsl.Assembly("unwritten",
	dsl.Mov64Imm(isa.R0, 7),
	dsl.Add64Reg(isa.R0, isa.R3),
	dsl.Exit(),
)
