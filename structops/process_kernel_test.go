//go:build linux

package structops_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// child is the other process: it registers, and waits to be killed or pins
// and ends.
func child(name, pin string) {
	link, err := structops.Register(fixed(name, 7))
	if err == nil && pin != "" {
		err = link.Pin(pin)
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("registered")
	if pin != "" {
		os.Exit(0)
	}
	time.Sleep(time.Hour) // until it is killed; waiting for nothing is a deadlock to Go
}

// startChild runs this test binary as another process that has registered.
func startChild(t *testing.T, name, pin string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childName+"="+name, childPin+"="+pin)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "registered" {
		cmd.Process.Kill()
		t.Fatalf("the other process says %q (%v)", line, err)
	}
	return cmd
}

func TestKilledProcessLeavesNothingRegistered(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4) // without links, it does
	name := uniqueName()
	cmd := startChild(t, name, "")
	if !listed(t, name) {
		t.Error("not listed while the process lives")
	}
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	cmd.Wait() // says that it was killed
	wantUnlisted(t, name)
	eventually(t, "end of its map", func() bool { return mapsNamed(t, name) == 0 }, func() string { return "it is left" })
}

// TestNameTakenByAnotherProcess names that process.
func TestNameTakenByAnotherProcess(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4) // without links, it would stay registered
	name := uniqueName()
	cmd := startChild(t, name, "")
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		wantUnlisted(t, name)
	}()
	_, err := structops.Register(fixed(name, 9))
	if want := fmt.Sprintf("held by process %d", cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestPinSurvivesTheProcess: what another process pinned goes on after it, is
// opened here, replaced here, and ends when the pin is removed.
func TestPinSurvivesTheProcess(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	pin := filepath.Join(kerneltest.BPFFS(t), "algorithm")
	name := uniqueName()
	if err := startChild(t, name, pin).Wait(); err != nil {
		t.Fatal(err)
	}
	if !listed(t, name) {
		t.Fatal("gone with the process that pinned it")
	}
	link, err := structops.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if link.Type() != "tcp_congestion_ops" || link.Name() != name {
		t.Errorf("the pin is for %s %q, want %q", link.Type(), link.Name(), name)
	}
	lab := newLab(t)
	wantWindow(t, dial(t, lab, name), 7)
	if err := link.Replace(fixed(name, 13)); err != nil {
		t.Fatal(err)
	}
	wantWindow(t, dial(t, lab, name), 13)
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	if !listed(t, name) {
		t.Error("gone although the pin is there")
	}
	if err := os.Remove(pin); err != nil {
		t.Fatal(err)
	}
	wantUnlisted(t, name)
}

func TestOpenPinnedRefusesOtherThings(t *testing.T) {
	dir := kerneltest.BPFFS(t)
	for _, path := range []string{filepath.Join(dir, "nothing"), "/proc/self/status"} {
		if link, err := structops.OpenPinned(path); err == nil {
			link.Close()
			t.Errorf("%s was opened", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name %s", err, path)
		}
	}
	link := register(t, fixed(uniqueName(), 7))
	outside := filepath.Join(t.TempDir(), "pin")
	if err := link.Pin(outside); err == nil || !strings.Contains(err.Error(), "must be on a bpf file system") {
		t.Errorf("pin outside a BPF file system: %v", err)
	}
}
