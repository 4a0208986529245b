//go:build linux

package fifteen_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestLife(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	link, err := structops.Register(two)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	listed(t, true)

	three := two // the same name, and another threshold
	three.Ssthresh = func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return f.U32(3) }
	pin := filepath.Join(kerneltest.BPFFS(t), "two")
	if err := errors.Join(link.Replace(three), link.Pin(pin), link.Close()); err != nil {
		t.Fatal(err)
	}
	listed(t, true) // the file holds it

	again, err := structops.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.Unpin(), again.Close()); err != nil {
		t.Fatal(err)
	}
	listed(t, false)
}

// listed fails the test unless the kernel lists the algorithm, or does not list it.
func listed(t *testing.T, want bool) {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Contains(strings.Fields(string(text)), two.Name); got != want {
		t.Errorf("%s is listed: %v, want %v", two.Name, got, want)
	}
}

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	named := fourth
	named.Members = structops.Members{"name": "go_fourth15"}
	for name, member := range fourth.Members {
		if name != "name" {
			named.Members[name] = member
		}
	}
	recorded.RefusedOps(t, "testdata/fourth.txt", named)
}
