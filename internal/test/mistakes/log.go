package mistakes

import (
	"embed"
	"strings"

	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

//go:embed testdata
var logs embed.FS

// Log is what the kernel said to the mistake, as it was recorded.
func (m *Mistake) Log() (string, error) {
	text, err := logs.ReadFile("testdata/" + m.Name + ".log")
	return string(text), err
}

// place is what verifierlog is told of the mistake's program.
func (m *Mistake) place() verifierlog.Program {
	if m.Types != nil {
		return verifierlog.Program{}
	}
	p := verifierlog.Program{Type: m.In.Type, License: m.In.License}
	if p.License == "" {
		p.License = "GPL"
	}
	if p.Type == syscall.ProgTypeStructOps {
		p.Struct, p.Member, _ = strings.Cut(m.In.Target, ".")
	}
	return p
}

// Explain is what verifierlog makes of what the kernel said.
func (m *Mistake) Explain() (verifierlog.Report, error) {
	log, err := m.Log()
	return verifierlog.Explain(log, m.place()), err
}

// places are the lines at which the mistake may be reported.
func (s *Source) places() []int { return append(append([]int(nil), s.Wrong...), s.Seen...) }

// reported is the line at which the kernel is to report it.
func (s *Source) reported() int {
	if len(s.Seen) > 0 {
		return s.Seen[0]
	}
	return s.Wrong[0]
}
