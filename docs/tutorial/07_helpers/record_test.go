package seven_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/lost.txt", lost, prog.Options{Type: syscall.ProgTypeXDP, License: "GPL"})
}
