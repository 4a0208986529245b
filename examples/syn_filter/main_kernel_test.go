//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestFilter runs the program without a kernel: the SYNs of a host pass until it sends too many in a second; those of others pass.
func TestFilter(t *testing.T) {
	p := progtest.New(t, filter, prog.Options{License: "GPL"})
	now := uint64(5_000_000_000)
	p.Machine.Now = func() uint64 { return now }
	dropped := func(from string, flags progtest.TCPFlags) bool {
		return p.Send(progtest.IPv4{Source: from}, progtest.TCP{DestinationPort: 80, Flags: flags}).Verdict == "XDP_DROP"
	}
	for i := range 150 {
		now += 1_000_000
		if got := dropped("203.0.113.9", progtest.SYN); got != (i >= perSecond) {
			t.Fatalf("SYN %d: dropped %t", i+1, got)
		}
	}
	if dropped("203.0.113.9", progtest.ACK) || dropped("203.0.113.9", progtest.SYN|progtest.ACK) || dropped("203.0.113.10", progtest.SYN) {
		t.Error("a packet that is no SYN, or of another host, is dropped")
	}
	now += second
	if dropped("203.0.113.9", progtest.SYN) {
		t.Error("a second later its SYN is dropped")
	}
}

// TestRun: in the kernel, on loopback of a network namespace of its own.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	var out strings.Builder
	kerneltest.InNetns(t, func() error {
		return run("lo", &out, func() {
			for range perSecond + 20 {
				dialer := net.Dialer{Timeout: 5 * time.Millisecond} // a SYN that is dropped has no answer
				if conn, err := dialer.Dial("tcp4", "127.0.0.1:9"); err == nil {
					conn.Close()
				}
			}
		})
	})
	var dropped int
	if _, err := fmt.Sscanf(out.String(), "127.0.0.1: %d dropped", &dropped); err != nil || dropped == 0 {
		t.Errorf("%s%v", &out, err)
	}
	if err := run("nowhere0", io.Discard, nil); err == nil || !strings.Contains(err.Error(), "name a network interface") {
		t.Errorf("an interface that is not there: %v", err)
	}
}
