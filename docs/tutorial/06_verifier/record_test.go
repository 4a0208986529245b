package six_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/hasty.txt", dsl.Func("hasty", hasty), prog.Options{License: "GPL"})
}

// TestKernelAccepts: the programs that the chapter calls right are right for the kernel.
func TestKernelAccepts(t *testing.T) {
	kerneltest.Require(t)
	for _, p := range []*dsl.Program{dsl.Func("careful", careful), dsl.Func("tame", tame)} {
		loaded, err := prog.Load(p, prog.Options{License: "GPL"})
		if err != nil {
			t.Error(err)
			continue
		}
		if err := loaded.Close(); err != nil {
			t.Error(err)
		}
	}
}
