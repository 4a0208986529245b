//go:build linux

package main

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun: a connection to the port has the algorithm, and one to another port does not.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	var ports [2]uint16
	for i := range ports {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports[i] = uint16(listener.Addr().(*net.TCPAddr).Port)
	}
	usual := algorithmOf(t, ports[0])
	other := "reno"
	if usual == other {
		other = "cubic"
	}
	err := run(kerneltest.OwnCgroup(t).Name(), map[uint16]string{ports[0]: other}, func() {
		for port, want := range map[uint16]string{ports[0]: other, ports[1]: usual} {
			if got := algorithmOf(t, port); got != want {
				t.Errorf("port %d has %s, want %s", port, got, want)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := algorithmOf(t, ports[0]); got != usual {
		t.Errorf("afterwards it has %s, want %s", got, usual)
	}
}

// algorithmOf is the congestion control of a new connection to a port.
func algorithmOf(t *testing.T, port uint16) (name string) {
	t.Helper()
	conn, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		name, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return unix.ByteSliceToString([]byte(name + "\x00"))
}
