package nine_test

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// machine compiles an XDP program for Linux 6.18, checks it, and makes a machine for it.
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

func Example_filter() {
	defer ports.Close()
	m, err := machine(dsl.Func("filter", filter))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("close port 9999:", ports.Put(9999, 0))
	send := func(name string, packet []byte) {
		result, err := m.RunPacket(context.Background(), syscall.ProgTypeXDP, packet)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name, "→", map[uint64]string{1: "drop", 2: "pass"}[result])
	}
	send("to port 53", packet(53, 5))
	send("to port 9999", packet(9999, 5))
	send("to port 9999, with a longer IP header", packet(9999, 8))
	send("to port 9999, cut off", packet(9999, 5)[:40])
	fmt.Println(ports.Lookup(9999))
	// Output:
	// close port 9999: <nil>
	// to port 53 → pass
	// to port 9999 → drop
	// to port 9999, with a longer IP header → drop
	// to port 9999, cut off → pass
	// 2 <nil>
}
