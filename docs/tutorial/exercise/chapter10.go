package exercise

import (
	"context"
	"fmt"
	"reflect"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Tracing checks exercise 10: a record, of a process and a number, for each call of the user 0.
func Tracing[T any](events *maps.Ring[T], watch func(f *dsl.Fn, registers dsl.U64, call dsl.S64)) error {
	object, err := compile.Compile(dsl.Func("watch", watch), compile.Target{})
	if err != nil {
		return err
	}
	p, err := vm.LoadObject(object, nil, vm.Options{Mode: vm.Linux})
	if err != nil {
		return err
	}
	m := vm.New(p)
	for n, user := range []uint32{0, 1000, 0, 1, 0} {
		m.Current = &vm.Task{Process: uint32(n) + 10, Thread: 99, User: user, Group: 1 - min(user, 1)}
		if _, err := m.Run(context.Background(), words(0, uint64(n)+60)); err != nil {
			return err
		}
		got, ok, err := events.TryRead()
		if err != nil {
			return err
		}
		if want := user == 0; ok != want {
			return fmt.Errorf("a call of the user %d: a record is sent: %v, want %v", user, ok, want)
		}
		if want := fmt.Sprintf("{%d %d}", n+10, n+60); ok && fmt.Sprint(got) != want {
			return fmt.Errorf("the record, a %v, is %v, want %s", reflect.TypeFor[T](), got, want)
		}
	}
	return nil
}
