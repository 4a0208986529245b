package attachment

import (
	"errors"
	"io/fs"
)

// Pins are the files that a link was pinned to, or opened from.
type Pins struct{ paths []string }

// Add records a file.
func (p *Pins) Add(path string) { p.paths = append(p.paths, path) }

// Remove removes all of them with remove. A file that does not exist counts as removed. Files that cannot be removed stay in the list.
func (p *Pins) Remove(remove func(string) error) error {
	var errs []error
	var left []string
	for _, path := range p.paths {
		if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			left = append(left, path)
		}
	}
	p.paths = left
	return errors.Join(errs...)
}
