package progtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/passing"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/cover"

	cbtf "github.com/cilium/ebpf/btf"
)

// newest is the kernel of the fixture that New takes.
const newest = "6.18"

// A Program is a program that can be run.
type Program struct {
	Machine *vm.Machine // that runs it: for helpers, functions of the kernel, and limits

	t       testing.TB
	target  compile.Target
	plan    *prog.Plan
	params  []place.Param // of a program that is passed arguments by type; nil for others
	context []field       // what Set has set

	args     []byte // the array that R1 points to
	argsAddr uint64
}

// A field is a field of a context with its value.
type field struct {
	name  string
	value uint64
}

// A Result is what a program has made of a packet.
type Result struct {
	Verdict  string // by its name: XDP_DROP, TC_ACT_OK, SK_PASS; for programs of cgroups drop or pass; or else the number
	Code     uint32 // the same as a number
	Packet   []byte // afterwards, with its Ethernet header
	Metadata []byte // that an XDP program has put before the packet
	Redirect uint32 // the interface that it goes to, if the program has redirected it

	packet *vm.Packet
}

// Context gives a field of the context afterwards, such as mark. ok is false if the context has no such field, or if it is longer than 8
// bytes.
func (r Result) Context(name string) (value uint64, ok bool) {
	if r.packet == nil {
		return 0, false
	}
	value, err := r.packet.Get(name)
	return value, err == nil
}

// New checks and compiles a program with the types of Linux 6.18, from package fixture: contexts of programs are the same in all kernels.
// A mistake ends the test, with all findings. The maps that the program names live as long as the test: the next one begins with new ones.
func New(t testing.TB, p *dsl.Program, o prog.Options) *Program {
	t.Helper()
	types, err := fixture.Open(newest)
	if err != nil {
		t.Fatal(err)
	}
	release, _ := isa.ParseKernelVersion(newest)
	return For(t, compile.Target{BTF: types, Kernel: release}, p, o)
}

// For is New for the types of another kernel: those of a file, for example (btf.File). Programs that trace the kernel need it.
func For(t testing.TB, target compile.Target, p *dsl.Program, o prog.Options) *Program {
	t.Helper()
	target.ByteOrder = isa.LittleEndian
	plan, err := prog.Prepare(p, o, target)
	if err != nil {
		t.Fatal(err)
	}
	program, err := vm.LoadObject(plan.Object, target.BTF, vm.Options{Mode: vm.Linux})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	})
	tested := &Program{Machine: vm.New(program), t: t, target: target, plan: plan, args: make([]byte, 8*linux.MostArguments)}
	if tested.params, err = tested.parameters(); err != nil {
		t.Fatal(err)
	}
	cover.Record(t, tested.Machine, program)
	tested.argsAddr = tested.Machine.Add(vm.Memory{Name: "the arguments", Data: tested.args, ReadOnly: true})
	return tested
}

// Set sets a field of the context for the packets that follow, such as mark or ingress_ifindex. The value is as programs read it.
func (p *Program) Set(name string, value uint64) { p.context = append(p.context, field{name, value}) }

// Send builds a packet of layers, runs the program on it, and returns what it has made of it. A mistake or a fault ends the test.
func (p *Program) Send(layers ...Layer) Result {
	p.t.Helper()
	packet, err := Build(layers...)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Run(packet)
}

// Run is Send for the bytes of a packet, from the Ethernet header on.
func (p *Program) Run(packet []byte) Result {
	p.t.Helper()
	result, err := p.TryRun(packet)
	if err != nil {
		p.fatal(err)
	}
	return result
}

// TryRun is Run for tests of what goes wrong: it returns the error, a *vm.Fault if it is the program's.
func (p *Program) TryRun(packet []byte) (Result, error) {
	kind := p.plan.Options.Type
	on, err := vm.NewPacket(kind, packet)
	if err != nil {
		return Result{}, err
	}
	p.asLoopback(on)
	for _, f := range p.context {
		if err := on.Set(f.name, f.value); err != nil {
			return Result{}, err
		}
	}
	if seesNetwork(kind) {
		on.HideEthernet()
	}
	r0, err := p.Machine.RunOn(p.t.Context(), on)
	if err != nil {
		return Result{}, err
	}
	return Result{Verdict: kind.Verdict(uint32(r0)), Code: uint32(r0), Packet: on.Frame(), Metadata: on.Metadata(),
		Redirect: on.Redirect(), packet: on}, nil
}

// asLoopback sets the fields of the context that the kernel sets in a test run: the packet comes from the loopback device.
func (p *Program) asLoopback(on *vm.Packet) {
	const loopback = 1 // the index of its interface
	name := "ifindex"
	if p.plan.Options.Type == syscall.ProgTypeXDP {
		name = "ingress_ifindex"
	}
	on.Set(name, loopback) // both contexts have theirs
}

// seesNetwork reports whether programs of a type see packets from the network header on (bpf_prog_test_run_skb, net/bpf/test_run.c, 6.18).
func seesNetwork(t linux.ProgType) bool {
	switch t {
	case linux.ProgTypeXDP, linux.ProgTypeSchedCls, linux.ProgTypeSchedAct:
		return false
	}
	return true
}

// Struct makes an object of the kernel, all zero, for Call: the context of a program by its name in C, such as bpf_sock_addr, or what a
// tracepoint passes, such as task_struct.
func (p *Program) Struct(name string) *vm.Struct { return vm.NewStruct(p.target.BTF, name) }

