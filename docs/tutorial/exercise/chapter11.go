package exercise

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Types checks exercise 11: the window minus what is out, on all kernels of the fixtures.
func Types(room func(f *dsl.Fn, tp tcp.Sock) dsl.U32) error {
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			return err
		}
		object, err := compile.Compile(dsl.Func("room", room), compile.Target{BTF: types})
		if err != nil {
			return err
		}
		p, err := vm.LoadObject(object, types, vm.Options{Mode: vm.Linux})
		if err != nil {
			return err
		}
		m := vm.New(p)
		sk := vm.NewStruct(types, "tcp_sock")
		addr, err := m.Object(sk)
		if err != nil {
			return err
		}
		for _, in := range [][2]int64{{10, 4}, {10, 10}, {4, 10}, {0, 0}, {1, 4_000_000_000}} {
			sk.Set("snd_cwnd", in[0])
			sk.Set("packets_out", in[1])
			got, err := m.Run(context.Background(), words(addr))
			if err != nil {
				return err
			}
			if want := max(in[0]-in[1], 0); int64(got) != want {
				return fmt.Errorf("on Linux %s, window %d, %d out: the result is %d, want %d", kernel, in[0], in[1], got, want)
			}
		}
	}
	return nil
}
