package structops_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/zero"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestNothingLoaded(t *testing.T) {
	zero.Call(t, []string{"Close", "Unpin"}, (*structops.Loaded)(nil), (*structops.Plan)(nil), (*structops.Link)(nil))
}
