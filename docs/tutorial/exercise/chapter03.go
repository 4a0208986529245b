package exercise

import (
	"bytes"
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Memory checks exercise 3: four bytes at r1 are turned around.
func Memory(program []isa.Instruction) error {
	m, err := machine(program)
	if err != nil {
		return err
	}
	for _, before := range [][]byte{{1, 2, 3, 4}, {0xff, 0, 0, 0x80}} {
		memory := bytes.Clone(before)
		if _, err := m.Run(context.Background(), memory); err != nil {
			return err
		}
		want := []byte{before[3], before[2], before[1], before[0]}
		if !bytes.Equal(memory, want) {
			return fmt.Errorf("the bytes % x became % x, want % x", before, memory, want)
		}
	}
	return nil
}
