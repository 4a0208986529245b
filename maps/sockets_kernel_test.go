//go:build linux

package maps_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
)

// TestSockMap: sockets go in and out, and the map says which ones they are.
func TestSockMap(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 8)
	sockets := created(t, maps.NewSockMap("sockets", 2))
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	listener, err := plain.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	tcp := listener.(*net.TCPListener)
	if _, err := sockets.Cookie(1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cookie of nothing: %v", err)
	}
	if err := sockets.Put(1, tcp); err != nil {
		t.Fatal(err)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var want uint64
	if err := raw.Control(func(fd uintptr) { want, _ = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_COOKIE) }); err != nil {
		t.Fatal(err)
	}
	if got, err := sockets.Cookie(1); got != want || want == 0 || err != nil {
		t.Errorf("the cookie is %d, %v; want %d", got, err, want)
	}
	if err := sockets.Put(2, tcp); err == nil || !strings.Contains(err.Error(), "0 to 1") {
		t.Errorf("an index outside: %v", err)
	}
	if err := sockets.Put(0, nil); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a socket that is nil: %v", err)
	}
	if err := sockets.Delete(1); err != nil {
		t.Error(err)
	}
	if err := sockets.Delete(1); !errors.Is(err, unix.EINVAL) {
		t.Errorf("deleted twice: %v", err)
	}
}

// TestSockMapSaysWhy: Go's listeners use MPTCP, whose sockets the map does not take.
func TestSockMapSaysWhy(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 8)
	sockets := created(t, maps.NewSockMap("sockets", 1))
	var multipath net.ListenConfig
	multipath.SetMultipathTCP(true)
	listener, err := multipath.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = sockets.Put(0, listener.(*net.TCPListener))
	if err == nil {
		t.Log("this kernel has no MPTCP") // the listener is a usual one then
	} else if !strings.Contains(err.Error(), "SetMultipathTCP(false)") {
		t.Error(err)
	}
}
