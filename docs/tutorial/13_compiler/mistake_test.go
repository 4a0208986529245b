package thirteen_test

import "github.com/bpfsmith/bpfsmith/dsl"

// wide puts a table of 600 bytes into the frame.
func wide(f *dsl.Fn) dsl.U64 {
	table := dsl.Local[[75]uint64](f)
	return table.U64("[3]").Get()
}
