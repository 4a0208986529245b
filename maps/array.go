package maps

import "github.com/bpfsmith/bpfsmith/dsl"

// An Array keeps values under the numbers from 0 to MaxEntries-1. All values always exist and are zero at first. They cannot be deleted.
type Array[V any] struct{ table[uint32, V] }

// NewArray declares an array of n elements.
func NewArray[V any](name string, n uint32) *Array[V] {
	a := &Array[V]{}
	a.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapArray, MaxEntries: n, Pos: dsl.Here(0)})
	return a
}
