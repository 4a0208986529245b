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

// TestRun: a program that sleeps again and again is in the list.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	ctx, stop := context.WithCancel(t.Context())
	sleeper := exec.CommandContext(ctx, "sh", "-c", "while :; do sleep 0.01; done")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = sleeper.Wait() }() // killed
	var out strings.Builder
	if err := run(time.Second, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains("\n"+out.String(), "\nsleep            waited ") {
		t.Errorf("sleep is missing in\n%s", out.String())
	}
}
