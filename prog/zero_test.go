package prog_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/zero"
	"github.com/bpfsmith/bpfsmith/prog"
)

func TestNothingLoaded(t *testing.T) {
	zero.Call(t, []string{"Close", "Unwrap"}, (*prog.Loaded)(nil), (*prog.Plan)(nil))
}
