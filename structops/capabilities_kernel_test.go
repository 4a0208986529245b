//go:build linux

package structops_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// withCapabilities runs f on a thread that has only these capabilities. The
// thread ends with it.
func withCapabilities(t *testing.T, caps []int, f func() error) error {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes away with the goroutine
		head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		for _, c := range caps {
			data[c/32].Effective |= 1 << (c % 32)
			data[c/32].Permitted |= 1 << (c % 32)
		}
		if err := unix.Capset(&head, &data[0]); err != nil {
			result <- fmt.Errorf("capset: %w", err)
			return
		}
		result <- f()
	}()
	return <-result
}

// TestCapabilities: CAP_BPF and CAP_PERFMON are enough to register, and what
// is missing is named.
func TestCapabilities(t *testing.T) {
	kerneltest.Require(t)
	name := fmt.Sprintf("t_cap_%d", os.Getpid()%1e6)
	register := func() error {
		ops := with(structops.Members{"name": name})
		link, err := structops.Register(ops)
		if err != nil {
			return err
		}
		return link.Close()
	}
	if err := withCapabilities(t, []int{unix.CAP_BPF, unix.CAP_PERFMON}, register); err != nil {
		t.Errorf("with CAP_BPF and CAP_PERFMON: %v", err)
	}
	for _, tt := range []struct {
		caps []int
		want string
	}{
		{[]int{unix.CAP_BPF}, "CAP_PERFMON"},
		{nil, "CAP_BPF"},
	} {
		err := withCapabilities(t, tt.caps, register)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("with capabilities %v: %v; want %s named", tt.caps, err, tt.want)
		} else {
			t.Log(err)
		}
	}
}
