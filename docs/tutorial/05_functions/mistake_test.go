package five_test

//lint:file-ignore S1023 the return that does nothing is the mistake

import "github.com/bpfsmith/bpfsmith/dsl"

// careless is to return 0 for 0, and n + 1 for all other n.
func careless(f *dsl.Fn, n dsl.U64) dsl.U64 {
	f.If(n.Eq(0), func() {
		return
	})
	n.Add(1)
	return n
}
