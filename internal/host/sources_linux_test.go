package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestSourcesReadOnlySources: names of files come from the binary, and anything may be under them today.
func TestSourcesReadOnlySources(t *testing.T) {
	const secret = "the secret"
	folder := t.TempDir()
	write := func(t *testing.T, name string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(secret), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	must := func(t *testing.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	owned := func(t *testing.T, name string, owner int) string {
		if os.Getuid() != 0 {
			kerneltest.Missing(t, "the right to give files away (root)")
		}
		path := write(t, name)
		must(t, os.Chown(path, owner, owner))
		return path
	}
	t.Setenv("SUDO_UID", "4242")
	for _, test := range []struct {
		name string
		path func(t *testing.T) string
		want string
	}{
		{"a Go file", func(t *testing.T) string { return write(t, "good.go") }, secret},
		{"a Go file of the user who called sudo", func(t *testing.T) string { return owned(t, "sudo.go", 4242) }, secret},
		{"a Go file of somebody else", func(t *testing.T) string { return owned(t, "other.go", 4243) }, ""},
		{"another kind of file", func(t *testing.T) string { return write(t, "shadow") }, ""},
		{"a file whose name begins with .go", func(t *testing.T) string { return write(t, "x.go.key") }, ""},
		{"a symbolic link to another kind of file", func(t *testing.T) string {
			path := filepath.Join(folder, "link.go")
			must(t, os.Symlink(write(t, "shadow"), path))
			return path
		}, ""},
		{"a symbolic link to a device", func(t *testing.T) string {
			path := filepath.Join(folder, "zero.go")
			must(t, os.Symlink("/dev/zero", path))
			return path
		}, ""},
		{"a pipe that nobody writes to", func(t *testing.T) string {
			path := filepath.Join(folder, "pipe.go")
			must(t, unix.Mkfifo(path, 0o644))
			return path
		}, ""},
		{"a folder", func(t *testing.T) string {
			path := filepath.Join(folder, "folder.go")
			must(t, os.Mkdir(path, 0o755))
			return path
		}, ""},
		{"a file that others may write to", func(t *testing.T) string {
			path := write(t, "open.go")
			must(t, os.Chmod(path, 0o666))
			return path
		}, ""},
		{"a file of 1 TB", func(t *testing.T) string {
			path := write(t, "huge.go")
			must(t, os.Truncate(path, 1<<40))
			return path
		}, ""},
		{"a file below the current folder", func(t *testing.T) string {
			write(t, "relative.go")
			t.Chdir(folder)
			return "relative.go"
		}, ""},
		{"no file", func(t *testing.T) string { return filepath.Join(folder, "missing.go") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.path(t)
			got := make(chan string, 1)
			go func() { got <- new(Sources).Line(path, 1) }()
			select {
			case line := <-got:
				if line != test.want {
					t.Errorf("line 1 of %s is %q, want %q", strings.TrimPrefix(path, folder), line, test.want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("still reading after 10 s")
			}
		})
	}
}
