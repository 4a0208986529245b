package eight_test

import "github.com/bpfsmith/bpfsmith/dsl"

// certain adds 1 to a number that is surely there.
func certain(f *dsl.Fn) dsl.U32 {
	seen := counts.In(f).Lookup(7)
	seen.U64("").AtomicAdd(1)
	return f.U32(0)
}
