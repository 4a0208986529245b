package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/internal/gen/btfgen"
)

// writeOutput writes the file of a flag; "-" is standard output. read has the names of the files that the command has read, "-" for
// standard input. A file that was read is not overwritten: whoever names it as output has mistyped, and it may be the only copy.
func writeOutput(cmd *cobra.Command, flag, path string, data []byte, read ...string) error {
	if path == "-" {
		_, err := cmd.OutOrStdout().Write(data)
		return asInputError(err)
	}
	if name := sameFile(cmd, path, read); name != "" {
		return fmt.Errorf("%s %s: this is the same file as %s, which is input: nothing is written; name another file", flag, path, name)
	}
	return asInputError(os.WriteFile(path, data, 0o644))
}

func asInputError(err error) error {
	if err == nil {
		return nil
	}
	return &inputError{err}
}

// sameFile returns the name of the input that is the file at a path, also through links; "" if none is. Only regular files can lose what
// they have.
func sameFile(cmd *cobra.Command, path string, read []string) string {
	output, err := os.Stat(path)
	if err != nil || !output.Mode().IsRegular() {
		return ""
	}
	for _, name := range read {
		input, err := statInput(cmd, name)
		if err == nil && os.SameFile(output, input) {
			if name == "-" {
				return "standard input"
			}
			return name
		}
	}
	return ""
}

func statInput(cmd *cobra.Command, name string) (os.FileInfo, error) {
	if name != "-" {
		return os.Stat(name)
	}
	if file, ok := cmd.InOrStdin().(*os.File); ok {
		return file.Stat()
	}
	return nil, fs.ErrNotExist
}

// A generatedFolder is a folder with files that gen writes. Nothing outside of it is touched, and no file that somebody else wrote.
type generatedFolder struct {
	dir   string
	root  *os.Root
	files []btfgen.File
}

// openFolder opens the folder, and makes it if it does not exist and make is true. Without make, a folder that does not exist is empty.
func openFolder(dir string, files []btfgen.File, make bool) (*generatedFolder, error) {
	if make {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) && !make {
		return &generatedFolder{dir: dir, files: files}, nil
	}
	if err != nil {
		return nil, err
	}
	return &generatedFolder{dir, root, files}, nil
}

func (g *generatedFolder) close() error {
	if g.root == nil {
		return nil
	}
	return g.root.Close()
}

// read returns a file of the folder; nil if it does not exist.
func (g *generatedFolder) read(name string) ([]byte, error) {
	if g.root == nil {
		return nil, nil
	}
	content, err := g.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// stale finds files that gen wrote and that are no longer generated.
func (g *generatedFolder) stale() ([]string, error) {
	if g.root == nil {
		return nil, nil
	}
	found, err := fs.Glob(g.root.FS(), "*"+btfgen.Suffix)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, f := range g.files {
		wanted[f.Name] = true
	}
	var names []string
	for _, name := range found {
		info, err := g.root.Lstat(name)
		if err != nil || wanted[name] || !info.Mode().IsRegular() {
			continue
		}
		content, err := g.read(name)
		if err != nil {
			return nil, err
		}
		if btfgen.Wrote(content) {
			names = append(names, name)
		}
	}
	return names, nil
}

// write writes the files, and removes those that are no longer generated. It changes nothing if it would overwrite a file that somebody
// else wrote.
func (g *generatedFolder) write() error {
	for _, f := range g.files {
		have, err := g.read(f.Name)
		if err != nil {
			return err
		}
		if have != nil && !btfgen.Wrote(have) {
			return fmt.Errorf("%s exists and was not written by bpfsmith gen: nothing is written; move it away",
				filepath.Join(g.dir, f.Name))
		}
	}
	old, err := g.stale()
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := g.root.Remove(name); err != nil {
			return err
		}
	}
	for _, f := range g.files {
		if err := g.root.WriteFile(f.Name, f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// check reports files that are not up to date.
func (g *generatedFolder) check() error {
	names, err := g.stale()
	if err != nil {
		return err
	}
	for _, f := range g.files {
		have, err := g.read(f.Name)
		if err != nil {
			return err
		}
		if !bytes.Equal(have, f.Content) {
			names = append(names, f.Name)
		}
	}
	if names != nil {
		return fmt.Errorf("stale in %s: %q; run go generate there", g.dir, names)
	}
	return nil
}
