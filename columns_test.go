package bpfsmith_test

import (
	"bytes"
	"fmt"
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

// longLines says how many longer lines each folder still has. The numbers may only become smaller. Folders that
// are not listed have none.
var longLines = map[string]int{
	"dsl": 20,
}

// TestLinesAreShort counts the long lines of all Go files that people write. Generated files and go:generate lines may be longer.
func TestLinesAreShort(t *testing.T) {
	found := map[string][]string{}
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
		folder := filepath.ToSlash(filepath.Dir(name))
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			if !strings.HasPrefix(line, "//go:generate ") && columns(line) >= maxColumns {
				found[folder] = append(found[folder], fmt.Sprintf("%s:%d has %d columns", name, number, columns(line)))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, lines := range found {
		if len(lines) > longLines[folder] {
			t.Errorf("%s: %d lines have %d columns or more; %d are allowed\n\t%s", folder, len(lines), maxColumns,
				longLines[folder], strings.Join(lines, "\n\t"))
		}
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
