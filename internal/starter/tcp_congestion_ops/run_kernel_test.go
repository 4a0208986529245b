//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	var out strings.Builder
	if err := run(t.Context(), false, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.HasPrefix(text, "starter sent ") || strings.Contains(text, " 0 MB") || strings.Contains(text, " 0 ack") {
		t.Error(text)
	}
}
