package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cilium/ebpf"
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const opsType = "tcp_congestion_ops"

// A function is one program of an implementation.
type function struct {
	member string // that it is bound to
	name   string
	slots  int // of 8 bytes
	insns  int
}

// An implementation is an algorithm in one of the variants.
type implementation interface {
	functions() []function
	// register makes the kernel use it with a name of its own.
	register(name string) (*running, error)
}

// running is a registered implementation.
type running struct {
	name     string
	programs map[string]*syscall.FD // by member
	holder   io.Closer              // of the link, which keeps it registered
}

func (r *running) close() error {
	var errs []error
	if r.holder != nil {
		errs = append(errs, r.holder.Close())
	}
	for _, fd := range r.programs {
		errs = append(errs, fd.Close())
	}
	return errors.Join(errs...)
}

// clangObject is an object file from clang.
type clangObject struct {
	file string
	ops  string // the struct_ops variable
	spec *ebpf.CollectionSpec
}

func openObject(file, ops string) (*clangObject, error) {
	spec, err := ebpf.LoadCollectionSpec(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	o := &clangObject{file: file, ops: ops, spec: spec}
	m := spec.Maps[ops]
	if m == nil || m.Type != ebpf.StructOpsMap {
		return nil, fmt.Errorf("%s has no %s named %q", file, opsType, ops)
	}
	for name, other := range spec.Maps { // the object has a second one, which is not used here
		if other.Type == ebpf.StructOpsMap && name != ops {
			delete(spec.Maps, name)
		}
	}
	return o, nil
}

func (o *clangObject) functions() []function {
	var all []function
	for _, p := range o.spec.Programs {
		all = append(all, function{member: strings.TrimPrefix(p.AttachTo, opsType+":"), name: p.Name,
			slots: int(p.Instructions.Size()) / 8, insns: len(p.Instructions)})
	}
	return all
}

func (o *clangObject) register(name string) (_ *running, err error) {
	spec := o.spec.Copy()
	if err := rename(spec.Maps[o.ops], name); err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	loaded, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, fmt.Errorf("%s: load: %w", o.file, err)
	}
	defer loaded.Close() // the link holds what it needs
	r := &running{name: name, programs: make(map[string]*syscall.FD)}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", o.file, err), r.close())
		}
	}()
	for _, f := range o.functions() {
		info, err := loaded.Programs[f.name].Info()
		if err != nil {
			return nil, err
		}
		id, _ := info.ID()
		fd, err := syscall.ProgFDByID(uint32(id))
		if err != nil {
			return nil, err
		}
		r.programs[f.member] = fd
	}
	info, err := loaded.Maps[o.ops].Info()
	if err != nil {
		return nil, err
	}
	id, _ := info.ID()
	table, err := syscall.MapFDByID(uint32(id))
	if err != nil {
		return nil, err
	}
	defer table.Close()
	registered, err := syscall.LinkCreate(&syscall.LinkCreateAttr{Map: table, AttachType: syscall.AttachStructOps})
	if err != nil {
		return nil, err
	}
	r.holder = registered
	return r, nil
}

// rename sets the name of a congestion control, so that it is unique on this machine.
func rename(m *ebpf.MapSpec, name string) error {
	ops, ok := m.Value.(*cbtf.Struct)
	if !ok || len(m.Contents) != 1 {
		return fmt.Errorf("the struct_ops map %s is not as expected", m.Name)
	}
	value, ok := m.Contents[0].Value.([]byte)
	if !ok {
		return fmt.Errorf("the struct_ops map %s has a value of %T", m.Name, m.Contents[0].Value)
	}
	for _, member := range ops.Members {
		if member.Name == "name" {
			value = bytes.Clone(value) // copies of the spec share it
			field := value[member.Offset.Bytes():][:16]
			clear(field)
			copy(field[:15], name)
			m.Contents[0].Value = value
			return nil
		}
	}
	return fmt.Errorf("struct %s has no name", ops.Name)
}

// ourPlan is one of our implementations.
type ourPlan struct {
	ops   func(name string) structops.Implementation
	level isa.Level
	plan  *structops.Plan // compiled under a name that is not registered
}

func compileOurs(ops func(name string) structops.Implementation, level isa.Level) (*ourPlan, error) {
	o := &ourPlan{ops: ops, level: level}
	var err error
	o.plan, err = o.prepare("bench")
	return o, err
}

func (o *ourPlan) prepare(name string) (*structops.Plan, error) {
	target, err := prog.Host()
	if err != nil {
		return nil, err
	}
	defer target.BTF.Close()
	target.Level = o.level
	return structops.Prepare(o.ops(name), target)
}

func (o *ourPlan) functions() []function {
	var all []function
	for _, p := range o.plan.Programs {
		all = append(all, function{member: p.Member.Name, name: p.Object.Program.Name, slots: p.Object.Slots(),
			insns: len(p.Object.Instructions)})
	}
	return all
}

func (o *ourPlan) register(name string) (_ *running, err error) {
	plan, err := o.prepare(name)
	if err != nil {
		return nil, err
	}
	loaded, err := plan.Load()
	if err != nil {
		return nil, err
	}
	defer loaded.Close()
	r := &running{name: name, programs: make(map[string]*syscall.FD)}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	for _, p := range plan.Programs {
		fd, err := loaded.Program(p.Member.Name).Dup()
		if err != nil {
			return nil, err
		}
		r.programs[p.Member.Name] = fd
	}
	registered, err := loaded.Register()
	if err != nil {
		return nil, err
	}
	r.holder = registered
	return r, nil
}
