package structopstest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/opsrun"
	"github.com/bpfsmith/bpfsmith/internal/passing"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/cover"
)

// Ops is an implementation whose members can be called.
type Ops struct {
	Machine *vm.Machine // that runs the programs of all members: for helpers, functions of the kernel, and limits

	t     testing.TB
	types *btf.Types
	ops   *opsrun.Ops
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
// findings. The maps of the implementation live as long as the test: the next one begins with new ones.
func New(t testing.TB, target compile.Target, impl structops.Implementation) *Ops {
	t.Helper()
	ops, err := opsrun.New(impl, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ops.Close(); err != nil {
			t.Error(err)
		}
	})
	cover.Record(t, ops.Machine, ops.Programs()...)
	return &Ops{Machine: ops.Machine, t: t, types: target.BTF, ops: ops}
}

// Has reports whether the implementation has a program for a member.
func (o *Ops) Has(member string) bool { return o.ops.Member(member) != nil }

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
		o.t.Fatalf("%s: %s", member, opsrun.Explain(err))
	}
	return result
}

// Try is Call for tests of what goes wrong: it returns the error, a *vm.Fault if it is the program's.
func (o *Ops) Try(member string, args ...any) (int64, error) {
	kind := o.ops.Plan.Type
	m, ok := kind.Member(member)
	switch {
	case !ok || m.Proto == nil:
		return 0, fmt.Errorf("%s has no callback %q; the implementation has %s", kind.Name, member, o.ops.Members())
	case !o.Has(member):
		return 0, fmt.Errorf("the implementation does not have %s; it has %s", member, o.ops.Members())
	case len(args) != len(m.Params):
		return 0, fmt.Errorf("it is called with %d arguments; the kernel passes %d: %s", len(args), len(m.Params), m.Declaration())
	}
	place := kind.Place(m)
	values := make([]uint64, len(args))
	var objects []*vm.Struct
	for n, arg := range args {
		value, object, err := passing.Argument(o.Machine, place, m.Params[n].Type, arg)
		if err != nil {
			return 0, fmt.Errorf("argument %d, %s: %w", n+1, m.Params[n].Name, err)
		}
		if object != nil {
			objects = append(objects, object)
		}
		values[n] = value
	}
	result, err := o.ops.Member(member).Call(o.t.Context(), values...)
	for _, object := range objects {
		err = errors.Join(err, object.Err())
	}
	if err != nil {
		return 0, err
	}
	return result, nil
}
