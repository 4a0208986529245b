package bpfsmith_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Lines have fewer columns than this; a tab counts as tabColumns.
const (
	maxColumns = 140
	tabColumns = 4
)

// TestLinesAreShort reads all Go files that people write. Generated files and go:generate lines may be longer.
func TestLinesAreShort(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || isGenerated(text) {
			return err
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			if !strings.HasPrefix(line, "//go:generate ") && columns(line) >= maxColumns {
				t.Errorf("%s:%d has %d columns; the limit is %d", name, number, columns(line), maxColumns-1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isGenerated reports whether a file has the line that generators write (go help generate).
func isGenerated(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if bytes.HasPrefix(line, []byte("// Code generated ")) && bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
	}
	return false
}

// columns counts the columns of a line without its end.
func columns(line string) int {
	line = strings.TrimRight(line, "\r\n")
	return utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
}
