package exercise

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Maps checks exercise 8: the largest number of each key.
func Maps(largest *maps.Hash[uint32, uint64], note func(f *dsl.Fn, key dsl.U32, n dsl.U64) dsl.U32) error {
	object, err := compile.Compile(dsl.Func("note", note), compile.Target{})
	if err != nil {
		return err
	}
	p, err := vm.LoadObject(object, nil, vm.Options{Mode: vm.Linux})
	if err != nil {
		return err
	}
	m := vm.New(p)
	want := make(map[uint32]uint64)
	for _, pair := range [][2]uint64{{1, 5}, {2, 9}, {1, 7}, {2, 3}, {1, 6}, {3, 0}} {
		key, n := uint32(pair[0]), pair[1]
		if _, err := m.Run(context.Background(), words(pair[:]...)); err != nil {
			return err
		}
		want[key] = max(want[key], n)
		if got, err := largest.Lookup(key); err != nil || got != want[key] {
			if err != nil {
				return fmt.Errorf("after the number %d for key %d: %w", n, key, err)
			}
			return fmt.Errorf("after the number %d for key %d: the map has %d, want %d", n, key, got, want[key])
		}
	}
	return nil
}
