package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

func TestGuard(t *testing.T) {
	p := progtest.New(t, guard(53), prog.Options{License: "GPL"})
	for port, want := range map[uint16]string{53: "XDP_DROP", 54: "XDP_PASS"} {
		if r := p.Send(progtest.IPv4{}, progtest.UDP{DestinationPort: port}); r.Verdict != want {
			t.Errorf("port %d: %s, want %s", port, r.Verdict, want)
		}
	}
}

// TestKernelAccepts: the verifier has nothing against it.
func TestKernelAccepts(t *testing.T) {
	kerneltest.Require(t)
	loaded, err := prog.Load(guard(53), prog.Options{License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Close(); err != nil {
		t.Error(err)
	}
}
