package kerneltest

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Cgroup makes a cgroup (of version 2) for the test and returns its directory. It
// is removed when the test ends, and must be empty then.
func Cgroup(t testing.TB) string {
	t.Helper()
	Require(t)
	root := cgroupRoot()
	if root == "" {
		Missing(t, "no cgroup file system of version 2 is mounted")
	}
	dir, err := os.MkdirTemp(root, "bpfsmith-test-")
	if err != nil {
		t.Fatalf("make a cgroup: %v", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Errorf("remove a cgroup: %v", err)
		}
	})
	return dir
}

// OwnCgroup opens the directory of the cgroup (of version 2) that this process is in.
func OwnCgroup(t testing.TB) *os.File {
	t.Helper()
	Require(t)
	root := cgroupRoot()
	if root == "" {
		Missing(t, "no cgroup file system of version 2 is mounted")
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	path := ""
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			path = rest
		}
	}
	dir, err := os.Open(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

// cgroupRoot is where the cgroup file system of version 2 is mounted, or "".
func cgroupRoot() string {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 2 && fields[2] == "cgroup2" {
			return filepath.Clean(fields[1])
		}
	}
	return ""
}
