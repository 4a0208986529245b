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
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Options say what a program is loaded as. Type is what every program needs.
type Options struct {
	Type syscall.ProgType

	// AttachType is the place that the verifier checks a program for, where one
	// type has several: syscall.AttachCgroupInetEgress, AttachTraceRawTP, … Zero
	// stands for the only one of XDP and sk_lookup programs.
	AttachType syscall.AttachType

	// AttachTo is what tracing programs are for: a tracepoint (AttachTraceRawTP),
	// a function of the kernel (AttachTraceFEntry, AttachTraceFExit,
	// AttachModifyReturn), a hook of the security modules (AttachLSMMAC), or a
	// kind of object to iterate over (AttachTraceIter), by name.
	AttachTo string

	License   string // "" stands for GPL, which opens all helpers
	Unchecked bool   // the kernel judges, and nobody before it; see compile.Target
	Flags     syscall.ProgFlags
}

// A Loaded is a program that the kernel has verified. It is attached to nothing.
type Loaded struct {
	object  *compile.Object
	options Options
	fd      *syscall.FD
}

// Load compiles a program for the running kernel and the instructions that this
// takes, creates the maps that the program uses and that are not created yet, and
// gives it to the kernel, which verifies it.
//
// What compiling finds is returned as mistake.Findings, what the verifier refuses
// as a [ProgramError], both with lines of Go. The maps belong to their handles, of
// package maps; they stay when loading fails or the program is closed.
func Load(p *dsl.Program, options Options) (*Loaded, error) {
	types, err := btf.Kernel()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	if err == nil {
		defer types.Close()
	} // without types, what needs them says so
	options = options.complete()
	l := &loader{program: p, options: options, types: types}
	if err := l.checkOptions(); err != nil {
		return nil, err
	}
	takes := host.Ask()
	object, err := compile.Compile(p, compile.Target{BTF: types, Level: takes.Level, Kernel: takes.Kernel, ByteOrder: isa.Native, Place: l.place(), License: options.License, Unchecked: options.Unchecked, Source: new(host.Sources).Line})
	if err != nil {
		return nil, err
	}
	fd, err := l.load(object)
	if err != nil {
		return nil, err
	}
	return &Loaded{object: object, options: options, fd: fd}, nil
}

// complete fills in what follows from the type.
func (o Options) complete() Options {
	if o.License == "" {
		o.License = "GPL"
	}
	if o.AttachType == 0 {
		switch o.Type {
		case syscall.ProgTypeXDP:
			o.AttachType = syscall.AttachXDP
		case syscall.ProgTypeSKLookup:
			o.AttachType = syscall.AttachSKLookup
		}
	}
	return o
}

// place is where the program goes.
func (l *loader) place() *compile.Place {
	o := l.options
	if o.Type == syscall.ProgTypeTracing && o.AttachType == syscall.AttachTraceRawTP && l.types != nil {
		if p, err := place.Tracepoint(l.types, o.AttachTo); err == nil { // else attachID says what is wrong
			return p
		}
	}
	return &compile.Place{Type: o.Type.String()}
}

// checkOptions refuses what the kernel would refuse as not permitted.
func (l *loader) checkOptions() error {
	tracing := l.options.Type == syscall.ProgTypeTracing || l.options.Type == syscall.ProgTypeLSM
	if l.program == nil || !tracing || l.options.AttachTo != "" {
		return nil
	}
	return stepFailed("load", l.program, "set Options.AttachTo: a tracepoint, a function or a hook of the kernel, by name", errors.New("what the program traces is not said"))
}

// A loader is a program on its way into the kernel.
type loader struct {
	program *dsl.Program
	options Options
	types   *btf.Types
}

func (l *loader) load(o *compile.Object) (*syscall.FD, error) {
	var held maps.Holder
	defer held.Close()
	code, err := o.CodeWithMaps(held.Hold)
	if err != nil {
		return nil, l.failed("load", err)
	}
	attr := syscall.ProgLoadAttr{
		Type:               l.options.Type,
		ExpectedAttachType: l.options.AttachType,
		Name:               o.Program.Name,
		License:            l.options.License,
		Flags:              l.options.Flags,
		Instructions:       code,
		FuncInfo:           o.FuncInfo,
		FuncInfoRecSize:    compile.FuncInfoSize,
		LineInfo:           o.LineInfo,
		LineInfoRecSize:    compile.LineInfoSize,
	}
	if o.Program.Sleepable {
		attr.Flags |= syscall.ProgSleepable
	}
	if l.options.AttachTo != "" {
		if attr.AttachBTFID, err = l.attachID(); err != nil {
			return nil, err
		}
	}
	if attr.BTF, err = syscall.BTFLoad(o.BTF); err != nil {
		return nil, l.failed("load types", err)
	}
	defer attr.BTF.Close()
	fd, err := syscall.ProgLoad(&attr)
	var refused *syscall.LoadError
	if errors.As(err, &refused) {
		return nil, newProgramError(o, l.options, refused)
	}
	return fd, l.failed("load", err)
}

// attachID is the BTF id of what a tracing program is for.
func (l *loader) attachID() (uint32, error) {
	kind, prefix := btf.KindFunc, ""
	switch l.options.AttachType {
	case syscall.AttachTraceRawTP:
		kind, prefix = btf.KindTypedef, "btf_trace_"
	case syscall.AttachLSMMAC, syscall.AttachLSMCgroup:
		prefix = "bpf_lsm_"
	case syscall.AttachTraceIter:
		prefix = "bpf_iter_"
	}
	name := prefix + l.options.AttachTo
	if l.types == nil {
		return 0, &StepError{Step: "load", Program: l.program.Name, Pos: l.program.Pos, Err: errors.New("this kernel shows no types to look " + name + " up in"),
			Help: "it must be built with CONFIG_DEBUG_INFO_BTF"}
	}
	id, err := l.types.Lookup(kind, name)
	if errors.Is(err, btf.ErrNotFound) {
		e := &StepError{Step: "load", Program: l.program.Name, Pos: l.program.Pos, Err: fmt.Errorf("this kernel has no %q for %v programs: %w", l.options.AttachTo, l.options.AttachType, err)}
		if near := l.types.Nearest(kind, name); len(near) > len(prefix) {
			e.Help = "did you mean " + near[len(prefix):] + "?"
		}
		return 0, e
	}
	return uint32(id), l.failed("load", err)
}

// FD is the program's descriptor. It is closed with l.
func (l *Loaded) FD() *syscall.FD { return l.fd }

// Object is the program as it was compiled.
func (l *Loaded) Object() *compile.Object { return l.object }

// Info is what the kernel tells about the program.
func (l *Loaded) Info() (*syscall.ProgInfo, error) { return syscall.ProgInfoByFD(l.fd) }

// Close lets go of the program. Where it is attached it stays.
func (l *Loaded) Close() error { return l.fd.Close() }
