package exercise

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// Jumps checks exercise 4: the largest of eight bytes at r1.
func Jumps(program *dsl.Program) error {
	object, err := compile.Compile(program, compile.Target{Unchecked: true})
	if err != nil {
		return err
	}
	var runs []run
	for _, memory := range [][]byte{{1, 2, 3, 4, 5, 6, 7, 8}, {9, 0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 200, 0, 0, 130, 0}, make([]byte, 8)} {
		runs = append(runs, run{memory: memory, want: uint64(slices.Max(memory)), says: fmt.Sprintf("the bytes %d", memory)})
	}
	return check(object.Instructions, runs)
}
