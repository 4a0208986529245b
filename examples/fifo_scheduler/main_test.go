package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestValid: it is compiled, and checked against the types of a kernel with sched_ext.
func TestValid(t *testing.T) {
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	if err := structops.Validate(fifo, compile.Target{BTF: types, ByteOrder: isa.LittleEndian}); err != nil {
		t.Error(err)
	}
}
