package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// Limits of the search for source files: reading a whole home directory would take too long.
const (
	maxEntries    = 50_000
	maxSourceFile = 4 << 20
)

// sourceEndings are the endings of files that BPF programs are written in. A log comes from anywhere, and may name any file. Other files
// are not read: a report that somebody passes on must not have lines of them.
var sourceEndings = [...]string{".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".rs", ".zig", ".py"}

// A sourceFinder finds files by their base name: a log has only that.
type sourceFinder struct {
	dir    string
	quotes map[string][]verifierlog.Source // by file, what the log quotes of it
	paths  map[string][]string             // by file, where files with this name are; nil before the search
}

// newSourceFinder returns a finder for the files that a log quotes. It searches only when the first file is read.
func newSourceFinder(dir string, quotes []verifierlog.Source) *sourceFinder {
	s := &sourceFinder{dir: dir, quotes: map[string][]verifierlog.Source{}}
	for _, q := range quotes {
		if isSource(q.File) && strings.TrimSpace(q.Text) != "" { // an empty line is in every file: it proves nothing
			s.quotes[q.File] = append(s.quotes[q.File], q)
		}
	}
	return s
}

// isSource reports whether a name is a base name of a source file. Names that begin with a dot are hidden files.
func isSource(name string) bool {
	return filepath.Base(name) == name && !strings.HasPrefix(name, ".") && slices.Contains(sourceEndings[:], filepath.Ext(name))
}

// read returns the file with the name that has the most lines that the log quotes: there may be several files named main.go. A file
// without any of these lines is another one.
func (s *sourceFinder) read(name string) ([]byte, error) {
	if !isSource(name) {
		return nil, fmt.Errorf("%q is not the name of a source file", name)
	}
	quotes := s.quotes[name]
	if len(quotes) == 0 {
		return nil, errors.New(name + ": the log does not quote it")
	}
	if s.paths == nil {
		if err := s.search(); err != nil {
			return nil, err
		}
	}
	var best []byte
	most := 0
	for _, path := range s.paths[name] {
		text, err := readRegular(path, maxSourceFile)
		if err != nil {
			continue
		}
		if n := matches(strings.Split(string(text), "\n"), quotes); n > most {
			best, most = text, n
		}
	}
	if best == nil {
		return nil, errors.New(name + ": not found, or not the file that the program was made from")
	}
	return best, nil
}

// candidates are all files that may have been read.
func (s *sourceFinder) candidates() []string {
	var all []string
	for _, paths := range s.paths {
		all = append(all, paths...)
	}
	return all
}

// search goes once through the folder, for all files that the log quotes.
func (s *sourceFinder) search() error {
	s.paths = map[string][]string{}
	entries := 0
	return filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // skip directories that we may not read
		}
		if entries++; entries > maxEntries {
			return fs.SkipAll
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != s.dir && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() && len(s.quotes[name]) > 0 {
			s.paths[name] = append(s.paths[name], path)
		}
		return nil
	})
}

// readRegular reads a regular file of at most that many bytes. Opening does not wait, for any kind of file.
func readRegular(path string, most int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: not a regular file of at most %d bytes", path, most)
	}
	return io.ReadAll(io.LimitReader(file, most))
}

func matches(lines []string, quotes []verifierlog.Source) int {
	n := 0
	for _, q := range quotes {
		if q.Line >= 1 && q.Line <= len(lines) && strings.TrimSpace(lines[q.Line-1]) == strings.TrimSpace(q.Text) {
			n++
		}
	}
	return n
}
