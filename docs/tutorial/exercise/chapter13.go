package exercise

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// Compiler checks exercise 13: the sum of eight bytes in at most 12 instructions.
func Compiler(sum func(f *dsl.Fn, n dsl.U64) dsl.U64) error {
	object, err := compile.Compile(dsl.Func("sum", sum), compile.Target{})
	if err != nil {
		return err
	}
	var runs []run
	for _, n := range []uint64{0, 1, 0x0102030405060708, 1<<64 - 1} {
		want := uint64(0)
		for shift := 0; shift < 64; shift += 8 {
			want += n >> shift & 255
		}
		runs = append(runs, run{memory: words(n), want: want, says: fmt.Sprintf("n = %#x", n)})
	}
	if err := check(object.Instructions, runs); err != nil {
		return err
	}
	const most = 12
	if n := object.Slots(); n > most {
		return fmt.Errorf("the result is right, but the program has %d instructions; the limit is %d", n, most)
	}
	return nil
}
