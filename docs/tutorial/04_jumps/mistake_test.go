package four_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

var endless = dsl.Assembly("endless",
	dsl.Mov64Imm(isa.R0, 0),
	dsl.Mov64Imm(isa.R1, 4),
	dsl.Label("turn"),
	dsl.JNE64Imm(isa.R1, 0, "turn"),
	dsl.Exit(),
)
