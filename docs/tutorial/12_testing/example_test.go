package twelve_test

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/cover"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// machine makes a machine for an XDP program, as in chapter 9.
func machine(p *dsl.Program) (*vm.Machine, error) {
	types, err := fixture.Open("6.18")
	if err != nil {
		return nil, err
	}
	plan, err := prog.Prepare(p, prog.Options{License: "GPL"}, compile.Target{BTF: types})
	if err != nil {
		return nil, err
	}
	program, err := vm.LoadObject(plan.Object, types, vm.Options{})
	if err != nil {
		return nil, err
	}
	return vm.New(program), nil
}

// packet makes a UDP packet to a port.
func packet(port uint16) []byte {
	p := make([]byte, 42)
	binary.BigEndian.PutUint16(p[12:], 0x0800)
	p[23] = 17
	binary.BigEndian.PutUint16(p[36:], port)
	return p
}

func Example_coverage() {
	m, err := machine(dsl.Func("guard", guard))
	if err != nil {
		fmt.Println(err)
		return
	}
	m.Coverage = new(vm.Coverage)
	for _, port := range []uint16{7, 53, 8080} {
		if _, err := m.RunPacket(context.Background(), syscall.ProgTypeXDP, packet(port)); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, branches := cover.Of(m.Coverage)
	for _, branch := range branches {
		if branch.OneWay() {
			fmt.Println(branch)
		}
	}
	// Output:
	// github.com/bpfsmith/bpfsmith/docs/tutorial/12_testing/filter_test.go:14: never to line 14, 3 times to line 15
	// github.com/bpfsmith/bpfsmith/docs/tutorial/12_testing/filter_test.go:15: never to line 14, 3 times to line 16
	// github.com/bpfsmith/bpfsmith/docs/tutorial/12_testing/filter_test.go:16: never to line 14, 3 times to line 18
}

func Example_debugger() {
	m, err := machine(dsl.Func("guard", guard))
	if err != nil {
		fmt.Println(err)
		return
	}
	d := debug.New(m, debug.Options{Run: func(ctx context.Context) (uint64, error) {
		return m.RunPacket(ctx, syscall.ProgTypeXDP, packet(53))
	}})
	defer d.Close()
	d.Break(debug.Breakpoint{File: "filter_test.go", Line: 18}) // if port == 53
	fmt.Println("it stops before", d.Continue().Instruction)
	for range 3 {
		fmt.Println("then before   ", d.Step().Instruction)
	}
	fmt.Println("r2 is", m.Register(isa.R2))
	d.Back()
	fmt.Println("one back, r2 is", m.Register(isa.R2))
	fmt.Println("the result is", d.Finish().Result)
	// Output:
	// it stops before r1 = *(u16 *)(r2 +36)
	// then before    r2 = r1
	// then before    r2 = be16 r2
	// then before    if w2 == 0x35 goto pc+3
	// r2 is 53
	// one back, r2 is 13568
	// the result is 2
}

func Example_echo() {
	m, err := machine(dsl.Func("echo", echo))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, port := range []uint16{7, 0x0700} {
		result, err := m.RunPacket(context.Background(), syscall.ProgTypeXDP, packet(port))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("to port", port, "→", map[uint64]string{1: "drop", 2: "pass"}[result])
	}
	// Output:
	// to port 7 → pass
	// to port 1792 → drop
}
