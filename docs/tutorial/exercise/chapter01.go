package exercise

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// OneInstruction checks exercise 1: three instructions in bytes, which add 40 and 2.
func OneInstruction(code []byte) error {
	ins, err := isa.Decode(code, isa.LittleEndian)
	if err != nil {
		return err
	}
	want := []isa.Instruction{isa.Mov64Imm(isa.R0, 40), isa.Add64Imm(isa.R0, 2), isa.Exit()}
	for n, w := range want {
		if n >= len(ins) {
			return fmt.Errorf("instruction %d is missing: %v", n, w)
		}
		if ins[n] != w {
			return fmt.Errorf("instruction %d is %q, want %q", n, ins[n], w)
		}
	}
	if len(ins) > len(want) {
		return fmt.Errorf("there are %d instructions, want %d", len(ins), len(want))
	}
	return check(ins, []run{{want: 42}})
}
