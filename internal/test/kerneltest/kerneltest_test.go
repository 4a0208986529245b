package kerneltest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// A recorder stands in for a test and notes what would happen to it.
type recorder struct {
	testing.TB
	cleanups []func()
	said     []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(f string, a ...any) {
	r.said = append(r.said, "error: "+fmt.Sprintf(f, a...))
}
func (r *recorder) Skipf(f string, a ...any) { r.said = append(r.said, "skip: "+fmt.Sprintf(f, a...)) }
func (r *recorder) Fatalf(f string, a ...any) {
	r.said = append(r.said, "fatal: "+fmt.Sprintf(f, a...))
}

func TestNoLeaksFindsAnOpenDescriptor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	r := &recorder{TB: t}
	NoLeaks(r)
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, cleanup := range r.cleanups {
		cleanup()
	}
	if len(r.said) != 1 || !strings.Contains(r.said[0], "/status") {
		t.Errorf("an open file is reported as %q", r.said)
	}
}

func TestMissingFailsOnlyWhereKernelTestsMustRun(t *testing.T) {
	for _, tt := range []struct{ require, ci, want string }{
		{"", "", "skip"},
		{"require", "", "fatal"},
		{"", "true", "fatal"},
		{"no", "false", "skip"},
	} {
		t.Setenv("BPFSMITH_KERNEL_TESTS", tt.require)
		t.Setenv("CI", tt.ci)
		want := tt.want
		if runtime.GOOS != "linux" || os.Geteuid() != 0 {
			want = "skip"
		}
		r := &recorder{TB: t}
		Missing(r, "no sched_ext")
		if len(r.said) == 0 || !strings.HasPrefix(r.said[0], want+": ") { // a real Fatalf does not return
			t.Errorf("BPFSMITH_KERNEL_TESTS=%q CI=%q: %q, want %s", tt.require, tt.ci, r.said, want)
		}
	}
}
