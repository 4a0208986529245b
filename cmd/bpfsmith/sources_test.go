//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSourcesAreSources: an object names the files of its lines, and it may be somebody else's object. A file of another kind is not
// shown, and one that never ends is not waited for.
func TestSourcesAreSources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.c": "one\n\ttwo \x1b[2J", "server.key": "secret", ".hidden.c": "secret"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &sources{beside: dir}
	if lines := s.lines("/elsewhere/a.c"); len(lines) != 2 || lines[1] != `    two \x1b[2J` {
		t.Errorf("a.c: %q", lines)
	}
	for _, name := range []string{"server.key", ".hidden.c", "fifo.c", "/dev/zero", "/etc/passwd", "missing.c"} {
		if lines := s.lines(filepath.Join(dir, name)); lines != nil {
			t.Errorf("%s: %q", name, lines)
		}
		if lines := s.lines(name); lines != nil {
			t.Errorf("%s: %q", name, lines)
		}
	}
}
