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

// Congestion checks exercise 14: 70 percent of the window, at least 2.
func Congestion(ssthresh func(f *dsl.Fn, tp tcp.Sock) dsl.U32) error {
	types, err := fixture.Open("6.18")
	if err != nil {
		return err
	}
	object, err := compile.Compile(dsl.Func("ssthresh", ssthresh), compile.Target{BTF: types})
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
	for _, cwnd := range []int64{100, 10, 15, 3, 2, 1, 3000} {
		sk.Set("snd_cwnd", cwnd)
		got, err := m.Run(context.Background(), words(addr))
		if err != nil {
			return err
		}
		if want := max(cwnd*7/10, 2); int64(got) != want {
			return fmt.Errorf("a window of %d: the threshold is %d, want %d", cwnd, got, want)
		}
	}
	return nil
}
