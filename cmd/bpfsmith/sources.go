package main

import (
	"path/filepath"
	"strings"
)

// sources are the source files of a program, by their names. A file is read when it is first shown. An object may name any file as its
// source: only files that can be one are read.
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
		if !isSource(filepath.Base(at)) {
			break
		}
		if text, err := readRegular(at, maxSourceFile); err == nil {
			lines = strings.Split(strings.ReplaceAll(visible(string(text)), "\t", "    "), "\n")
			break
		}
	}
	if s.files == nil {
		s.files = make(map[string][]string)
	}
	s.files[name] = lines
	return lines
}
