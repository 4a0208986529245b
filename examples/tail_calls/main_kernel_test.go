//go:build linux

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun sends a datagram and connects once, in a network namespace of its own.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	var out strings.Builder
	kerneltest.InNetns(t, func() error {
		return run(&out, func() {
			for _, network := range []string{"udp4", "tcp4"} {
				if conn, err := net.Dial(network, "127.0.0.1:9"); err == nil {
					fmt.Fprint(conn, "hello")
					conn.Close()
				}
			}
		})
	})
	var tcp, udp, others int
	_, err := fmt.Sscanf(out.String(), "%d packets of TCP, %d of UDP, %d of others", &tcp, &udp, &others)
	if err != nil || tcp != 2 || udp != 1 {
		t.Errorf("%s%v; want 2 of TCP (one refuses), 1 of UDP", &out, err)
	}
}
