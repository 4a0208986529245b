package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/starter"
)

// TestNew does what the printed lines tell a user to do, up to the tests: each module builds, and its tests pass.
func TestNew(t *testing.T) {
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, kind := range starter.Types() {
		module := "example.com/me/my-" + strings.ReplaceAll(kind.Name, "_", "-")
		var out, errs strings.Builder
		if code := run([]string{"new", module, "--type", kind.Name, "--replace", source}, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", kind.Name, code, errs.String())
		}
		folder := filepath.Base(module)
		if !strings.Contains(out.String(), "cd "+folder) || !strings.Contains(out.String(), kind.Edit) {
			t.Errorf("%s prints\n%s", kind.Name, out.String())
		}
		for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}} {
			command := exec.CommandContext(t.Context(), "go", args...)
			command.Dir = folder
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%s: go %s: %v\n%s", kind.Name, args[0], err, output)
			}
		}
	}
}

// TestNewRefuses: nothing is written for a wrong name or type, or over what is there.
func TestNewRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("taken", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"new taken", exitInput, "taken exists"},
		{"new ../up", exitUsage, "the name must be"},
		{"new /tmp/x", exitUsage, "the name must be"},
		{"new 9lives", exitUsage, "the name must be"},
		{"new a --type xpd", exitUsage, "did you mean xdp?"},
		{"new a --type nonsense", exitUsage, "the types are tcp_congestion_ops, xdp"},
		{"new a --replace taken", exitUsage, "the source of github.com/bpfsmith/bpfsmith is not there"},
		{"new", exitUsage, "accepts 1 arg"},
	} {
		var out, errs strings.Builder
		code := run(strings.Fields(tt.args), strings.NewReader(""), &out, &errs)
		if code != tt.code || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%s: exit code %d, want %d; %s", tt.args, code, tt.code, errs.String())
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
		t.Errorf("written: %v, %v", entries, err)
	}
}
