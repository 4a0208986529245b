//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	kerneltest.NoLeaks(t)
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(out.String()), " "); got != "10 10 20 30 40 50 60 90" {
		t.Errorf("sorted: %s", got)
	}
}
