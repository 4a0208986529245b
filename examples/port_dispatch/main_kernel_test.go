//go:build linux

package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun: ports of the range answer, those beside it do not.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	kerneltest.InNetns(t, func() error {
		return run(func() {
			for _, address := range []string{"127.0.0.1:7000", "127.0.0.1:7999"} {
				conn, err := net.Dial("tcp4", address)
				if err != nil {
					t.Error(err)
					continue
				}
				if text, err := io.ReadAll(conn); !strings.Contains(string(text), address) {
					t.Errorf("%s says %q, %v", address, text, err)
				}
				conn.Close()
			}
			for _, address := range []string{"127.0.0.1:6999", "127.0.0.1:8000"} {
				if conn, err := net.Dial("tcp4", address); err == nil {
					t.Errorf("%s answers", address)
					conn.Close()
				}
			}
		})
	})
}
