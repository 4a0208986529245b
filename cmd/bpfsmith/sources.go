package main

import (
	"os"
	"path/filepath"
	"strings"
)

// sources are the source files of a program, by their names. A file is read when it is first shown.
type sources struct {
	beside string // a directory where a file is looked for when it is not at its place: that of the object
	files  map[string][]string
}

// lines are the lines of a file, with spaces for tabs; nil if it is not here.
func (s *sources) lines(name string) []string {
	if lines, ok := s.files[name]; ok {
		return lines
	}
	var lines []string
	for _, at := range []string{name, filepath.Join(s.beside, filepath.Base(name))} {
		if text, err := os.ReadFile(at); err == nil && len(text) < maxSourceFile {
			lines = strings.Split(strings.ReplaceAll(string(text), "\t", "    "), "\n")
			break
		}
	}
	if s.files == nil {
		s.files = make(map[string][]string)
	}
	s.files[name] = lines
	return lines
}
