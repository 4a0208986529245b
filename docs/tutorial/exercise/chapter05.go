package exercise

import (
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// Functions checks exercise 5: the distance of two numbers.
func Functions(distance func(f *dsl.Fn, a, b dsl.U64) dsl.U64) error {
	object, err := compile.Compile(dsl.Func("distance", distance), compile.Target{})
	if err != nil {
		return err
	}
	var runs []run
	for _, in := range [][3]uint64{{8, 3, 5}, {3, 8, 5}, {4, 4, 0}, {0, 1 << 63, 1 << 63}} {
		runs = append(runs, run{memory: words(in[0], in[1]), want: in[2], says: fmt.Sprintf("a = %d, b = %d", in[0], in[1])})
	}
	return check(object.Instructions, runs)
}

// words are numbers in memory, eight bytes each.
func words(numbers ...uint64) (memory []byte) {
	for _, n := range numbers {
		memory = binary.LittleEndian.AppendUint64(memory, n)
	}
	return memory
}
