package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/vm"
)

// TestLoopsAreRight: what is measured computes the same in package vm and beside it, and has the result that others must have too.
func TestLoopsAreRight(t *testing.T) {
	for _, l := range loops {
		program, err := vm.LoadInstructions(l.code(), vm.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := vm.New(program).Run(t.Context(), make([]byte, 64))
		if beside := plain(plainCode(l.code()), make([]byte, 64), new([512]byte)); err != nil || got != l.result || beside != l.result {
			t.Errorf("%s: %d, %v; beside it %d; want %d", l.name, got, err, beside, l.result)
		}
	}
}
