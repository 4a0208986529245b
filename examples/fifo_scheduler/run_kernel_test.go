//go:build linux && guest

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun runs the machine with it, on a kernel of the matrix that has sched_ext.
func TestRun(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.RequireFile(t, "/sys/kernel/sched_ext", "the kernel has no sched_ext")
	kerneltest.NoLeaks(t)
	var out strings.Builder
	if err := run(&out, 2*time.Second); err != nil || !strings.Contains(out.String(), "processor 0 took ") {
		t.Errorf("%v\n%s", err, &out)
	}
}
