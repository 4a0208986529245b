package structops

import (
	"os"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/isa"
)

// Host is the running kernel as a target, with the instructions that it takes:
// the kernel is asked, by loading a few (see package internal/host). Close its BTF
// when done; plans made for it stay valid.
//
// Its Source reads the Go files that programs were written in, where they are
// still at hand, so that the verifier's log and bpftool show lines of Go.
func Host() (compile.Target, error) {
	types, err := btf.Kernel()
	if err != nil {
		return compile.Target{}, err
	}
	takes := host.Ask()
	return compile.Target{BTF: types, Level: takes.Level, Kernel: takes.Kernel, ByteOrder: isa.Native, Source: newSources().line}, nil
}

// sources keeps the lines of files that were asked for.
type sources struct {
	mu    sync.Mutex
	files map[string][]string // nil for those that cannot be read
}

func newSources() *sources { return &sources{files: make(map[string][]string)} }

// line is the text of a line, without the white space around it; "" when the
// file is not at hand.
func (s *sources) line(file string, line int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, known := s.files[file]
	if !known {
		if text, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		s.files[file] = lines
	}
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}

// here is the line that called the exported function which calls here.
func here() dsl.Position { return dsl.Here(1) }
