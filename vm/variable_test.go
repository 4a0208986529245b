package vm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// TestVariablesOfTheKernel: programs read what a test gives, and the fault about a missing one says how.
func TestVariablesOfTheKernel(t *testing.T) {
	load := isa.LoadImm64(isa.R1, 5)
	load.Src = isa.PseudoBTFID
	code := []isa.Instruction{load, isa.Mov64Imm(isa.R2, 3), isa.CallHelper(153), isa.LoadMem(isa.W, isa.R0, isa.R0, 4), isa.Exit()}
	p, err := vm.LoadInstructions(code, vm.Options{Kernel: func(id btf.ID) string { return map[btf.ID]string{5: "runqueues"}[id] }})
	if err != nil {
		t.Fatal(err)
	}
	m := vm.New(p)
	var fault *vm.Fault
	if _, err := m.Run(t.Context(), nil); !errors.As(err, &fault) || fault.Kind != vm.Missing ||
		!strings.Contains(fault.Detail, `m.SetVariable("runqueues", data)`) {
		t.Errorf("%v", err)
	}
	m.SetVariable("runqueues", []byte{0, 0, 0, 0, 7, 1, 0, 0})
	if got, err := m.Run(t.Context(), nil); err != nil || got != 0x107 {
		t.Errorf("%#x, %v", got, err)
	}
	if _, err := vm.LoadInstructions(code, vm.Options{}); err == nil || !strings.Contains(err.Error(), "with BTF id 5 is not known") {
		t.Errorf("%v", err)
	}
}
