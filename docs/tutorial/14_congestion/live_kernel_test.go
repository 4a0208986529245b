//go:build linux

package fourteen_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestLive(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	registered, err := structops.Register(gentle)
	if err != nil {
		t.Fatal(err)
	}
	defer registered.Close()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	if err := unix.SetsockoptString(socket, unix.IPPROTO_TCP, unix.TCP_CONGESTION, gentle.Name); err != nil {
		t.Error(err)
	}
}
