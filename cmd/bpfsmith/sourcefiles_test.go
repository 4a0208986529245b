package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestExplainShowsNoOtherFiles: a log that somebody made up names files of the reader's folder, in the hope that the report is passed on.
// Neither the text nor the page may show more of them than the lines near one that the log really quotes.
func TestExplainShowsNoOtherFiles(t *testing.T) {
	const secret = "hunter2"
	for _, test := range []struct {
		name, file, text, quotes string
		want                     bool // a line of the file is shown
	}{
		{"a quoted line", "main.go", "package main\n\nx := " + secret + "\n", "; package main @ main.go:1\n", true},
		{"a private key", "server.key", "-----BEGIN PRIVATE KEY-----\n" + secret + "\n",
			"; -----BEGIN PRIVATE KEY----- @ server.key:1\n", false},
		{"a hidden file", ".env.go", "package env\n" + secret + "\n", "; package env @ .env.go:1\n", false},
		{"an empty line", "main.go", "\n" + secret + "\n", ";  @ main.go:1\n", false},
		{"many empty lines", "main.go", "\n" + secret + "\n\n\n", ";  @ main.go:1\n;  @ main.go:3\n;  @ main.go:4\n", false},
		{"a line far from the quoted one", "main.go", "package main\n" + strings.Repeat("\n", 30) + secret + "\n",
			"; package main @ main.go:1\n", false},
		{"an empty line near it", "main.go", "package main\n" + strings.Repeat("\n", 30) + secret + "\n",
			"; package main @ main.go:1\n;  @ main.go:31\n", false},
		{"another line at that place", "main.go", "package other\n" + secret + "\n", "; package main @ main.go:1\n", false},
		{"a path", "sub/main.go", "package main\n" + secret + "\n", "; package main @ sub/main.go:1\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, test.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			log := "0: R1=ctx() R10=fp0\n" + test.quotes + "0: (79) r6 = *(u64 *)(r1 +8)\nR1 !read_ok\n"
			page, _, _ := tool(log, "explain", "--source", folder, "--html", "-", "-")
			text, _, _ := tool(log, "explain", "--source", folder, "-")
			if strings.Contains(page, secret) != test.want {
				t.Errorf("on the page: %v, want %v", !test.want, test.want)
			}
			if !test.want && strings.Contains(text, secret) {
				t.Errorf("in the text:\n%s", text)
			}
		})
	}
}

// TestSourceFinderWalksOnce: a log may name thousands of files.
func TestSourceFinderWalksOnce(t *testing.T) {
	folder := t.TempDir()
	var log strings.Builder
	for i := range 50 {
		name := "f" + strconv.Itoa(i) + ".go"
		log.WriteString("; package main @ " + name + ":1\n")
		if err := os.WriteFile(filepath.Join(folder, name), []byte("package main\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	finder := newSourceFinder(folder, verifierlog.Quotes(log.String()))
	if _, err := finder.read("f0.go"); err != nil {
		t.Fatal(err)
	}
	// A file that comes after the walk is not found, those that were there are.
	late := filepath.Join(folder, "late")
	if err := os.Mkdir(late, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(folder, "f1.go"), filepath.Join(late, "f1.go")); err != nil {
		t.Fatal(err)
	}
	if _, err := finder.read("f1.go"); err == nil {
		t.Error("f1.go was found where it is only since the walk")
	}
	for i := 2; i < 50; i++ {
		if _, err := finder.read("f" + strconv.Itoa(i) + ".go"); err != nil {
			t.Error(err)
		}
	}
}
