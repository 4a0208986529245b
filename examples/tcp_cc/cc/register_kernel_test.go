package cc

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// register registers an algorithm for the length of a test, and checks that nothing is left afterwards.
func register(t testing.TB, ops structops.Implementation) *structops.Plan {
	t.Helper()
	host, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := structops.Prepare(ops, host)
	if err := host.BTF.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatalf("%+v", err)
	}
	link, err := plan.Register()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if !listed(t, plan.Name) {
		t.Errorf("%s is not listed while it is registered", plan.Name)
	}
	t.Cleanup(func() {
		if err := link.Close(); err != nil {
			t.Error(err)
		}
		for _, p := range plan.Programs {
			for _, spec := range p.Object.Maps {
				if err := maps.New(spec).Close(); err != nil {
					t.Error(err)
				}
			}
		}
		// A socket that is being closed may still hold it for a moment.
		for deadline := time.Now().Add(2 * time.Second); listed(t, plan.Name); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s is listed after its link was closed", plan.Name)
				return
			}
		}
	})
	return plan
}

// listed reports whether sockets may choose an algorithm.
func listed(t testing.TB, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), name)
}
