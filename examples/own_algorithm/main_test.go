package main

import (
	"strings"
	"testing"
)

// TestRun: both flows carry something, and are drawn.
func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"own: 1", "\nreno: ", " over 30s\n", "┼"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}
