//go:build linux

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun: what this process sends is counted for its cgroup, whose number is the inode of its folder.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	own := kerneltest.OwnCgroup(t)
	var status unix.Stat_t
	if err := unix.Fstat(int(own.Fd()), &status); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := run(own.Name(), &out, func() {
		conn, err := net.Dial("udp4", "127.0.0.1:9")
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for range 3 {
			_, _ = conn.Write(make([]byte, 1000)) // nobody listens
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var id uint64
		var packets, bytes int
		if _, err := fmt.Sscanf(line, "cgroup %d sent %d packets, %d bytes", &id, &packets, &bytes); err != nil {
			t.Errorf("%s%v", line, err)
		}
		if id == status.Ino && packets >= 3 && bytes >= 3*1028 {
			return
		}
	}
	t.Errorf("cgroup %d with 3 packets of 1028 bytes is missing in\n%s", status.Ino, &out)
}
