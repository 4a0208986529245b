//go:build linux

package structops_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestNameTakenByAPin: nobody but a file keeps the other implementation. The error names the file.
func TestNameTakenByAPin(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	pin := filepath.Join(kerneltest.BPFFS(t), "holder")
	name := uniqueName()
	link, err := structops.Register(fixed(name, 9))
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Pin(pin); err != nil {
		t.Fatal(err)
	}
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		again, err := structops.OpenPinned(pin)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(again.Unpin(), again.Close()); err != nil {
			t.Error(err)
		}
	})
	other, err := structops.Register(fixed(name, 19))
	if err == nil {
		other.Close()
	}
	if want := "held by nobody but the file " + pin; !errors.Is(err, structops.ErrNameTaken) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want ErrNameTaken and %q", err, want)
	}
}
