// Package opsrun calls the members of an ops struct in package vm, as the kernel calls them: the arguments are an array that R1 points to,
// and objects of the kernel may be written where the interface allows it.
package opsrun

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/passing"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/vm"

	cbtf "github.com/cilium/ebpf/btf"
)

// Ops are the programs of an implementation, in one machine.
type Ops struct {
	Machine *vm.Machine
	Plan    *structops.Plan

	members  map[string]*Member
	args     []byte // the array that R1 points to
	argsAddr uint64
}

// A Member is a callback that the implementation has.
type Member struct {
	ops     *Ops
	program *vm.Program
	result  cbtf.Type // of the callback
}

// New checks and compiles an implementation for a target, whose ByteOrder must be little-endian, and makes a machine for it.
func New(impl structops.Implementation, target compile.Target) (*Ops, error) {
	plan, err := structops.Prepare(impl, target)
	if err != nil {
		return nil, err
	}
	o := &Ops{Plan: plan, members: make(map[string]*Member), args: make([]byte, 8*linux.MostArguments)}
	for _, p := range plan.Programs {
		program, err := vm.LoadObject(p.Object, target.BTF, vm.Options{Mode: vm.Linux})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Member.Name, err)
		}
		o.members[p.Member.Name] = &Member{ops: o, program: program, result: p.Member.Proto.Return}
		if o.Machine == nil {
			o.Machine = vm.New(program)
		}
	}
	if o.Machine == nil {
		return nil, fmt.Errorf("%s has no programs: set a member", plan.Type.Name)
	}
	o.argsAddr = o.Machine.Add(vm.Memory{Name: "the arguments", Data: o.args, ReadOnly: true})
	return o, nil
}

// Member is a callback of the implementation by the kernel's name; nil if it does not have it.
func (o *Ops) Member(name string) *Member { return o.members[name] }

// Close closes the maps that were created for the implementation.
func (o *Ops) Close() error {
	var errs []error
	for _, p := range o.Programs() {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Programs are those of all members that the implementation has, in the order of the struct's members.
func (o *Ops) Programs() []*vm.Program {
	var programs []*vm.Program
	for _, p := range o.Plan.Programs {
		programs = append(programs, o.members[p.Member.Name].program)
	}
	return programs
}

// Members lists the callbacks that the implementation has, for messages.
func (o *Ops) Members() string {
	var names []string
	for _, p := range o.Plan.Programs {
		names = append(names, p.Member.Name)
	}
	return strings.Join(names, ", ")
}

// Pass makes an object accessible to the programs, as a parameter of a member. They may write what the interface lets them write. It
// returns the object's address.
func (o *Ops) Pass(member string, parameter int, object *vm.Struct) (addr uint64, err error) {
	m, ok := o.Plan.Type.Member(member)
	if !ok || parameter >= len(m.Params) {
		return 0, fmt.Errorf("%s.%s has no parameter %d", o.Plan.Type.Name, member, parameter)
	}
	addr, _, err = passing.Argument(o.Machine, o.Plan.Type.Place(m), m.Params[parameter].Type, object)
	return addr, err
}

// Call calls the member, and returns its result with the sign of its type; 0 if it has none. The arguments are numbers, and the addresses
// of objects. Arguments that are missing are those of the call before.
func (m *Member) Call(ctx context.Context, args ...uint64) (int64, error) {
	o := m.ops
	for n, value := range args {
		binary.LittleEndian.PutUint64(o.args[8*n:], value)
	}
	o.Machine.SetProgram(m.program)
	result, err := o.Machine.Call(ctx, o.argsAddr)
	if err != nil {
		return 0, err
	}
	return passing.Result(m.result, result), nil
}

// Explain is an error of Call with all that is known of it: a fault of the program has its instructions and registers.
func Explain(err error) string {
	if fault, ok := errors.AsType[*vm.Fault](err); ok {
		return fault.Report()
	}
	return err.Error()
}
