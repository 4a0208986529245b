package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadmesFirstCommandWorksForEverybody runs the example as a user without any capability, in a folder that this user may not write.
func TestReadmesFirstCommandWorksForEverybody(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "tcp_cc")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Dir = dir
	if os.Getuid() == 0 {
		for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) { // other users must reach the program
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	text := string(out)
	if !strings.HasPrefix(text, "A simulation, not the kernel: this process lacks CAP_BPF") {
		t.Errorf("the first line does not say what this is:\n%s", text)
	}
	if !strings.Contains(text, "go_reno (Go): congestion window in segments") || !strings.Contains(text, "╰") {
		t.Errorf("no picture in\n%s", text)
	}
	if os.Getuid() == 0 && !strings.Contains(text, "no plot: ") {
		t.Errorf("the plot that cannot be written is not mentioned in\n%s", text)
	}
}
