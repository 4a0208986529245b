//go:build linux

package structops

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestWithoutLinks goes the way of kernels before 6.4 on this one, which still
// has it: filling the map registers, deleting its key unregisters.
func TestWithoutLinks(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	plan := oldPlan(t, "t_old")
	name := plan.Name
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
	if err := updatePlan(link, plan); !errors.Is(err, ErrNoLinks) {
		t.Errorf("update: %v, want ErrNoLinks", err)
	}
	if second, err := registerOld(); !errors.Is(err, ErrNameTaken) || !strings.Contains(err.Error(), "held by this process") {
		if err == nil {
			second.Close()
		}
		t.Errorf("a second one: %v, want ErrNameTaken and the owner", err)
	}
	done := link.Done()
	for range 2 {
		if err := link.Detach(); err != nil {
			t.Errorf("detach: %v", err)
		}
	}
	select {
	case <-done:
	default:
		t.Error("Detach does not signal Done")
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
	done = again.Done()
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	<-done
	if available(t, name) {
		t.Error("listed after Close")
	}
}

// TestPinWithoutLinks pins the map instead: the registration stays when the
// Link is closed, and is ended through another one that opens the pin.
func TestPinWithoutLinks(t *testing.T) {
	kerneltest.Require(t)
	pin := filepath.Join(kerneltest.BPFFS(t), "pin")
	plan := oldPlan(t, "t_oldpin")
	loaded, err := plan.load(false)
	if err != nil {
		t.Fatal(err)
	}
	link, err := loaded.Register()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // when the test stops halfway, nothing else ends the registration
		link.Detach()
		if pinned, err := OpenPinned(pin); err == nil {
			errors.Join(pinned.Detach(), pinned.Close())
		}
	})
	if err := errors.Join(link.Pin(pin), link.Close()); err != nil {
		t.Fatal(err)
	}
	if !available(t, plan.Name) {
		t.Error("closing ended what is pinned")
	}
	other, err := OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	if other.Name() != plan.Name {
		t.Errorf("the pin is for %q", other.Name())
	}
	if err := errors.Join(other.Detach(), other.Close()); err != nil {
		t.Error(err)
	}
	if available(t, plan.Name) {
		t.Error("listed after Detach")
	}
	if again, err := OpenPinned(pin); !errors.Is(err, attachment.ErrDetached) {
		if err == nil {
			again.Close()
		}
		t.Errorf("opening what was detached: %v, want ErrDetached", err)
	}
}

// oldPlan is a plan for an implementation that does nothing.
func oldPlan(t *testing.T, prefix string) *Plan {
	t.Helper()
	two := dsl.Assembly("two", dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
	target, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer target.BTF.Close()
	plan, err := Prepare(Ops{Type: "tcp_congestion_ops", License: "GPL", Members: Members{"name": fmt.Sprintf("%s_%d",
		prefix, os.Getpid()%100_000),
		"ssthresh": two, "undo_cwnd": two, "cong_avoid": dsl.Assembly("nothing", dsl.Exit())}}, target)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func available(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), name)
}
