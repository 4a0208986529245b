// Package exercise checks the answers to the exercises of the tutorial. Each exercise has a function, which runs the reader's program in
// the machine of package vm, and says in one error what is wrong, or returns nil.
package exercise

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Solved is what Report prints for a right answer.
const Solved = "solved"

// Report prints the result of a check, and ends the process with 1 when the answer is not right. Of several mistakes it prints the first
// one: the others often follow from it.
func Report(err error) {
	var found mistake.Findings
	if errors.As(err, &found) && len(found) > 0 {
		err = found[0]
	}
	if err != nil {
		fmt.Println("not yet:", err)
		os.Exit(1)
	}
	fmt.Println(Solved)
}

// A run is a way to run a program, and the result that it must have.
type run struct {
	memory []byte // what r1 points to; nil if there is none
	args   []uint64
	want   uint64
	says   string // the input in words
}

// machine makes a machine for instructions.
func machine(ins []isa.Instruction) (*vm.Machine, error) {
	p, err := vm.LoadInstructions(ins, vm.Options{Mode: vm.Linux})
	if err != nil {
		return nil, err
	}
	m := vm.New(p)
	m.StepLimit = 100_000
	return m, nil
}

// check compares the results of all runs.
func check(ins []isa.Instruction, runs []run) error {
	m, err := machine(ins)
	if err != nil {
		return err
	}
	for _, r := range runs {
		var got uint64
		if r.args != nil {
			got, err = m.Call(context.Background(), r.args...)
		} else {
			got, err = m.Run(context.Background(), r.memory)
		}
		if r.says != "" && err != nil {
			return fmt.Errorf("%s: %w", r.says, err)
		}
		if err != nil {
			return err
		}
		if got != r.want && r.says != "" {
			return fmt.Errorf("%s: the result is %d, want %d", r.says, int64(got), int64(r.want))
		}
		if got != r.want {
			return fmt.Errorf("the result is %d, want %d", int64(got), int64(r.want))
		}
	}
	return nil
}
