package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// generate runs bpfsmith gen with the fixture of Linux 6.18.
func generate(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"gen", "--btf", filepath.FromSlash("../../internal/test/fixture/6.18.btf")}, args...)
	code = run(args, strings.NewReader(""), &out, &errs)
	if out.Len() > 0 {
		t.Errorf("gen prints %q", out.String())
	}
	return code, errs.String()
}

// TestKernelPackagesAreFresh: the packages below kernel are what their go:generate lines make from the fixtures, on any machine.
func TestKernelPackagesAreFresh(t *testing.T) {
	docs, err := filepath.Glob(filepath.FromSlash("../../kernel/*/doc.go"))
	if err != nil || len(docs) < 3 {
		t.Fatalf("%d packages, %v", len(docs), err)
	}
	for _, doc := range docs {
		t.Run(filepath.Base(filepath.Dir(doc)), func(t *testing.T) {
			text, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			const begin = "//go:generate go run ../../cmd/bpfsmith "
			_, line, ok := strings.Cut(string(text), begin)
			if !ok {
				t.Fatalf("%s has no line that begins with %q", doc, begin)
			}
			line, _, _ = strings.Cut(line, "\n")
			t.Chdir(filepath.Dir(doc))
			var out, errs bytes.Buffer
			if code := run(append(strings.Fields(line), "--check"), strings.NewReader(""), &out, &errs); code != 0 {
				t.Errorf("exit %d: %s", code, errs.String())
			}
		})
	}
}

func TestGenWritesAndChecks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tcp")
	args := []string{"--type", "rate_sample", "--enum", "tcp_ca_state", "-o", dir}
	if code, stderr := generate(t, append(args, "--check")...); code != exitInput || !strings.Contains(stderr, "rate_sample_btfgen.go") {
		t.Errorf("check of nothing: exit %d, %s", code, stderr)
	}
	if code, stderr := generate(t, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "rate_sample_btfgen.go"))
	if err != nil || !strings.Contains(string(text), "package tcp\n") {
		t.Errorf("the package is not named after its folder: %v, %.100s", err, text)
	}
	if code, stderr := generate(t, append(args, "--check")...); code != 0 {
		t.Errorf("check of what was just written: exit %d, %s", code, stderr)
	}
	// Files that are no longer generated are removed; files of other authors stay.
	own := filepath.Join(dir, "own.go")
	if err := os.WriteFile(own, []byte("package tcp\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args = []string{"--type", "ack_sample", "-o", dir}
	if code, stderr := generate(t, append(args, "--check")...); code != exitInput || !strings.Contains(stderr, "enums_btfgen.go") {
		t.Errorf("check with old files: exit %d, %s", code, stderr)
	}
	if code, stderr := generate(t, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "ack_sample_btfgen.go own.go" {
		t.Errorf("the folder has %s", got)
	}
}

func TestGenRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tcp")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nowhere to write", []string{"--type", "sock"}, exitUsage, "-o DIR"},
		{"nothing to write", []string{"-o", dir}, exitUsage, "nothing to write"},
		{"a struct that is not there", []string{"--type", "tcp_sok", "-o", dir}, exitInput, "did you mean tcp_sock?"},
		{"two structs of one name", []string{"--package", "tcp", "--type", "tcp_sock,sock", "-o", dir}, exitInput, "tcp_sock and sock " +
			"would both be the Go type Sock"},
		{"a function that is not there", []string{"--func", "tcp_slow_stat", "-o", dir}, exitInput, "did you mean tcp_slow_start?"},
		{"a pattern without match", []string{"--func", "udp_*", "-o", dir}, exitInput, `"udp_*" matches no function`},
		{"a member that is not there", []string{"--type", "sock", "--set", "sock.sk_pacing", "-o", dir}, exitInput,
			`"sock.sk_pacing" matches no member`},
		{"no BTF", []string{"--btf", filepath.Join(dir, "none"), "--type", "sock", "-o", dir}, exitInput, "--btf: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stderr := generate(t, c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, want %d: %s, want %s", code, c.code, stderr, c.want)
			}
		})
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%d files were written in spite of the mistake", len(entries))
	}
}
