package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestChaptersAreFresh: when code, output or a recorded log changes, the chapters must be written again.
func TestChaptersAreFresh(t *testing.T) {
	if err := update(true); err != nil {
		t.Error(err)
	}
}

const sample = `package p

import "fmt"

// double is twice a number.
func double(n int) int { return 2 * n }

func Example_double() {
	fmt.Println(double(4))
	// Output:
	// 8
}
`

// TestBlocksAreFilled: a block gets what its marker names, and filling it again changes nothing.
func TestBlocksAreFilled(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "README.md")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("p_test.go", sample)
	write("log.txt", "R0 !read_ok\n")
	write("README.md", "# 1. One\n\n<!-- minutes -->\n\n<!-- code p_test.go double Example_double -->\n```go\nold\n\nold\n```\n\n"+
		"<!-- output p_test.go Example_double -->\n\n<!-- file log.txt -->\n\nThe end.\n")
	want := "# 1. One\n\n<!-- minutes -->\n*1 minute to read.*\n\n<!-- code p_test.go double Example_double -->\n```go\n" +
		"// double is twice a number.\nfunc double(n int) int { return 2 * n }\n\nfmt.Println(double(4))\n```\n\n" +
		"<!-- output p_test.go Example_double -->\n```text\n8\n```\n\n<!-- file log.txt -->\n```text\nR0 !read_ok\n```\n\nThe end.\n"
	for range 2 {
		got, err := fill(page, nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		write("README.md", string(got))
	}
}

// TestWrongMarkers: what does not exist is an error that names it.
func TestWrongMarkers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p_test.go"), []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	for marker, want := range map[string]string{
		"code p_test.go triple":           "triple",
		"code q_test.go double":           "q_test.go",
		"output p_test.go Example_triple": "Example_triple",
		"file missing.txt":                "missing.txt",
		"picture x":                       "unknown marker",
	} {
		if _, err := blockOf(dir, strings.Fields(marker), nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", marker, err)
		}
	}
}

// TestTitles: the list of pages has their titles, and leads to them.
func TestTitles(t *testing.T) {
	got, err := blockOf("", []string{"pages"}, nil, []chapter{{"attach", []byte("# Attach a program\n\nText.\n")}})
	if want := "- [Attach a program](attach/README.md)\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
