// Package recorded compares with files that tests have written: what the kernel says about a program, and pictures. With UPDATE_GOLDEN=1
// in the environment it writes them.
package recorded

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Compare fails the test when a file does not have the text.
func Compare(t *testing.T, path, text string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != text {
		t.Errorf("%s has\n%s\nbut now it is\n%s\nUPDATE_GOLDEN=1 writes the file again", path, have, text)
	}
}

// Refused gives a program to the kernel, without our own check, and compares the log of the verifier with a file. The log is that of Linux
// 6.18; other kernels say the same in other words.
func Refused(t *testing.T, path string, p *dsl.Program, o prog.Options) {
	t.Helper()
	kerneltest.RequireExactly(t, 6, 18)
	o.Unchecked = true
	loaded, err := prog.Load(p, o)
	if err == nil {
		t.Error(errors.Join(errors.New("the kernel accepts the program"), loaded.Close()))
		return
	}
	log(t, path, err)
}

// RefusedOps is Refused for an implementation of a kernel interface.
func RefusedOps(t *testing.T, path string, impl structops.Implementation) {
	t.Helper()
	kerneltest.RequireExactly(t, 6, 18)
	ops := structops.ByName(impl)
	ops.Unchecked = true
	loaded, err := structops.Load(ops)
	if err == nil {
		t.Error(errors.Join(errors.New("the kernel accepts the implementation"), loaded.Close()))
		return
	}
	log(t, path, err)
}

// log compares the log in an error with a file.
func log(t *testing.T, path string, err error) {
	t.Helper()
	var refused *prog.ProgramError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	Compare(t, path, address.ReplaceAllString(refused.Err.Log, "0xffff…"))
}

// address is an address of the kernel, which is another one each time.
var address = regexp.MustCompile(`0xffff[0-9a-f]{12}`)
