package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Limits of the search for source files: reading a whole home directory would take too long.
const (
	maxEntries    = 50_000
	maxSourceFile = 4 << 20
)

// A sourceFinder finds files by their base name: a log has only that.
type sourceFinder struct {
	dir string
	log string
}

// read returns the file with the name that has the most lines that the log quotes: there may be several files named main.go.
func (s sourceFinder) read(name string) ([]byte, error) {
	if name == "" || filepath.Base(name) != name || name == "." || name == ".." {
		return nil, fmt.Errorf("%q is not the name of a file", name)
	}
	quotes := s.quotes(name)
	var best []byte
	most, entries := 0, 0
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // skip directories that we may not read
		}
		if entries++; entries > maxEntries {
			return fs.SkipAll
		}
		if entry.IsDir() {
			if name := entry.Name(); path != s.dir && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if entry.Name() != name || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err != nil || info.Size() > maxSourceFile {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if n := matches(strings.Split(string(text), "\n"), quotes); n > most {
			best, most = text, n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if best == nil {
		return nil, errors.New(name + ": not found, or not the file that the program was made from")
	}
	return best, nil
}

// A quote is a line of a file that the log quotes.
type quote struct {
	line int
	text string
}

// quotes returns the log's lines "; text @ name:line".
func (s sourceFinder) quotes(name string) []quote {
	var quotes []quote
	for line := range strings.Lines(s.log) {
		text, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "; ")
		at := strings.LastIndex(text, " @ "+name+":")
		if !ok || at < 0 {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(text[at+len(" @ "+name+":"):], "%d", &n); err == nil {
			quotes = append(quotes, quote{n, strings.TrimSpace(text[:at])})
		}
	}
	return quotes
}

func matches(lines []string, quotes []quote) int {
	n := 0
	for _, q := range quotes {
		if q.line >= 1 && q.line <= len(lines) && strings.TrimSpace(lines[q.line-1]) == q.text {
			n++
		}
	}
	return n
}