// Call runs a program that does not see packets, and returns its result: what the place cuts of R0, with its sign.
//
//   - A program with a context gets one argument: the *vm.Struct of its context, or a []byte for contexts of plain memory, such as those
//     of tracepoints in tracefs, and of syscall programs. The program may write it, if programs of its type may.
//   - A program for a tracepoint with types, a function of the kernel or a hook of the security modules gets its arguments: a *vm.Struct
//     or nil for a pointer, and numbers. A program that runs when a function returns gets the function's result as the last one.
//   - A program for a raw tracepoint gets up to 12 arguments, numbers or objects.
//
// A mistake or a fault ends the test.
func (p *Program) Call(args ...any) int64 {
	p.t.Helper()
	result, err := p.Try(args...)
	if err != nil {
		p.fatal(err)
	}
	return result
}

// Try is Call for tests of what goes wrong: it returns the error, a *vm.Fault if it is the program's.
func (p *Program) Try(args ...any) (int64, error) {
	info := p.plan.Options.Type.Info()
	var result uint64
	var err error
	switch {
	case info.Access != nil && info.Access.Context != nil:
		return 0, fmt.Errorf("%v programs see packets: use Send or Run", p.plan.Options.Type)
	case p.params != nil || info.Arguments:
		result, err = p.callWithArguments(args)
	default:
		result, err = p.callWithContext(args)
	}
	if err != nil {
		return 0, err
	}
	return int64(int32(result)), nil // all places cut R0 to an int
}

// callWithContext runs a program whose R1 points to a context.
func (p *Program) callWithContext(args []any) (uint64, error) {
	if len(args) > 1 {
		return 0, fmt.Errorf("it is called with %d arguments; the kernel passes one, the context", len(args))
	}
	if len(args) == 0 {
		return p.Machine.Run(p.t.Context(), nil)
	}
	switch arg := args[0].(type) {
	case []byte:
		return p.Machine.Run(p.t.Context(), arg)
	case *vm.Struct:
		if want := p.plan.Options.Type.Info().Context; want != "" && arg.Err() == nil && !arg.IsA(want) {
			return 0, fmt.Errorf("the context is a %s, not a %s", want, arg.Name())
		}
		if access := p.plan.Options.Type.Info().Access; access == nil || !access.ReadOnly {
			arg.AllowWrites()
		}
		addr, err := p.Machine.Object(arg)
		if err != nil {
			return 0, err
		}
		result, err := p.Machine.Call(p.t.Context(), addr)
		return result, errors.Join(err, arg.Err())
	}
	return 0, fmt.Errorf("the context must be a *vm.Struct or a []byte, not a %T", args[0])
}

// callWithArguments runs a program whose R1 points to an array of arguments.
func (p *Program) callWithArguments(args []any) (uint64, error) {
	switch {
	case p.params != nil && len(args) != len(p.params):
		return 0, fmt.Errorf("it is called with %d arguments; the kernel passes %d", len(args), len(p.params))
	case len(args) > linux.MostArguments:
		return 0, fmt.Errorf("it is called with %d arguments; the kernel passes at most %d", len(args), linux.MostArguments)
	}
	clear(p.args)
	var objects []*vm.Struct
	at := &place.Place{Type: p.plan.Options.Type, Writable: []place.Field{}}
	for n, arg := range args {
		param := place.Param{Name: "of a raw tracepoint", Type: anything(arg)}
		if p.params != nil {
			param = p.params[n]
		}
		value, object, err := passing.Argument(p.Machine, at, param.Type, arg)
		if err != nil {
			return 0, fmt.Errorf("argument %d, %s: %w", n+1, param.Name, err)
		}
		if object != nil {
			objects = append(objects, object)
		}
		binary.LittleEndian.PutUint64(p.args[8*n:], value)
	}
	result, err := p.Machine.Call(p.t.Context(), p.argsAddr)
	for _, object := range objects {
		err = errors.Join(err, object.Err())
	}
	return result, err
}

// anything is the type of an argument that has none: a raw tracepoint passes numbers of 64 bits and addresses.
func anything(arg any) cbtf.Type {
	if object, ok := arg.(*vm.Struct); ok {
		return &cbtf.Pointer{Target: &cbtf.Struct{Name: object.Name()}}
	}
	return &cbtf.Int{Name: "u64", Size: 8}
}

// parameters are the arguments with types that the program gets; nil if it gets a context, or arguments without types.
func (p *Program) parameters() ([]place.Param, error) {
	o := p.plan.Options
	if o.Type != syscall.ProgTypeTracing && o.Type != syscall.ProgTypeLSM || o.AttachType == syscall.AttachTraceIter {
		return nil, nil
	}
	if o.Type == syscall.ProgTypeTracing && o.AttachType == syscall.AttachTraceRawTP {
		at, err := place.Tracepoint(p.target.BTF, o.AttachTo)
		if err != nil || at.Signature == nil {
			return nil, err
		}
		return at.Signature.Params, nil
	}
	set, err := p.target.BTF.Decode(p.plan.AttachID)
	if err != nil {
		return nil, err
	}
	function, _ := set.Type(p.plan.AttachID).(*cbtf.Func)
	if function == nil {
		return nil, nil
	}
	proto, _ := function.Type.(*cbtf.FuncProto)
	if proto == nil {
		return nil, nil
	}
	params := []place.Param{}
	for _, param := range proto.Params {
		params = append(params, place.Param{Name: param.Name, Type: param.Type})
	}
	if _, void := proto.Return.(*cbtf.Void); !void && o.AttachType != syscall.AttachTraceFEntry {
		params = append(params, place.Param{Name: "the result", Type: proto.Return})
	}
	return params, nil
}

// fatal ends the test with the report of a fault.
func (p *Program) fatal(err error) {
	p.t.Helper()
	var fault *vm.Fault
	if errors.As(err, &fault) {
		p.t.Fatal(fault.Report())
	}
	p.t.Fatal(err)
}
