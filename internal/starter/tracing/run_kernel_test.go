//go:build linux

package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun: programs that start while it watches are listed.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	ctx, stop := context.WithTimeout(t.Context(), 1*time.Second)
	defer stop()
	started := make(chan struct{})
	go func() {
		defer close(started)
		for ctx.Err() == nil {
			_ = exec.CommandContext(ctx, "true").Run() // killed at the end
		}
	}()
	var out strings.Builder
	err := run(ctx, &out)
	stop()
	<-started // its last process has ended
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "  true\n") {
		t.Errorf("true is missing in\n%s", out.String())
	}
}
