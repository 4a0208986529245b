package random

import "slices"

// Edges are the numbers of a type at which arithmetic changes: the ends of its range and of the ranges of narrower types, 0, powers of
// two, and the numbers next to them.
func Edges(t Type) []uint64 {
	var list []uint64
	add := func(n uint64) {
		for _, n := range [...]uint64{n - 1, n, n + 1} {
			if n = arithmetics[t].convert(n); !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	add(0)
	for width := 8; width <= 8*t.Bytes(); width *= 2 {
		add(1 << (width - 1))
		add(1 << (width % 64))
	}
	add(5)
	add(100)
	add(-arithmetics[t].convert(7))
	return list
}

// Counts are interesting counts of shifts, as numbers of a type.
func Counts(t Type) []uint64 {
	var list []uint64
	for _, n := range [...]uint64{0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 1<<32 + 1, 1<<64 - 1} {
		if n = arithmetics[t].convert(n); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}
