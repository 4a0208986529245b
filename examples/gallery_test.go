// Package examples has programs to read and to run. Its test holds that the small ones stay small.
package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// mostLines is how many lines a program of the gallery has at most.
const mostLines = 79

// TestGallery: each folder that README.md lists in its gallery is a program of one small file with a test.
func TestGallery(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^\| \[(\w+)\]\((\w+)/main\.go\)`).FindAllSubmatch(readme, -1)
	if len(listed) < 10 {
		t.Errorf("%d programs are listed, want 10", len(listed))
	}
	for _, row := range listed {
		name := string(row[1])
		text, err := os.ReadFile(filepath.Join(name, "main.go"))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := bytes.Count(text, []byte("\n")); n > mostLines {
			t.Errorf("%s/main.go has %d lines, at most %d are small", name, n, mostLines)
		}
		files, _ := filepath.Glob(filepath.Join(name, "*.go"))
		tests, _ := filepath.Glob(filepath.Join(name, "*_test.go"))
		if string(row[2]) != name || len(tests) == 0 || len(files) != len(tests)+1 {
			t.Errorf("%s: files %v: want main.go and tests", name, files)
		}
	}
}
