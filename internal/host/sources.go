package host

import (
	"io"
	"path/filepath"
	"strings"
	"sync"
)

// mostSource is the size of the longest file that is read, in bytes. The longest files of Go's own tree have 3 MB.
const mostSource = 16 << 20

// Sources are the Go files of programs, if they are available. The verifier's log and bpftool show lines of them. The zero Sources is
// ready to use, also by several goroutines at the same time.
//
// The names of these files come from the binary. Someone else may have built it, and today another file may be under the name. The process
// is often root's, and what it reads goes to the kernel, where others can see it. So a file is read only if it
//   - has an absolute name, which ends with ".go" and is not a symbolic link: no other kind of file, and nothing below the current folder,
//     where names of a binary that was built with -trimpath would be looked for
//   - is a regular file: a pipe could make us wait, and a device could fill memory
//   - has at most 16 MB
//   - belongs to root or to the user (of sudo, the user who called it), and others may not write to it
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
		lines = readSource(file)
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

// readSource returns the lines of a Go file; nil when it must not or cannot be read.
func readSource(name string) []string {
	if !filepath.IsAbs(name) || filepath.Ext(name) != ".go" {
		return nil
	}
	file, err := openSource(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostSource+1))
	if err != nil || len(text) > mostSource {
		return nil
	}
	return strings.Split(string(text), "\n")
}
