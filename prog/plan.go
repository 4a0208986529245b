package prog

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Plan is a program that has been checked for a kernel and compiled for it, as far as that is possible before the kernel is asked.
type Plan struct {
	Object  *compile.Object
	Options Options // complete: with what follows from the program

	// For programs that are attached to something in the kernel's types. Package structops sets all of these fields.
	AttachID       btf.ID // tracing: the tracepoint or function; struct_ops: the struct; 0 for other programs
	Struct, Member string // struct_ops: what the program is for
}

// Host is the running kernel as a target, with the instructions that it takes: the kernel is asked, by loading a few (see package
// internal/host). Close its BTF when done; plans that were made for it stay valid.
//
// Its Source reads the Go files that programs were written in, where they are still at hand, so that the verifier's log and bpftool show
// lines of Go.
func Host() (compile.Target, error) {
	types, err := btf.Kernel()
	if err != nil {
		return compile.Target{}, err
	}
	return hostWith(types), nil
}

// hostWith is the running kernel, with its types where it shows them.
func hostWith(types *btf.Types) compile.Target {
	takes := host.Ask()
	return compile.Target{BTF: types, Level: takes.Level, Kernel: takes.Kernel, ByteOrder: isa.Native, Source: new(host.Sources).Line}
}

// Validate checks a program against a kernel, known by its BTF and its release, without asking it: that needs neither privilege nor Linux.
// All mistakes are returned together as mistake.Findings.
func Validate(p *dsl.Program, o Options, target compile.Target) error {
	_, err := Prepare(p, o, target)
	return err
}

// Prepare is Validate, and also returns the compiled program, ready to be loaded.
func Prepare(p *dsl.Program, o Options, target compile.Target) (*Plan, error) {
	if p == nil {
		return nil, mistake.Findings{{Insn: -1, Kind: mistake.EmptyProgram, Detail: "the program is nil"}}
	}
	c := &checker{program: p, types: target.BTF, plan: &Plan{Options: o}, unchecked: target.Unchecked || o.Unchecked}
	if err := c.check(); err != nil {
		return nil, err
	}
	o = c.plan.Options
	target.Place, target.License = c.place, o.License
	target.Unchecked = c.unchecked
	object, err := compile.Compile(p, target)
	var more mistake.Findings
	if err != nil && !errors.As(err, &more) {
		return nil, err
	}
	if all := append(c.findings, more...); len(all) > 0 {
		return nil, all
	}
	c.plan.Object = object
	return c.plan, nil
}
