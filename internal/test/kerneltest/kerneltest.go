// Package kerneltest decides whether a test may use the kernel, and checks that it leaves nothing behind.
//
// A kernel test is one that loads real programs into the real kernel. It needs Linux and root. On a developer's machine it is skipped
// without them; where the environment says that kernel tests count (BPFSMITH_KERNEL_TESTS=require, or CI=true), something missing
// fails the test when it runs as root, so that a green run means that they ran.
package kerneltest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// Require skips the test unless it runs as root on Linux.
func Require(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("kernel test: needs Linux, this is %s", runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		t.Skip("kernel test: needs root; run it with sudo -E go test")
	}
	if missing := missingKernel(); missing != "" {
		Missing(t, missing)
	}
}

// Missing is for what a test needs beyond Require: a kernel version, a config option, a tool. It skips the test, or fails it where kernel
// tests must run.
func Missing(t testing.TB, what string) {
	t.Helper()
	if Required() {
		t.Fatalf("kernel test: %s; kernel tests must run here (BPFSMITH_KERNEL_TESTS=require or CI=true, as root)", what)
	}
	t.Skipf("kernel test: %s", what)
}

// RequireLinux is Require for a kernel of at least that version.
func RequireLinux(t testing.TB, major, minor int) {
	t.Helper()
	Require(t)
	haveMajor, haveMinor, release := Linux(t)
	if haveMajor < major || haveMajor == major && haveMinor < minor {
		Missing(t, fmt.Sprintf("needs Linux %d.%d, this is %s", major, minor, release))
	}
}

// RequireTUN is Require for a kernel with TUN devices, which network labs are made of.
func RequireTUN(t testing.TB) {
	t.Helper()
	Require(t)
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		Missing(t, "the kernel has no TUN devices (CONFIG_TUN): "+err.Error())
	}
}

// Linux is the version of the running kernel, and the release as it names it.
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

// Required reports whether kernel tests must run: this is root on Linux, and the environment asks for them.
func Required() bool {
	asked := os.Getenv("BPFSMITH_KERNEL_TESTS") == "require" || os.Getenv("CI") == "true"
	return asked && runtime.GOOS == "linux" && os.Geteuid() == 0
}

// missingKernel names what every kernel test needs and this kernel lacks, "" for nothing.
func missingKernel() string {
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF): " + err.Error()
	}
	return ""
}

// NoLeaks checks, when the test ends, that the process has no open file descriptors but those that it has now. Cleanups that were
// registered after this call run before the check. It looks at the whole process, so neither the test nor others at the same time may be
// parallel.
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

// openFDs returns the open descriptors of this process and what they are. The runtime's own (epoll, eventfd) come when they
// are first needed and stay, so they don't count.
func openFDs(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("count descriptors: %v", err)
	}
	fds := make(map[string]string, len(entries))
	for _, e := range entries {
		// The descriptor of the directory itself is gone by now.
		target, err := os.Readlink(dir + "/" + e.Name())
		if err == nil && target != "anon_inode:[eventpoll]" && target != "anon_inode:[eventfd]" {
			fds[e.Name()] = target
		}
	}
	return fds
}
