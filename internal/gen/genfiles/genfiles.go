// Package genfiles has the code that all generators share: it writes generated files, or finds those that are not up to date.
package genfiles

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A File is a file to write.
type File struct {
	Path     string // in the module, with slashes
	Contents func() ([]byte, error)
}

// Update writes the files that are not up to date. If check is set, it writes nothing and returns an error if there is such a file.
// command is the command that makes the files.
func Update(files []File, command string, check bool) error {
	root, err := Root()
	if err != nil {
		return err
	}
	var stale []string
	for _, f := range files {
		want, err := f.Contents()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		path := filepath.Join(root, filepath.FromSlash(f.Path))
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, want) {
			continue
		}
		if check {
			stale = append(stale, f.Path)
			continue
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			return err
		}
	}
	if stale != nil {
		return fmt.Errorf("stale: %q; run %s", stale, command)
	}
	return nil
}

// Root returns the nearest folder with a go.mod, from the current one upwards.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod in this folder or above")
		}
		dir = up
	}
}
