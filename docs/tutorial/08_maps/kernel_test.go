package eight_test

import (
	"encoding/binary"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestInTheKernel(t *testing.T) {
	kerneltest.Require(t)
	defer counts.Close()
	loaded, err := prog.Load(dsl.Func("count", count), prog.Options{Type: syscall.ProgTypeRawTracepoint, License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	for _, n := range []uint64{7, 9, 7} {
		if _, err := loaded.Run(prog.Input{Context: binary.LittleEndian.AppendUint64(nil, n)}); err != nil {
			t.Fatal(err)
		}
	}
	if seen, err := counts.Lookup(7); seen != 2 || err != nil {
		t.Errorf("7 was seen %d times, %v; want 2", seen, err)
	}
}

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	defer counts.Close()
	recorded.Refused(t, "testdata/certain.txt", dsl.Func("certain", certain),
		prog.Options{Type: syscall.ProgTypeRawTracepoint, License: "GPL"})
}
