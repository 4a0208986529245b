package one_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/no_exit.txt", dsl.Assembly("no_exit", dsl.Mov64Imm(isa.R0, 2)),
		prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"})
}
