package structops

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestWithoutLinks goes the way of kernels before 6.4 on this one, which still
// has it: filling the map registers, deleting its key unregisters.
func TestWithoutLinks(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	name := fmt.Sprintf("t_old_%d", os.Getpid()%1_000_000)
	two := dsl.New("two", dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
	ops := Ops{Type: "tcp_congestion_ops", Members: Members{"name": name, "ssthresh": two, "undo_cwnd": two, "cong_avoid": dsl.New("nothing", dsl.Exit())}}
	target, err := Host()
	if err != nil {
		t.Fatal(err)
	}
	defer target.BTF.Close()
	plan, err := Prepare(ops, target)
	if err != nil {
		t.Fatal(err)
	}
	registerOld := func() (*Link, error) {
		loaded, err := plan.load(false)
		if err != nil {
			t.Fatal(err)
		}
		return loaded.Register()
	}
	link, err := registerOld()
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if !available(t, name) {
		t.Error("not listed")
	}
	if err := link.UpdatePlan(plan); !errors.Is(err, ErrNoLinks) {
		t.Errorf("update: %v, want ErrNoLinks", err)
	}
	if second, err := registerOld(); !errors.Is(err, ErrNameTaken) || !strings.Contains(err.Error(), "held by this process") {
		if err == nil {
			second.Close()
		}
		t.Errorf("a second one: %v, want ErrNameTaken and the owner", err)
	}
	for range 2 {
		if err := link.Detach(); err != nil {
			t.Errorf("detach: %v", err)
		}
	}
	if available(t, name) {
		t.Error("listed after Detach")
	}
	if err := link.Close(); err != nil {
		t.Errorf("close after detach: %v", err)
	}
	again, err := registerOld()
	if err != nil {
		t.Fatalf("registering again: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if available(t, name) {
		t.Error("listed after Close")
	}
}

func available(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), name)
}
