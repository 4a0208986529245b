package prog

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Plan is a program that has been checked for a kernel and compiled for it: all that can be known before the kernel is asked.
type Plan struct {
	Object  *compile.Object
	Options Options // complete: with what follows from the program

	// Of programs that are for something in the kernel's types; package structops sets all of them.
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

// Prepare is Validate that gives what it made: the compiled program, ready to be loaded.
func Prepare(p *dsl.Program, o Options, target compile.Target) (*Plan, error) {
	if p == nil {
		return nil, mistake.Findings{{Insn: -1, Kind: mistake.EmptyProgram, Detail: "the program is nil"}}
	}
	c := &checker{program: p, types: target.BTF, plan: &Plan{Options: o.complete()}}
	c.place = &compile.Place{Type: c.plan.Options.Type}
	if err := c.check(); err != nil {
		return nil, err
	}
	o = c.plan.Options
	target.Place, target.License = c.place, o.License
	target.Unchecked = target.Unchecked || o.Unchecked
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

// A checker collects what is wrong with the way a program is to be loaded, and completes its plan.
type checker struct {
	program  *dsl.Program
	types    *btf.Types // nil when not known
	plan     *Plan
	place    *compile.Place // where the program goes
	findings mistake.Findings
}

// found notes a mistake in the options.
func (c *checker) found(f mistake.Finding) {
	f.Insn, f.Program = -1, c.program.Name
	if !f.Position.IsValid() {
		f.Position = c.program.Pos
	}
	c.findings = append(c.findings, f)
}

// check looks at the options. What it returns is no mistake of theirs: BTF that cannot be read.
func (c *checker) check() error {
	o := &c.plan.Options
	if o.Type != syscall.ProgTypeTracing && o.Type != syscall.ProgTypeLSM {
		return nil
	}
	if o.AttachTo == "" {
		c.found(mistake.Finding{Kind: mistake.BadAttach, Detail: "the attach target is missing",
			Help: "set Options.AttachTo: a tracepoint, a function or a hook of the kernel, by name"})
		return nil
	}
	return c.findTarget()
}

// findTarget looks the tracepoint or function up that the program is for.
func (c *checker) findTarget() error {
	o := &c.plan.Options
	kind, prefix := btf.KindFunc, ""
	switch o.AttachType {
	case syscall.AttachTraceRawTP:
		kind, prefix = btf.KindTypedef, "btf_trace_"
	case syscall.AttachLSMMAC, syscall.AttachLSMCgroup:
		prefix = "bpf_lsm_"
	case syscall.AttachTraceIter:
		prefix = "bpf_iter_"
	}
	name := prefix + o.AttachTo
	if c.types == nil {
		c.found(mistake.Finding{Kind: mistake.NeedsBTF, Detail: "the target has no BTF to look " + name + " up in",
			Help: "set Target.BTF; the running kernel has BTF when it is built with CONFIG_DEBUG_INFO_BTF"})
		return nil
	}
	id, err := c.types.Lookup(kind, name)
	if errors.Is(err, btf.ErrNotFound) {
		f := mistake.Finding{Kind: mistake.BadAttach, Detail: fmt.Sprintf("this kernel has no %q for %v programs", o.AttachTo, o.AttachType)}
		if near := c.types.Nearest(kind, name); len(near) > len(prefix) {
			f.Help = "did you mean " + near[len(prefix):] + "?"
		}
		c.found(f)
		return nil
	}
	if err != nil {
		return err
	}
	c.plan.AttachID = id
	if o.Type == syscall.ProgTypeTracing && o.AttachType == syscall.AttachTraceRawTP {
		c.place, err = place.Tracepoint(c.types, o.AttachTo)
	}
	return err
}
