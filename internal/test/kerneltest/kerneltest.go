// Package kerneltest decides whether a test may use the kernel, and checks that it leaves nothing behind.
//
// A kernel test loads real programs into the real kernel. It needs Linux and root. On a developer's machine it is skipped without them.
// With BPFSMITH_KERNEL_TESTS=require in the environment nothing is skipped: a missing kernel, privilege, tool or file of recorded data
// fails the test. So a run without failures means that all tests ran. Only this package skips tests for such a reason. Tests that check
// -short may be skipped too.
//
// A test that needs another kernel (one with sched_ext, or without links) has the build tag "guest". Package matrix builds it, boots that
// kernel, and fails when such a test ran on none of its kernels. In other runs the test does not exist, so it cannot be skipped.
package kerneltest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// Require skips the test unless it runs as root on Linux, in a kernel with BTF.
func Require(t testing.TB) {
	t.Helper()
	switch {
	case runtime.GOOS != "linux":
		Missing(t, "needs Linux, this is "+runtime.GOOS)
	case os.Geteuid() != 0:
		Missing(t, "needs root; run it with sudo -E go test")
	default:
		RequireFile(t, "/sys/kernel/btf/vmlinux", "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)")
	}
}

// RequireLinux is Require for a kernel of at least that version.
func RequireLinux(t testing.TB, major, minor int) {
	t.Helper()
	Require(t)
	haveMajor, haveMinor, release := Linux(t)
	if haveMajor < major || haveMajor == major && haveMinor < minor {
		Missing(t, fmt.Sprintf("needs Linux %d.%d or later, this is %s", major, minor, release))
	}
}

// RequireExactly is Require for a kernel of exactly that version, for example because its messages were recorded.
func RequireExactly(t testing.TB, major, minor int) {
	t.Helper()
	Require(t)
	haveMajor, haveMinor, release := Linux(t)
	if haveMajor != major || haveMinor != minor {
		Missing(t, fmt.Sprintf("needs Linux %d.%d, this is %s", major, minor, release))
	}
}

// RequireTUN is Require for a kernel with TUN devices, which network labs need.
func RequireTUN(t testing.TB) {
	t.Helper()
	Require(t)
	RequireFile(t, "/dev/net/tun", "the kernel has no TUN devices (CONFIG_TUN)")
}

// RequireFile skips the test when a file does not exist. otherwise says in the message what that means.
func RequireFile(t testing.TB, path, otherwise string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		Missing(t, otherwise+": "+err.Error())
	}
}

// RequireTool finds a program by the first of its names that is installed, or skips the test. The message names the Debian package to
// install.
func RequireTool(t testing.TB, debian string, names ...string) (path string) {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, fmt.Sprintf("needs %s (Debian: apt-get install %s)", strings.Join(names, " or "), debian))
	return ""
}

// Missing is for other needs of a test. It skips the test, or fails it when no test may be skipped.
func Missing(t testing.TB, what string) {
	t.Helper()
	if Required() {
		t.Fatalf("%s; no test may be skipped here (BPFSMITH_KERNEL_TESTS=require)", what)
	}
	t.Skip(what)
}

// Required reports whether no test may be skipped.
func Required() bool { return os.Getenv("BPFSMITH_KERNEL_TESTS") == "require" }

// Linux returns the version of the running kernel, and its release as text.
func Linux(t testing.TB) (major, minor int, release string) {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	release = strings.TrimSpace(string(text))
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		t.Fatalf("kernel release %q: %v", release, err)
	}
	return major, minor, release
}

// NoLeaks checks, when the test ends, that the process has no other open file descriptors than now. Cleanups that are registered after
// this call run before the check. It checks the whole process, so neither this test nor others may run in parallel.
func NoLeaks(t testing.TB) {
	t.Helper()
	before := openFDs(t)
	t.Cleanup(func() {
		after := openFDs(t)
		for fd, target := range after {
			if before[fd] != target {
				t.Errorf("leak: fd %s is still open: %s", fd, target)
			}
		}
	})
}

// openFDs returns the open descriptors of this process and what they are. The runtime opens its own (epoll, eventfd) when it first needs
// them, and keeps them open, so they do not count.
func openFDs(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("count descriptors: %v", err)
	}
	fds := make(map[string]string, len(entries))
	for _, e := range entries {
		// The descriptor of the directory itself is closed now.
		target, err := os.Readlink(dir + "/" + e.Name())
		if err == nil && target != "anon_inode:[eventpoll]" && target != "anon_inode:[eventfd]" {
			fds[e.Name()] = target
		}
	}
	return fds
}
