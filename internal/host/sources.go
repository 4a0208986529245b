package host

import (
	"os"
	"strings"
	"sync"
)

// Sources are the Go files of programs, if they are available. The verifier's log and bpftool show lines of them. The zero Sources is
// ready to use, also by several goroutines at the same time.
type Sources struct {
	mu    sync.Mutex
	files map[string][]string // nil for those that cannot be read
}

// Line returns the text of a line, without white space around it; "" when the file is not available.
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
