package exercise

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Verifier checks exercise 6: the sum of two bytes of a packet, or 1 for a packet that is too short.
func Verifier(sum func(f *dsl.Fn, x ctx.XDP) dsl.U32) error {
	return checkXDP(dsl.Func("sum", sum), []packetRun{
		{[]byte{0, 0, 40, 2}, 42, "the packet 00 00 28 02"},
		{[]byte{9, 9, 200, 100, 9, 9}, 300, "the packet 09 09 c8 64 09 09"},
		{[]byte{0, 0, 7}, ctx.XDPDrop, "a packet of three bytes"},
	})
}

// A packetRun is a packet, and the result that a program must have for it.
type packetRun struct {
	packet []byte
	want   uint32
	says   string
}

// checkXDP validates a program, as the verifier does, and runs it on packets.
func checkXDP(p *dsl.Program, runs []packetRun) error {
	types, err := fixture.Open("6.18")
	if err != nil {
		return err
	}
	plan, err := prog.Prepare(p, prog.Options{License: "GPL"}, compile.Target{BTF: types})
	if err != nil {
		return err
	}
	program, err := vm.LoadObject(plan.Object, types, vm.Options{Mode: vm.Linux})
	if err != nil {
		return err
	}
	m := vm.New(program)
	for _, r := range runs {
		got, err := m.RunPacket(context.Background(), syscall.ProgTypeXDP, r.packet)
		if err != nil {
			return fmt.Errorf("%s: %w", r.says, err)
		}
		if uint32(got) != r.want {
			return fmt.Errorf("%s: the result is %d, want %d", r.says, uint32(got), r.want)
		}
	}
	return nil
}
