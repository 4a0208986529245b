package btf_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
)

// TestAFileMayBecomeShorter: types that are open do not depend on their file. A look-up in a mapped file that became shorter ends the
// process with SIGBUS.
func TestAFileMayBecomeShorter(t *testing.T) {
	raw, err := os.ReadFile("../internal/test/fixture/6.18.btf")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kernel.btf")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	types, err := btf.File(path)
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := types.Lookup(btf.KindStruct, "tcp_sock"); err != nil {
		t.Error(err)
	}
}

// TestErrorsNameTheFile: whoever gives several files must know which one is wrong.
func TestErrorsNameTheFile(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name  string
		write func(path string) error
		want  string
		is    error
	}{
		{"none.btf", func(string) error { return nil }, "no such file or directory", fs.ErrNotExist},
		{"empty.btf", func(p string) error { return os.WriteFile(p, nil, 0o600) }, ": malformed BTF: the file is empty", btf.ErrMalformed},
		{"text.btf", func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("text", 20)), 0o600) },
			": malformed BTF: magic 0x6574, want 0xeb9f", btf.ErrMalformed},
		{"folder.btf", func(p string) error { return os.Mkdir(p, 0o700) }, "a directory", nil},
		{"huge.btf", func(p string) error {
			return errors.Join(os.WriteFile(p, nil, 0o600), os.Truncate(p, 1<<40)) // without blocks on the disk
		}, ": malformed BTF: the file has 1099511627776 bytes; the limit is 268435456", btf.ErrMalformed},
	} {
		path := filepath.Join(dir, tt.name)
		if err := tt.write(path); err != nil {
			t.Fatal(err)
		}
		_, err := btf.File(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), tt.want) ||
			tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v; expected the path and %q", tt.name, err, tt.want)
		}
	}
}
