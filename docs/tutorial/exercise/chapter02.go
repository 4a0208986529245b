package exercise

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Registers checks exercise 2: Fahrenheit from Celsius, which is in r1.
func Registers(program []isa.Instruction) error {
	var runs []run
	for _, celsius := range []uint64{0, 100, 20, 37, 1} {
		runs = append(runs, run{args: []uint64{celsius}, want: celsius*9/5 + 32, says: fmt.Sprintf("%d degrees Celsius", celsius)})
	}
	return check(program, runs)
}
