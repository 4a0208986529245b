package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of the search for source files: nobody waits for a home directory to be read.
const (
	maxEntries    = 50_000
	maxSourceFile = 4 << 20
)

// A sourceFinder finds files by their base name, which is all that a log has.
type sourceFinder struct {
	dir string
	log string
}

// read returns the file of a name that has the most of the lines that the log quotes from it: a tree may have many a main.go.
func (s sourceFinder) read(name string) ([]byte, error) {
	if name == "" || filepath.Base(name) != name || name == "." || name == ".." {
		return nil, fmt.Errorf("%q is no name of a file", name)
	}
	quotes := s.quotes(name)
	var best []byte
	most, entries := 0, 0
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // a directory that we may not read is not ours
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
		return nil, errors.New(name + ": not found, or not the one that the program was made of")
	}
	return best, nil
}

// A quote is a line of a file as the log has it.
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
