package structops

import (
	"encoding/binary"
	"errors"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Loaded is an implementation whose programs the kernel has verified, but which
// it does not use yet. Close it, or hand it on with Register.
type Loaded struct {
	//lint:ignore U1000 its method makes this a prog.Verified
	seal
	plan     *Plan
	programs []*prog.Loaded // as in plan.Programs
	table    *syscall.FD    // the map that holds the struct; nil for types that are never registered
	linked   bool
}

//lint:ignore U1000 it is embedded
type seal = attachment.Verified

// Load gives the programs to the kernel, which verifies them, and creates the
// map that is to hold the struct. Nothing is registered, and nothing is left
// behind when it fails.
func (p *Plan) Load() (*Loaded, error) {
	if p == nil || p.Type == nil {
		return nil, stepFailed(prog.StepLoad, "", prog.ErrNotLoaded)
	}
	return p.load(p.Type.HasLink)
}

// load is Load, for registering with a link or, as before Linux 6.4, without one.
func (p *Plan) load(linked bool) (loaded *Loaded, err error) {
	l := &Loaded{plan: p, linked: linked}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if len(p.Programs) == 0 {
		return nil, p.failed(prog.StepLoad, errors.New("the implementation has no programs"))
	}
	if !p.Type.known.TestOnly {
		if l.table, err = p.createMap(linked); err != nil {
			return nil, err
		}
	}
	for _, program := range p.Programs {
		loaded, err := p.planOf(program).Load()
		if err != nil {
			return nil, err
		}
		l.programs = append(l.programs, loaded)
	}
	return l, nil
}

// planOf is how the program of a member is loaded.
func (p *Plan) planOf(program Program) *prog.Plan {
	return &prog.Plan{
		Object: program.Object,
		Options: prog.Options{
			Type:       syscall.ProgTypeStructOps,
			AttachType: syscall.AttachType(program.Member.Index),
			License:    p.License,
		},
		AttachID: p.Type.ID, Struct: p.Type.Name, Member: program.Member.Name,
	}
}

// createMap creates the map that is to hold the struct. Some BTF has to be loaded for it, whatever is in it: MAP_CREATE refuses btf_fd 0
// when a kernel value type is set (kernel/bpf/syscall.c, map_create).
func (p *Plan) createMap(linked bool) (*syscall.FD, error) {
	types, err := syscall.BTFLoad(p.Programs[0].Object.BTF)
	if err != nil {
		return nil, p.failed(prog.StepLoadTypes, err)
	}
	defer types.Close()
	attr := syscall.MapCreateAttr{
		Type: syscall.MapTypeStructOps, KeySize: 4, ValueSize: uint32(p.Type.ValueSize), MaxEntries: 1,
		Name: p.Name, BTF: types, BTFVmlinuxValueTypeID: uint32(p.Type.ValueID),
	}
	if linked {
		attr.Flags = syscall.MapLink
	}
	fd, err := syscall.MapCreate(&attr)
	if err != nil {
		return nil, p.failed(prog.StepCreateMap, err)
	}
	return fd, nil
}

// FD is the descriptor of the map that holds the implementation; nil for types that are never registered, and when l is closed.
func (l *Loaded) FD() *syscall.FD {
	if l == nil {
		return nil
	}
	return l.table
}

// Program is the loaded program of a member, to be run with
// syscall.ProgTestRun, or nil when the member is not set. It is closed with l;
// after that Program returns nil.
func (l *Loaded) Program(member string) *syscall.FD {
	if l == nil {
		return nil
	}
	for i, p := range l.programs {
		if l.plan.Programs[i].Member.Name == member {
			return p.FD()
		}
	}
	return nil
}

// Close closes the programs and the map.
func (l *Loaded) Close() error {
	if l == nil {
		return nil
	}
	var errs []error
	for _, p := range l.programs {
		errs = append(errs, p.Close())
	}
	l.programs = nil
	if l.table != nil {
		errs = append(errs, l.table.Close())
		l.table = nil
	}
	return errors.Join(errs...)
}

// fill writes the struct into the map, which may be done once. Without links,
// this is what registers the implementation.
func (l *Loaded) fill() error {
	value := append([]byte(nil), l.plan.value...)
	for i, p := range l.plan.Programs {
		at := l.plan.Type.Offset + p.Member.Offset
		binary.NativeEndian.PutUint64(value[at:], uint64(l.programs[i].FD().Int()))
	}
	key := make([]byte, 4) // the only one
	if err := syscall.MapUpdate(l.table, key, value, syscall.UpdateAny); err != nil {
		return l.plan.failed(prog.StepSetMembers, err)
	}
	return nil
}

// Register makes the kernel use the implementation. The returned link takes over what l holds: l is closed afterwards, also when Register
// fails.
func (l *Loaded) Register() (*Link, error) {
	if l == nil || l.plan == nil {
		return nil, stepFailed(prog.StepRegister, "", prog.ErrNotLoaded)
	}
	defer l.Close()
	p := l.plan
	if p.Type.known.TestOnly {
		e := p.failed(prog.StepRegister, ErrNotRegistrable)
		e.Help = "run its programs with syscall.ProgTestRun"
		return nil, e
	}
	if l.table == nil {
		return nil, p.failed(prog.StepRegister, attachment.ErrClosed)
	}
	if err := l.fill(); err != nil {
		return nil, err
	}
	link := &Link{typ: p.Type.Name, name: p.Name}
	if l.linked {
		fd, err := syscall.LinkCreate(&syscall.LinkCreateAttr{Map: l.table, AttachType: syscall.AttachStructOps})
		if err != nil {
			return nil, p.failed(prog.StepRegister, err)
		}
		link.fd = fd
	}
	link.table, l.table = l.table, nil
	return link, nil
}

// Load checks an implementation against the running kernel and loads it; nothing is registered. It takes Linux 5.11 or later, CAP_BPF and
// CAP_PERFMON.
//
// Mistakes that can be known beforehand are returned together as mistake.Findings, before the kernel is asked. A refusal of the kernel's
// verifier is a prog.ProgramError.
func Load(impl Implementation) (*Loaded, error) { return load(impl, dsl.Here(0)) }

func load(impl Implementation, at dsl.Position) (*Loaded, error) {
	target, err := prog.Host()
	if err != nil {
		return nil, err
	}
	defer target.BTF.Close()
	plan, err := prepare(impl, target, at)
	if err != nil {
		return nil, err
	}
	return plan.Load()
}

// Register does all: it checks an implementation against the running kernel, loads it, and makes the kernel use it, until the link is
// closed or the process ends. See [Load] for what it takes and how it fails.
func Register(impl Implementation) (*Link, error) {
	loaded, err := load(impl, dsl.Here(0))
	if err != nil {
		return nil, err
	}
	return loaded.Register()
}

// Register loads the plan and makes the kernel use it.
func (p *Plan) Register() (*Link, error) {
	loaded, err := p.Load()
	if err != nil {
		return nil, err
	}
	return loaded.Register()
}
