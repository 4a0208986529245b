package host

import (
	"os"
	"strings"
	"sync"
)

// Sources are the Go files that programs were written in, where they are still at
// hand: lines of them are shown by the verifier's log and by bpftool. The zero
// Sources is ready, and may be used by several goroutines at once.
type Sources struct {
	mu    sync.Mutex
	files map[string][]string // nil for those that cannot be read
}

// Line is the text of a line, without the white space around it; "" when the
// file is not at hand.
func (s *Sources) Line(file string, line int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, known := s.files[file]
	if !known {
		if text, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		if s.files == nil {
			s.files = make(map[string][]string)
		}
		s.files[file] = lines
	}
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}
