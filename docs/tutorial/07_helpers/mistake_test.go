package seven_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// lost adds the time and the index of the interface, which is at offset 12 of the context.
var lost = dsl.Assembly("lost",
	dsl.CallHelper(5),
	dsl.LoadMem(isa.W, isa.R2, isa.R1, 12),
	dsl.Add64Reg(isa.R0, isa.R2),
	dsl.Exit(),
)
