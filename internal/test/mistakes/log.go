package mistakes

import (
	"embed"
	"strings"

	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

//go:embed testdata
var logs embed.FS

// Log returns the recorded log of the kernel.
func (m *Mistake) Log() (string, error) {
	text, err := logs.ReadFile("testdata/" + m.Name + ".log")
	return string(text), err
}

// place describes the program for verifierlog.
func (m *Mistake) place() verifierlog.Program {
	if m.Types != nil {
		return verifierlog.Program{Language: verifierlog.Go}
	}
	p := verifierlog.Program{Type: m.In.Type, License: m.In.License, Language: verifierlog.Go}
	if p.License == "" {
		p.License = "GPL"
	}
	if p.Type == syscall.ProgTypeStructOps {
		p.Struct, p.Member, _ = strings.Cut(m.In.Target, ".")
	}
	return p
}

// Explain returns verifierlog's explanation of the recorded log.
func (m *Mistake) Explain() (verifierlog.Report, error) {
	log, err := m.Log()
	return verifierlog.Explain(log, m.place()), err
}

// places returns the lines at which the mistake may be reported.
func (s *Source) places() []int { return append(append([]int(nil), s.Wrong...), s.Seen...) }

// reported returns the line at which the kernel must report it.
func (s *Source) reported() int {
	if len(s.Seen) > 0 {
		return s.Seen[0]
	}
	return s.Wrong[0]
}
