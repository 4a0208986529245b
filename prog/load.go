package prog

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Loaded is a program that the kernel has verified. It is not attached yet; package link attaches it.
type Loaded struct {
	seal
	plan *Plan
	fd   *syscall.FD
}

type seal = attachment.Verified

// ErrNotLoaded says that there is no program: a [Loaded] or a [Plan] is nil or the zero value, perhaps after an error that was not looked
// at.
var ErrNotLoaded = errors.New("there is no program: this value is nil, or was not made by Load or Prepare")

// A Verified is what the kernel has verified and a link can hold: a program (*[Loaded]), or an implementation of a kernel interface
// (*structops.Loaded). There are no others.
type Verified interface {
	attachment.IsVerified
	FD() *syscall.FD // of the program, or of the map that holds the implementation
}

// Load checks a program against the running kernel and compiles it for the instructions that this kernel accepts. It creates the maps that
// the program uses and that are not created yet. Then the kernel verifies and loads the program.
//
// Mistakes that the check finds are returned as mistake.Findings, and a refusal of the verifier as a [ProgramError]. Both have lines of
// Go. The maps belong to their handles, of package maps; they stay when loading fails or the program is closed.
func Load(p *dsl.Program, o Options) (*Loaded, error) {
	types, err := btf.Kernel()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	if err == nil {
		defer types.Close()
	} // without types, Prepare reports what needs them
	plan, err := Prepare(p, o, hostWith(types))
	if err != nil {
		return nil, err
	}
	return plan.Load()
}

// Load creates the maps that the program uses and that are not created yet, and gives the program to the kernel, which verifies it.
func (p *Plan) Load() (*Loaded, error) {
	if p == nil || p.Object == nil {
		return nil, &StepError{Step: StepLoad, Err: ErrNotLoaded}
	}
	o := p.Object
	var held maps.OpenSet
	defer held.Close()
	code, err := o.CodeWithMaps(held.Open)
	if err != nil {
		return nil, p.failed(StepCreateMaps, err)
	}
	types, err := syscall.BTFLoad(o.BTF)
	if err != nil {
		return nil, p.failed(StepLoadTypes, err)
	}
	defer types.Close()
	attr := syscall.ProgLoadAttr{
		Type:               p.Options.Type,
		ExpectedAttachType: p.Options.AttachType,
		AttachBTFID:        uint32(p.AttachID),
		Name:               o.Program.Name,
		License:            p.Options.License,
		Flags:              p.Options.Flags,
		Instructions:       code,
		BTF:                types,
		FuncInfo:           o.FuncInfo,
		FuncInfoRecSize:    compile.FuncInfoSize,
		LineInfo:           o.LineInfo,
		LineInfoRecSize:    compile.LineInfoSize,
	}
	if o.Program.Sleepable {
		attr.Flags |= syscall.ProgSleepable
	}
	fd, err := syscall.ProgLoad(&attr)
	var refused *syscall.LoadError
	switch {
	case errors.As(err, &refused):
		return nil, p.refused(refused)
	case err != nil:
		return nil, p.failed(StepLoad, err)
	}
	return &Loaded{plan: p, fd: fd}, nil
}

// FD is the program's descriptor. It is closed with l.
func (l *Loaded) FD() *syscall.FD {
	if l == nil {
		return nil
	}
	return l.fd
}

// Plan is the plan that the program was loaded from: the compiled program and its options. It is empty when there is no program.
func (l *Loaded) Plan() *Plan {
	if l == nil || l.plan == nil {
		return new(Plan)
	}
	return l.plan
}

// Info is what the kernel tells about the program.
func (l *Loaded) Info() (*syscall.ProgInfo, error) {
	if l.FD() == nil {
		return nil, ErrNotLoaded
	}
	return syscall.ProgInfoByFD(l.fd)
}

// Close closes the program. Attached programs stay attached.
func (l *Loaded) Close() error { return l.FD().Close() }
