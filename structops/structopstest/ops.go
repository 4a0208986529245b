package structopstest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/passing"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Ops is an implementation whose members can be called.
type Ops struct {
	Machine *vm.Machine // that runs the programs of all members: for helpers, functions of the kernel, and limits

	t        testing.TB
	types    *btf.Types
	plan     *structops.Plan
	programs map[string]*vm.Program
	args     []byte // the array that R1 points to
	argsAddr uint64
}

// On runs a test of an implementation on the types of several kernels, by their names in package fixture: one subtest for each.
func On(t *testing.T, kernels []string, impl structops.Implementation, test func(t *testing.T, ops *Ops)) {
	t.Helper()
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			types, err := fixture.Open(kernel)
			if err != nil {
				t.Fatal(err)
			}
			release, _ := isa.ParseKernelVersion(kernel) // "6.12" or "6.12-ops"
			test(t, New(t, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Kernel: release}, impl))
		})
	}
}

// New checks and compiles an implementation for a target, whose ByteOrder must be little-endian. A mistake ends the test, with all
// findings.
func New(t testing.TB, target compile.Target, impl structops.Implementation) *Ops {
	t.Helper()
	plan, err := structops.Prepare(impl, target)
	if err != nil {
		t.Fatal(err)
	}
	o := &Ops{t: t, types: target.BTF, plan: plan, programs: make(map[string]*vm.Program), args: make([]byte, 8*linux.MostArguments)}
	for _, p := range plan.Programs {
		program, err := vm.LoadObject(p.Object, target.BTF, vm.Options{Mode: vm.Linux})
		if err != nil {
			t.Fatalf("%s: %v", p.Member.Name, err)
		}
		o.programs[p.Member.Name] = program
		if o.Machine == nil {
			o.Machine = vm.New(program)
		}
	}
	if o.Machine == nil {
		t.Fatalf("%s has no programs: set a member", plan.Type.Name)
	}
	o.argsAddr = o.Machine.Add(vm.Memory{Name: "the arguments", Data: o.args, ReadOnly: true})
	return o
}

// Has reports whether the implementation has a program for a member.
func (o *Ops) Has(member string) bool { return o.programs[member] != nil }

// Struct makes an object of the kernel, all zero: "rate_sample", for example. Programs may not write it, until it is passed to a member
// that may.
func (o *Ops) Struct(name string) *vm.Struct { return vm.NewStruct(o.types, name) }

// Sock makes a tcp_sock with the values of a new connection (tcp_init_sock, net/ipv4/tcp.c): a window of 10 segments, no threshold and no
// limit for the window.
func (o *Ops) Sock() *vm.Struct {
	sk := o.Struct("tcp_sock")
	sk.Set("snd_cwnd", 10)
	sk.Set("snd_ssthresh", math.MaxInt32)
	sk.Set("snd_cwnd_clamp", math.MaxUint32)
	sk.Set("app_limited", math.MaxUint32)
	sk.Set("mss_cache", 536)
	return sk
}

// Call calls a member, and returns its result with the sign of its type; 0 if it has none. The arguments are those of the kernel's
// prototype: a *vm.Struct, or nil, for a pointer, and integers, bools or constants of Go for numbers. A mistake or a fault ends the test.
func (o *Ops) Call(member string, args ...any) int64 {
	o.t.Helper()
	result, err := o.Try(member, args...)
	if err != nil {
		var fault *vm.Fault
		if errors.As(err, &fault) {
			o.t.Fatalf("%s: %s", member, fault.Report())
		}
		o.t.Fatalf("%s: %v", member, err)
	}
	return result
}

// Try is Call for tests of what goes wrong: it returns the error, a *vm.Fault if it is the program's.
func (o *Ops) Try(member string, args ...any) (int64, error) {
	m, ok := o.plan.Type.Member(member)
	switch {
	case !ok || m.Proto == nil:
		return 0, fmt.Errorf("%s has no callback %q; the implementation has %s", o.plan.Type.Name, member, o.members())
	case !o.Has(member):
		return 0, fmt.Errorf("the implementation does not have %s; it has %s", member, o.members())
	case len(args) != len(m.Params):
		return 0, fmt.Errorf("it is called with %d arguments; the kernel passes %d: %s", len(args), len(m.Params), m.Declaration())
	}
	place := o.plan.Type.Place(m)
	var objects []*vm.Struct
	for n, arg := range args {
		value, object, err := passing.Argument(o.Machine, place, m.Params[n].Type, arg)
		if err != nil {
			return 0, fmt.Errorf("argument %d, %s: %w", n+1, m.Params[n].Name, err)
		}
		if object != nil {
			objects = append(objects, object)
		}
		binary.LittleEndian.PutUint64(o.args[8*n:], value)
	}
	o.Machine.SetProgram(o.programs[member])
	result, err := o.Machine.Call(o.t.Context(), o.argsAddr)
	for _, object := range objects {
		err = errors.Join(err, object.Err())
	}
	if err != nil {
		return 0, err
	}
	return passing.Result(m.Proto.Return, result), nil
}

func (o *Ops) members() string {
	var names []string
	for _, p := range o.plan.Programs {
		names = append(names, p.Member.Name)
	}
	return strings.Join(names, ", ")
}
