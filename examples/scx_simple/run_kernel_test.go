//go:build linux && guest

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestItRunsTheMachine runs the whole example, on a kernel of the matrix that has sched_ext.
func TestItRunsTheMachine(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.RequireFile(t, folder, "the kernel has no sched_ext")
	kerneltest.NoLeaks(t)
	for _, weighted := range []bool{false, true} {
		var out bytes.Buffer
		if err := run(context.Background(), options{weighted: weighted, duration: 2500 * time.Millisecond}, &out); err != nil {
			t.Errorf("%v\n%s", err, &out)
		}
		t.Logf("\n%s", &out)
		for _, want := range []string{"sched_ext is enabled: go_simple", "/s ", "the scheduler ended: by request",
			"sched_ext is disabled"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("weighted %v: no %q in\n%s", weighted, want, &out)
			}
		}
	}
}
