package compile_test

import (
	"errors"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKernelRefusesWhatIsRecorded: the programs of TestWhoFindsWhatIsRefused, which the running kernel refuses, all of them; and
// what stands around the recorded instructions is not the reason.
func TestKernelRefusesWhatIsRecorded(t *testing.T) {
	kerneltest.Require(t)
	load := func(code []isa.Instruction) error {
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, Name: "refused", License: "GPL",
			Instructions: raw})
		fd.Close()
		return err
	}
	if err := load(around(nil)); err != nil {
		t.Fatalf("the program around them: %+v", err)
	}
	for _, row := range recordedRefusals(t) {
		var refused *syscall.LoadError
		if err := load(around(row.code)); !errors.As(err, &refused) {
			t.Errorf("%v, %s: want a refusal, as Linux 6.18's %s; got %v", row.code, row.reason, row.verdict, err)
		}
	}
}
