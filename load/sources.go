package load

import (
	"os"
	"strings"
)

// sources keeps the lines of the files that a program was written in, for the
// verifier's log and for bpftool. It is of one compilation.
type sources map[string][]string // nil for files that cannot be read

func newSources() sources { return make(sources) }

// line is the text of a line, without the white space around it; "" when the file
// is not at hand.
func (s sources) line(file string, line int) string {
	lines, known := s[file]
	if !known {
		if text, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		s[file] = lines
	}
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}
