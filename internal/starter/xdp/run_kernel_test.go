//go:build linux

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	var out strings.Builder
	if err := run(t.Context(), options{"lo", 9999, 500 * time.Millisecond}, &out); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.HasSuffix(text, " datagrams were dropped\n") || strings.Contains(text, "\n0 ") {
		t.Error(text)
	}
	for _, o := range []options{{"nowhere0", 9999, time.Second}, {"lo", 0, time.Second}, {"lo", 1 << 16, time.Second}} {
		if err := run(t.Context(), o, &out); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
