package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestRaw: programs of single instructions.
func TestRaw(t *testing.T) {
	check := func(p *dsl.Program) error {
		return prog.Validate(p, prog.Options{License: "GPL", Type: syscall.ProgTypeXDP}, linux())
	}
	compare(t, "raw", []row{
		{name: "no instructions", code: func() error {
			return check(dsl.Assembly("pass")) // here
		}},
		{name: "no exit", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2), // here
			))
		}},
		{name: "no result", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Exit(), // here
			))
		}},
		{name: "unknown label", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.JEQ64Imm(isa.R0, 2, "done"), // here
				dsl.Label("out"),
				dsl.Exit(),
			))
		}},
		{name: "label twice", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.JEQ64Imm(isa.R0, 2, "out"),
				dsl.Label("out"),
				dsl.Label("out"), // here
				dsl.Exit(),
			))
		}},
		{name: "write of the frame pointer", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Sub64Imm(isa.R10, 16), // here
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "stack above the frame pointer", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.StoreImm(isa.DW, isa.R10, 8, 0), // here
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "second parameter of the program", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Reg(isa.R0, isa.R2), // here
				dsl.Exit(),
			))
		}},
		{name: "context is lost in a call", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.CallHelper(5),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // here
				dsl.Exit(),
			))
		}},
		{name: "register that is not there", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(12, 2), // here
				dsl.Exit(),
			))
		}},
		{name: "helper that is not there", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.CallHelper(9999), // here
				dsl.Exit(),
			))
		}},
		{name: "endless loop", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Label("again"),
				dsl.Jump("again"), // here
				dsl.Exit(),
			))
		}},
		{name: "code that is never reached", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
				dsl.Mov64Imm(isa.R0, 1), // here
				dsl.Exit(),
			))
		}},
		{name: "division by zero", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Div64Imm(isa.R0, 0), // here
				dsl.Exit(),
			))
		}},
		{name: "misspelt field", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.LoadField(isa.R0, isa.R1, "xdp_md", "rx_queue"), // here
				dsl.Exit(),
			))
		}},
		{name: "field of a struct that is not the context", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), // here
				dsl.Exit(),
			))
		}},
		{name: "field of an argument, read from the arguments", code: func() error {
			algorithm := structops.ByName(reno())
			algorithm.Members["ssthresh"] = dsl.Assembly("ssthresh",
				dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"), // here
				dsl.Exit(),
			)
			return structops.Validate(algorithm, linux())
		}},
		{name: "prototype that is no C", code: func() error {
			return check(dsl.Assembly("pass", // here
				dsl.Proto("int32", "xdp_md x"),
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "map is nil", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.LoadMap(isa.R1, nil), // here
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "program is nil", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Call(nil), // here
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "item that was only declared", code: func() error {
			var later dsl.Item
			return check(dsl.Assembly("pass", // here
				later,
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Exit(),
			))
		}},
		{name: "shift by the width", code: func() error {
			return check(dsl.Assembly("pass",
				dsl.Mov64Imm(isa.R0, 2),
				dsl.Lsh32Imm(isa.R0, 32), // here
				dsl.Exit(),
			))
		}},
	})
}
