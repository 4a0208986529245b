package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	errno "syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// healthy is a system where all is well. Its files can be changed.
func healthy() (*system, map[string]string) {
	files := map[string]string{
		"/proc/sys/kernel/osrelease":                 "6.18.1",
		"/proc/sys/kernel/unprivileged_bpf_disabled": "2",
		"/proc/sys/net/core/bpf_jit_enable":          "1",
		"/proc/sys/net/core/bpf_jit_harden":          "0",
		"/sys/kernel/security/lockdown":              "[none] integrity confidentiality",
		"/proc/mounts": "bpf /sys/fs/bpf bpf rw 0 0\ntracefs /sys/kernel/tracing tracefs rw 0 0\n" +
			"none /sys/fs/cgroup cgroup2 rw 0 0",
	}
	return &system{
		os: "linux",
		read: func(path string) (string, error) {
			if text, ok := files[path]; ok {
				return text, nil
			}
			return "", fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		},
		caps:       func() (syscall.CapSet, error) { return 1 << syscall.CapSysAdmin, nil },
		level:      func() host.Instructions { return host.Instructions{Level: isa.V4} },
		interfaces: func() ([]string, error) { return []string{"tcp_congestion_ops"}, nil },
		load:       func(syscall.ProgType) error { return nil },
		register:   func() error { return nil },
		goVersion:  func() (string, error) { return "go1.26.0", nil },
	}, files
}

func TestDoctorFindsNothing(t *testing.T) {
	s, _ := healthy()
	findings := examine(s)
	if len(findings) != len(examinations) || worst(findings) != fine {
		t.Errorf("a healthy system: %v", findings)
	}
	var b strings.Builder
	if err := printFindings(&b, findings); err != nil || !strings.HasSuffix(b.String(), "register kernel interfaces here.\n") {
		t.Errorf("%v, report:\n%s", err, b.String())
	}
}

// TestDoctor: each defect is found under its subject, with its remedy, and nowhere else.
func TestDoctor(t *testing.T) {
	notPermitted := fmt.Errorf("load: %w", &syscall.Error{Errno: errno.EPERM, Hint: "a seccomp filter forbids it"})
	for name, tt := range map[string]struct {
		harm          func(s *system, files map[string]string)
		subject       string
		grade         grade
		found, remedy string
	}{
		"an old kernel":       {file("/proc/sys/kernel/osrelease", "5.4.0-42-generic"), "kernel", no, "5.4.0", "5.11 or later"},
		"a kernel before 6.4": {file("/proc/sys/kernel/osrelease", "6.1.0"), "kernel", note, "stays registered", "6.4"},
		"no proc":             {file("/proc/sys/kernel/osrelease", ""), "kernel", note, "not known", "mount /proc"},
		"old instructions": {func(s *system, _ map[string]string) {
			s.level = func() host.Instructions { return host.Instructions{Level: isa.V2} }
		}, "instructions", note, "v2", "5.12"},
		"no types": {func(s *system, _ map[string]string) {
			s.interfaces = func() ([]string, error) { return nil, fs.ErrNotExist }
		}, "types (BTF)", no, "is missing", "CONFIG_DEBUG_INFO_BTF"},
		"no interfaces": {func(s *system, _ map[string]string) {
			s.interfaces = func() ([]string, error) { return nil, nil }
		}, "types (BTF)", no, "no struct", "CONFIG_BPF_JIT"},
		"one capability short": {func(s *system, _ map[string]string) {
			s.caps = func() (syscall.CapSet, error) { return 1<<syscall.CapBPF | 1<<syscall.CapNetAdmin, nil }
		}, "privileges", no, "CAP_PERFMON is missing", "sudo"},
		"a sandbox": {func(s *system, _ map[string]string) {
			s.register = func() error { return notPermitted }
		}, "interfaces", no, "does not permit", "seccomp"},
		"a defect": {func(s *system, _ map[string]string) {
			s.load = func(p syscall.ProgType) error {
				if p == syscall.ProgTypeXDP {
					return errors.New("no such program type")
				}
				return nil
			}
		}, "packets", note, "no such program type", ""},
		"no JIT":   {file("/proc/sys/net/core/bpf_jit_enable", "0"), "JIT", no, "off", "bpf_jit_enable=1"},
		"hardened": {file("/proc/sys/net/core/bpf_jit_harden", "2"), "JIT", note, "hardened", ""},
		"confidentiality": {file("/sys/kernel/security/lockdown", "none integrity [confidentiality]"), "lockdown", note,
			"read", "Secure Boot"},
		"integrity": {file("/sys/kernel/security/lockdown", "none [integrity] confidentiality"), "lockdown", note,
			"probe_write", ""},
		"no go": {func(s *system, _ map[string]string) {
			s.goVersion = func() (string, error) { return "", fs.ErrNotExist }
		}, "go", note, "missing", "go.dev"},
	} {
		s, files := healthy()
		tt.harm(s, files)
		wrong := 0
		for _, f := range examine(s) {
			if f.grade == fine {
				continue
			}
			wrong++
			if f.subject != tt.subject || f.grade != tt.grade || !strings.Contains(f.found, tt.found) ||
				!strings.Contains(f.remedy, tt.remedy) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if wrong != 1 {
			t.Errorf("%s: %d findings, want one", name, wrong)
		}
	}
}

// file changes a file, or takes it away.
func file(path, text string) func(*system, map[string]string) {
	return func(_ *system, files map[string]string) {
		files[path] = text
		if text == "" {
			delete(files, path)
		}
	}
}

// TestDoctorSaysPrivilegesOnce: whoever has none gets the remedy in one place.
func TestDoctorSaysPrivilegesOnce(t *testing.T) {
	s, files := healthy()
	files["/proc/mounts"] = ""
	refused := &syscall.Error{Errno: errno.EPERM, Hint: "run as root"}
	s.caps = func() (syscall.CapSet, error) { return 0, nil }
	s.load = func(syscall.ProgType) error { return refused }
	s.register = func() error { return refused }
	var got []string
	for _, f := range examine(s) {
		if f.grade != fine {
			got = append(got, fmt.Sprintf("%s %s %t", f.grade, f.subject, f.remedy != ""))
		}
	}
	want := []string{"no privileges true", "note packets false", "note tracing false", "no interfaces false", "note pins true",
		"note trace pipe true", "note cgroups true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDoctorElsewhere(t *testing.T) {
	s, _ := healthy()
	s.os = "darwin"
	if f := examine(s); len(f) != 2 || worst(f) != no || !strings.Contains(f[0].remedy, "virtual machine") {
		t.Errorf("darwin: %v", f)
	}
}

// TestDoctorHere: on the system of the test, each line has at most 80 columns, and the exit code is that of the worst line.
func TestDoctorHere(t *testing.T) {
	var out, errs strings.Builder
	code := run([]string{"doctor"}, strings.NewReader(""), &out, &errs)
	refused := false
	for line := range strings.Lines(out.String()) {
		refused = refused || strings.HasPrefix(line, "no ")
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if want := map[bool]int{false: 0, true: exitInput}[refused]; code != want || errs.Len() > 0 {
		t.Errorf("exit code %d, want %d; %s\n%s", code, want, errs.String(), out.String())
	}
}
