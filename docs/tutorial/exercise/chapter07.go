package exercise

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// Helpers checks exercise 7: seconds since the start of the machine.
func Helpers(seconds func(f *dsl.Fn) dsl.U64) error {
	object, err := compile.Compile(dsl.Func("seconds", seconds), compile.Target{})
	if err != nil {
		return err
	}
	m, err := machine(object.Instructions)
	if err != nil {
		return err
	}
	for _, now := range []uint64{3_000_000_000, 2_999_999_999, 0, 86_400_000_000_000} {
		m.Now = func() uint64 { return now }
		got, err := m.Run(context.Background(), nil)
		if err != nil {
			return err
		}
		if want := now / 1_000_000_000; got != want {
			return fmt.Errorf("%d nanoseconds after the start: the result is %d, want %d", now, got, want)
		}
	}
	return nil
}
