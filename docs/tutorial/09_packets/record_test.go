package nine_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/shorten.txt", dsl.Func("shorten", shorten), prog.Options{License: "GPL"})
}
