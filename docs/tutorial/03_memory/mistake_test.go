package three_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// aboveProgram is the same program for the kernel.
var aboveProgram = dsl.Assembly("above",
	dsl.StoreImm(isa.DW, isa.R10, 0, 1),
	dsl.Mov64Imm(isa.R0, 0),
	dsl.Exit(),
)
