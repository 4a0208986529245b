package structops

import (
	"encoding/binary"
	"errors"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Loaded is an implementation whose programs the kernel has verified, but which
// it does not use yet. Close it, or hand it on with Register.
type Loaded struct {
	plan     *Plan
	programs []*syscall.FD // as in plan.Programs
	table    *syscall.FD   // the map that holds the struct; nil for types that are never registered
	linked   bool
}

// Load gives the programs to the kernel, which verifies them, and creates the
// map that is to hold the struct. Nothing is registered, and nothing is left
// behind when it fails.
func (p *Plan) Load() (*Loaded, error) { return p.load(p.Type.HasLink) }

// load is Load for registering with a link, or in the way before there were links.
func (p *Plan) load(linked bool) (loaded *Loaded, err error) {
	l := &Loaded{plan: p, linked: linked}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	types, err := p.loadTypes()
	if err != nil {
		return nil, err
	}
	defer closeAll(types)
	if !p.Type.known.testOnly {
		if l.table, err = p.createMap(types[0], linked); err != nil {
			return nil, err
		}
	}
	for i, program := range p.Programs {
		fd, err := p.loadProgram(program, types[i])
		if err != nil {
			return nil, err
		}
		l.programs = append(l.programs, fd)
	}
	return l, nil
}

// loadTypes loads the BTF that describes each program. There is always one,
// since creating the map takes some BTF, whatever is in it: MAP_CREATE refuses
// btf_fd 0 when a kernel value type is set (kernel/bpf/syscall.c, map_create).
func (p *Plan) loadTypes() (fds []*syscall.FD, err error) {
	blobs := make([][]byte, 0, len(p.Programs)+1)
	for _, program := range p.Programs {
		blobs = append(blobs, program.Object.BTF)
	}
	if len(blobs) == 0 {
		return nil, &StepError{Step: "load", Type: p.Type.Name, Name: p.Name, Err: errors.New("the implementation has no programs")}
	}
	for _, blob := range blobs {
		fd, err := syscall.BTFLoad(blob)
		if err != nil {
			closeAll(fds)
			return nil, p.failed("load types", err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func (p *Plan) createMap(types *syscall.FD, linked bool) (*syscall.FD, error) {
	attr := syscall.MapCreateAttr{
		Type: syscall.MapTypeStructOps, KeySize: 4, ValueSize: uint32(p.Type.ValueSize), MaxEntries: 1,
		Name: p.Name, BTF: types, BTFVmlinuxValueTypeID: uint32(p.Type.ValueID),
	}
	if linked {
		attr.Flags = syscall.MapLink
	}
	fd, err := syscall.MapCreate(&attr)
	if err != nil {
		return nil, p.failed("create the map", err)
	}
	return fd, nil
}

func (p *Plan) loadProgram(program Program, types *syscall.FD) (*syscall.FD, error) {
	o := program.Object
	var held maps.Holder
	defer held.Close()
	code, err := o.CodeWithMaps(held.Hold)
	if err != nil {
		return nil, p.failed("create the maps", err)
	}
	attr := syscall.ProgLoadAttr{
		Type:               syscall.ProgTypeStructOps,
		ExpectedAttachType: syscall.AttachType(program.Member.Index),
		AttachBTFID:        uint32(p.Type.ID),
		Name:               o.Program.Name,
		License:            p.License,
		Instructions:       code,
		BTF:                types,
		FuncInfo:           o.FuncInfo,
		FuncInfoRecSize:    compile.FuncInfoSize,
		LineInfo:           o.LineInfo,
		LineInfoRecSize:    compile.LineInfoSize,
	}
	if o.Program.Sleepable {
		attr.Flags = syscall.ProgSleepable
	}
	fd, err := syscall.ProgLoad(&attr)
	var refused *syscall.LoadError
	if errors.As(err, &refused) {
		return nil, newProgramError(p, program, refused)
	}
	if err != nil {
		return nil, p.failed("load "+program.Member.Name, err)
	}
	return fd, nil
}

// Program is the loaded program of a member, to be run with
// syscall.ProgTestRun, or nil when the member is not set. It is closed with l;
// after that there is none.
func (l *Loaded) Program(member string) *syscall.FD {
	for i, fd := range l.programs {
		if l.plan.Programs[i].Member.Name == member {
			return fd
		}
	}
	return nil
}

// Close lets go of the programs and the map.
func (l *Loaded) Close() error {
	err := closeAll(l.programs)
	l.programs = nil
	if l.table != nil {
		err = errors.Join(err, l.table.Close())
		l.table = nil
	}
	return err
}

func closeAll(fds []*syscall.FD) error {
	var errs []error
	for _, fd := range fds {
		errs = append(errs, fd.Close())
	}
	return errors.Join(errs...)
}

// fill writes the struct into the map, which may be done once. Without links,
// this is what registers the implementation.
func (l *Loaded) fill() error {
	value := append([]byte(nil), l.plan.value...)
	for i, p := range l.plan.Programs {
		at := l.plan.Type.Offset + p.Member.Offset
		binary.NativeEndian.PutUint64(value[at:], uint64(l.programs[i].Int()))
	}
	key := make([]byte, 4) // the only one
	if err := syscall.MapUpdate(l.table, key, value, syscall.UpdateAny); err != nil {
		return l.plan.failed("set the members", err)
	}
	return nil
}

// Register makes the kernel use the implementation. The link that it gives
// takes over what l holds: l is closed then, as it is when Register fails.
func (l *Loaded) Register() (*Link, error) {
	defer l.Close()
	p := l.plan
	if p.Type.known.testOnly {
		return nil, &StepError{Step: "register", Type: p.Type.Name, Name: p.Name, Err: ErrNotRegistrable, Help: "run its programs with syscall.ProgTestRun"}
	}
	if l.table == nil {
		return nil, p.failed("register", ErrClosed)
	}
	if err := l.fill(); err != nil {
		return nil, err
	}
	link := &Link{typ: p.Type.Name, name: p.Name}
	if l.linked {
		fd, err := syscall.LinkCreate(&syscall.LinkCreateAttr{Map: l.table, AttachType: syscall.AttachStructOps})
		if err != nil {
			return nil, p.failed("register", err)
		}
		link.fd = fd
	}
	link.table, l.table = l.table, nil
	return link, nil
}

// Register checks an implementation against the running kernel, loads it and
// makes the kernel use it, until the link is closed or the process ends. It
// takes Linux 5.6 or later, CAP_BPF and CAP_PERFMON.
//
// Mistakes that can be known beforehand are returned together as
// mistake.Findings, before the kernel is asked.
func Register(impl Implementation) (*Link, error) {
	at := here()
	target, err := Host()
	if err != nil {
		return nil, err
	}
	defer target.BTF.Close()
	plan, err := prepare(impl, target, at)
	if err != nil {
		return nil, err
	}
	return plan.Register()
}

// Register loads the plan and makes the kernel use it.
func (p *Plan) Register() (*Link, error) {
	loaded, err := p.Load()
	if err != nil {
		return nil, err
	}
	return loaded.Register()
}
