package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCover runs the tests of a package, and says what they have missed.
func TestCover(t *testing.T) {
	dir := t.TempDir()
	profile, page := filepath.Join(dir, "bpf.out"), filepath.Join(dir, "bpf.html")
	stdout, stderr, code := invoke(t, "", "cover", "../../vm/cover/testdata/halve", "-o", profile, "--html", page, "--", "-run", "Halve")
	for _, want := range []string{" 55.6 %     5 of    9 lines  github.com/bpfsmith/bpfsmith/vm/cover/testdata/halve/halve.go\n",
		"halve.go:11: never to line 12, 4 times to line 14\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("exit %d, no %q in\n%s%s", code, want, stdout, stderr)
		}
	}
	if html, err := os.ReadFile(page); err != nil || !strings.Contains(string(html), `<span class="cov0" title="0">half.Set(`) {
		t.Errorf("the page: %v", err)
	}
	_, stderr, code = invoke(t, "", "cover", "../../mistake", "-o", profile)
	if code != 1 || !strings.Contains(stderr, "no test has run") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
