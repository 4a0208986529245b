package kerneltest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A recorder is used in place of a test, and records what would happen to it.
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
func (r *recorder) Skip(a ...any) { r.said = append(r.said, "skip: "+fmt.Sprint(a...)) }
func (r *recorder) Fatalf(f string, a ...any) {
	r.said = append(r.said, "fatal: "+fmt.Sprintf(f, a...))
}

func TestNoLeaksFindsAnOpenDescriptor(t *testing.T) {
	RequireFile(t, "/proc/self/fd", "needs /proc")
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

func TestMissingFailsWhereNothingMayBeSkipped(t *testing.T) {
	for _, tt := range []struct{ require, want string }{{"", "skip"}, {"no", "skip"}, {"require", "fatal"}} {
		t.Setenv("BPFSMITH_KERNEL_TESTS", tt.require)
		for what, missing := range map[string]func(testing.TB){
			"needs sched_ext": func(t testing.TB) { Missing(t, "needs sched_ext") },
			"needs a-tool or b-tool (Debian: apt-get install tools)": func(t testing.TB) { RequireTool(t, "tools", "a-tool", "b-tool") },
			"is not recorded: stat no/such/file": func(t testing.TB) {
				RequireFile(t, "no/such/file",
					"is not recorded")
			},
		} {
			r := &recorder{TB: t}
			missing(r) // continues after a Fatalf, unlike in a real test
			if len(r.said) == 0 || !strings.HasPrefix(r.said[0], tt.want+": "+what) {
				t.Errorf("BPFSMITH_KERNEL_TESTS=%q: %q, want %s: %s", tt.require, r.said, tt.want, what)
			}
		}
	}
}

func TestRequireToolFindsTheFirst(t *testing.T) {
	r := &recorder{TB: t}
	if path := RequireTool(r, "golang", "no-such-tool", "go"); !strings.Contains(path, "go") || len(r.said) > 0 {
		t.Errorf("found %q, said %q", path, r.said)
	}
}

// TestNoOtherPackageSkips: only this package skips tests. A t.Skip elsewhere would also skip when no test may be skipped.
func TestNoOtherPackageSkips(t *testing.T) {
	skip := regexp.MustCompile(`\.(Skip|Skipf|SkipNow)\(`)
	checked := 0
	err := filepath.WalkDir("../../..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") || strings.Contains(file, "kerneltest") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		checked++
		before := ""
		for n, line := range strings.Split(string(text), "\n") {
			if skip.MatchString(line) && !strings.Contains(before, "if testing.Short() {") {
				t.Errorf("%s:%d skips: use kerneltest.Missing or another of its functions", file, n+1)
			}
			before = line
		}
		return nil
	})
	if err != nil || checked < 100 {
		t.Errorf("%d files read: %v", checked, err)
	}
}
