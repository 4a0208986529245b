package exercise

import (
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

// StructOps checks exercise 15: an implementation that Linux 6.1 to 6.18 would register.
func StructOps(ops tcp.CongestionOps) error {
	for _, kernel := range fixture.Kernels() {
		types, err := fixture.Open(kernel)
		if err != nil {
			return err
		}
		if err := structops.Validate(ops, compile.Target{BTF: types}); err != nil {
			return err
		}
	}
	return nil
}
