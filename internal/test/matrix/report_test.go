package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/test/matrix/job"
)

// The output of a guest: a test of each kind, and a package that ended early.
var guestSays = strings.Join([]string{
	job.Line(job.Ready, job.Boot{Release: "6.1.0", Uptime: 2.5}),
	job.Line(job.Start, "./a"),
	"\x16=== RUN   TestGood", "\x16--- PASS: TestGood (0.00s)",
	"\x16=== RUN   TestBad", "    a_test.go:7: no luck", "\x16--- FAIL: TestBad (0.01s)",
	"\x16=== RUN   TestOld", "    a_test.go:9: needs more:", "        much more", "\x16--- SKIP: TestOld (0.00s)",
	"\x16=== NAME  ", "FAIL", "",
	job.Line(job.End, job.Result{Package: "./a", Exit: 1, Seconds: 2}),
	job.Line(job.Start, "./b"),
	"\x16=== RUN   TestPanics", "panic: oh",
}, "\r\n")

func TestReadsWhatAGuestSays(t *testing.T) {
	if testing.Short() {
		t.Skip("the go command builds test2json, which the report is read with")
	}
	kerneltest.RequireTool(t, "golang", "go")
	var c column
	c.read([]byte(guestSays))
	if c.boot.Release != "6.1.0" || c.boot.Uptime != 2.5 {
		t.Errorf("boot %+v", c.boot)
	}
	a, b := c.tests["./a"], c.tests["./b"]
	if a == nil || b == nil {
		t.Fatalf("tests of %v", c.tests)
	}
	if a.passed != 1 || a.failed != 1 || a.skipped != 1 || !a.bad() || a.Seconds != 2 {
		t.Errorf("a: %d passed, %d failed, %d skipped, %v s", a.passed, a.failed, a.skipped, a.Seconds)
	}
	if got := a.skips["needs more: much more"]; len(got) != 1 || got[0] != "TestOld" {
		t.Errorf("skips %q", a.skips)
	}
	if !a.ran["TestGood"] || a.ran["TestOld"] || a.ran["TestBad"] {
		t.Errorf("passed: %v", a.ran)
	}
	if len(a.failures) != 1 || !strings.Contains(a.failures[0].output, "no luck") {
		t.Errorf("failures %q", a.failures)
	}
	if b.ended || !b.bad() || !strings.Contains(b.output.String(), "panic: oh") {
		t.Errorf("b ended: %v; output %q", b.ended, b.output.String())
	}
	if len(c.faults) != 1 || !c.failed() {
		t.Errorf("faults %q, want one: it did not come to its end", c.faults)
	}
}

// TestGuestOnlyTestsAreKnown reads the guests' own package: tests with the build tag are listed until they pass on a kernel.
func TestGuestOnlyTestsAreKnown(t *testing.T) {
	want := []string{"TestSchedulerRuns", "TestThrownOut", "TestSimpleSchedulers", "TestKilledProcessWithoutLinks"}
	tests, err := guestOnly("guest")
	if err != nil || !slices.Equal(tests, want) {
		t.Fatalf("%v, %v", tests, err)
	}
	one := &column{tests: map[string]*outcome{"./guest": {ran: map[string]bool{"TestSchedulerRuns": true, "TestThrownOut": true}}}}
	other := &column{tests: map[string]*outcome{"./guest": {ran: map[string]bool{"TestSimpleSchedulers": true}}}}
	idle, err := neverRan(".", []string{"./guest"}, []*column{one, other})
	if err != nil || !slices.Equal(idle, []string{"./guest TestKilledProcessWithoutLinks"}) {
		t.Errorf("%v, %v", idle, err)
	}
}

func TestAKernelsComplaintIsFound(t *testing.T) {
	r := run{console: []byte("[    1.0] fine\r\n[    2.0] WARNING: CPU: 0 PID: 9 at net/ipv4/tcp_cong.c:1\r\n[    2.1] more\r\n")}
	if got := r.complaint(); !strings.HasPrefix(got, "[    2.0] WARNING") || !strings.Contains(got, "more") {
		t.Errorf("got %q", got)
	}
	r.console = []byte("[    1.0] fine\r\n[   13.4] reboot: Restarting system\r\n")
	if got := r.complaint(); got != "" {
		t.Errorf("got %q of a sound log", got)
	}
}

// TestTheNewestPackage: versions are compared as numbers.
func TestTheNewestPackage(t *testing.T) {
	names := []string{"linux-image-6.1.0-9-cloud-amd64", "linux-image-6.1.0-56-cloud-amd64", "linux-image-6.1.0-60-cloud-amd64-dbg",
		"linux-image-6.12.117+deb12-cloud-amd64", "new-123"}
	if got := kernels[0].newest(names); got != names[1] {
		t.Errorf("got %q", got)
	}
	if got := kernels[0].newest(nil); got != "" {
		t.Errorf("got %q of none", got)
	}
}
