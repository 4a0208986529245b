package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
)

// TestInputIsNotOverwritten: no command writes over a file that it has read, whatever name the file has.
func TestInputIsNotOverwritten(t *testing.T) {
	log := recorded.Open(t).Text(t, "r1_after_call.level1.log")
	const program = "r0 = 0\nexit\n"
	const hex = "b700000000000000 9500000000000000"
	for _, tt := range []struct {
		name, content string
		args          string // IN is the input, OUT its other name
	}{
		{"asm", program, "asm -o OUT IN"},
		{"asm from standard input", program, "asm -o OUT -"},
		{"explain", log, "explain --html OUT IN"},
		{"explain from standard input", log, "explain --html OUT -"},
		{"the program of explain", hex, "explain --html OUT --prog IN LOG"},
	} {
		for _, link := range []func(old, new string) error{nil, os.Symlink, os.Link} {
			dir := t.TempDir()
			in := filepath.Join(dir, "in")
			out, other := in, filepath.Join(dir, "log")
			for path, content := range map[string]string{in: tt.content, other: log} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if link != nil {
				out = filepath.Join(dir, "out")
				if err := link(in, out); err != nil {
					t.Fatal(err)
				}
			}
			stdin, err := os.Open(in)
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			var stdout, stderr bytes.Buffer
			args := strings.Fields(strings.NewReplacer("IN", in, "OUT", out, "LOG", other).Replace(tt.args))
			code := run(args, stdin, &stdout, &stderr)
			if want := " is input: nothing is written; name another file"; code != exitUsage ||
				!strings.Contains(stderr.String(), out+": this is the same file as ") || !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: exit %d, %s%s", tt.name, code, stderr.String(), stdout.String())
			}
			if now, err := os.ReadFile(in); err != nil || string(now) != tt.content {
				t.Errorf("%s: the input is %q, %v", tt.name, now, err)
			}
		}
	}
}

// TestGenKeepsWhatOthersWrote: gen removes and overwrites only files that it wrote, and only in its folder.
func TestGenKeepsWhatOthersWrote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tcp")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const mine = "package tcp\n"
	put := func(path string) string {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.WriteFile(path, []byte(mine), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	same := func(path string) {
		t.Helper()
		if text, err := os.ReadFile(path); err != nil || string(text) != mine {
			t.Errorf("%s is %.40q, %v", path, text, err)
		}
	}
	other, outside := put("own_btfgen.go"), put("../outside.go")
	link := filepath.Join(dir, "link_btfgen.go")
	if err := os.Symlink("../outside.go", link); err != nil {
		t.Fatal(err)
	}
	args := []string{"--type", "rate_sample", "-o", dir}
	if code, stderr := generate(t, args...); code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, stderr := generate(t, append(args, "--check")...); code != 0 {
		t.Errorf("check: exit %d: %s", code, stderr)
	}
	same(other)
	same(link)
	target := put("rate_sample_btfgen.go")
	const want = " exists and was not written by bpfsmith gen: nothing is written; move it away"
	if code, stderr := generate(t, args...); code != exitInput || !strings.Contains(stderr, target+want) {
		t.Errorf("a file of somebody else: exit %d, %s", code, stderr)
	}
	same(target)
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../outside.go", target); err != nil {
		t.Fatal(err)
	}
	if code, stderr := generate(t, args...); code != exitInput || !strings.Contains(stderr, "rate_sample_btfgen.go") {
		t.Errorf("a link to another folder: exit %d, %s", code, stderr)
	}
	same(outside)
}

// TestGenRefusesNamesThatAreNotOfC: names from BTF become names of files and parts of Go code.
func TestGenRefusesNamesThatAreNotOfC(t *testing.T) {
	raw, err := os.ReadFile("../../internal/test/fixture/6.18.btf")
	if err != nil {
		t.Fatal(err)
	}
	for name, evil := range map[string]string{"rate_sample": "../evil_sam", "prior_mstamp": "a\nfunc init()"} {
		dir := t.TempDir()
		types := filepath.Join(dir, "evil.btf")
		spoilt := bytes.ReplaceAll(raw, []byte("\x00"+name+"\x00"), []byte("\x00"+evil[:len(name)]+"\x00"))
		if err := os.WriteFile(types, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		asked := "rate_sample"
		if asked == name {
			asked = evil
		}
		_, stderr, code := tool("", "gen", "--btf", types, "--type", asked, "--package", "tcp", "-o", filepath.Join(dir, "a"))
		if code != exitInput || !strings.Contains(stderr, types) || !strings.Contains(stderr, "is not a name in C") {
			t.Errorf("%q: exit %d, %s", evil, code, stderr)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "*")); len(found) != 1 {
			t.Errorf("%q: there are %q", evil, found)
		}
	}
}
