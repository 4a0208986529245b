//go:build linux && guest

package guest

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

const schedExt = "/sys/kernel/sched_ext/"

// TestSchedulerRuns: this machine runs for a moment with our smallest scheduler, which leaves all decisions to the kernel's defaults.
func TestSchedulerRuns(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.RequireFile(t, schedExt+"state", "the kernel has no sched_ext")
	kerneltest.NoLeaks(t)
	const name = "t_scheduler"
	ops := structops.Ops{Type: "sched_ext_ops", License: "GPL", Members: structops.Members{
		"name": name, "init": dsl.Assembly("init", dsl.Sleepable(), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())}}
	link, err := structops.Register(ops)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer link.Close()
	if link.Name() != name {
		t.Errorf("the link is for %q", link.Name())
	}
	wantFile(t, schedExt+"state", "enabled")
	wantFile(t, schedExt+"root/ops", name)
	for start := time.Now(); time.Since(start) < 100*time.Millisecond; { // something to schedule
	}
	if second, err := structops.Register(ops); err == nil {
		second.Close()
		t.Error("two schedulers at a time")
	} else if !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), "one at a time") {
		t.Errorf("a second scheduler: %v", err)
	}
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	wantFile(t, schedExt+"state", "disabled")
}

// TestThrownOut: the kernel ends a scheduler that chooses a processor which does not exist. Done is closed, and Close says why.
func TestThrownOut(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.RequireFile(t, schedExt+"state", "the kernel has no sched_ext")
	kerneltest.NoLeaks(t)
	ops := structops.Ops{Type: "sched_ext_ops", License: "GPL", Members: structops.Members{
		"name": "t_wrong", "select_cpu": dsl.Assembly("select_cpu", dsl.Mov64Imm(isa.R0, 9999), dsl.Exit())}}
	link, err := structops.Register(ops)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	done := link.Done()
	for wait := time.After(10 * time.Second); ; {
		select {
		case <-done:
		case <-wait:
			t.Fatal("Done is open after 10 s")
		case <-time.After(time.Millisecond): // something wakes up
			continue
		}
		break
	}
	if err := link.Close(); !errors.Is(err, structops.ErrEnded) || !strings.Contains(err.Error(), "9999") {
		t.Errorf("Close: %v, want ErrEnded with the reason", err)
	} else {
		t.Log(err)
	}
	wantFile(t, schedExt+"state", "disabled")
}

// wantFile waits until a file reads as wanted.
func wantFile(t *testing.T, path, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(path)
		if got = strings.TrimSpace(string(text)); err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s reads %q, want %q", path, got, want)
}
