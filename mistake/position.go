package mistake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Position is a line of Go source.
type Position struct {
	File string // as the Go compiler recorded it: absolute, or module-relative under -trimpath
	Line int    // from 1; 0 when the position is not known
	Func string // the function that the line is in, with its package path
}

// IsValid reports whether the position is known.
func (p Position) IsValid() bool { return p.Line > 0 }

// String is "file:line", so that editors and terminals can open it. A file below the working directory is written relative to it.
func (p Position) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d", relative(p.File), p.Line)
}

func relative(file string) string {
	dir, err := os.Getwd()
	if err != nil {
		return file
	}
	short, err := filepath.Rel(dir, file)
	if err != nil || strings.HasPrefix(short, "..") {
		return file
	}
	return short
}
