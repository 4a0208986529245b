package main

import (
	"regexp"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// cleanLog finds the verifier's log in the output of a loader, a journal or a CI system.
func cleanLog(text string) string {
	if text == "" || strings.HasPrefix(text, "magic: ") { // a log of a BTF load, in which indents have a meaning
		return text
	}
	p := newLogPatterns()
	var lines []string
	for line := range strings.Lines(p.escapes.ReplaceAllString(text, "")) {
		lines = append(lines, p.withoutPrefix(strings.TrimRight(line, "\r\n")))
	}
	best := ""
	for _, part := range p.split(lines) {
		log := strings.Join(p.withoutIndent(part), "\n") + "\n"
		if best == "" || verifierlog.Parse(log).Refused() {
			best = log
		}
	}
	return best
}

// logPatterns describe the lines of a log, and what other programs put before them.
type logPatterns struct {
	escapes *regexp.Regexp // escape sequences of terminals
	prefix  *regexp.Regexp // timestamps, names of programs, levels
	begin   *regexp.Regexp // the end of the loader's own text
	end     *regexp.Regexp
	stats   *regexp.Regexp // the last line of a log
	first   *regexp.Regexp // a line that only a log has; the group is its indent
	loader  *regexp.Regexp // the loader's own lines
}

func newLogPatterns() logPatterns {
	return logPatterns{
		escapes: regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`),
		prefix: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`\[ *\d+\.\d+\] `, // dmesg
			`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[-+]\d\d:?\d\d)? `,           // ISO 8601, Go's log
			`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? `, // syslog
			`\S+ [\w./@-]+\[\d+\]: `,                           // the host and program of syslog
			`\[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\]?:? `, // levels
			`libbpf: `,
		}, "|") + `)`),
		begin:  regexp.MustCompile(`-- BEGIN PROG LOAD LOG --$`),
		end:    regexp.MustCompile(`-- END PROG LOAD LOG --$`),
		stats:  regexp.MustCompile(`processed \d+ insns \(limit \d+\)`),
		first:  regexp.MustCompile(`^([ \t]*)(?:\d+: \([0-9a-f]{2}\) |\d+: R\d+=|func#\d+ @\d|processed \d+ insns )`),
		loader: regexp.MustCompile(`^(?:prog '[^']*': |failed to load |Error: failed|elf: |map '[^']*': )`),
	}
}

// withoutPrefix cuts what other programs put before a line. The indent that is left belongs to the log.
func (p logPatterns) withoutPrefix(line string) string {
	for {
		at := p.prefix.FindStringIndex(line)
		if at == nil {
			return line
		}
		line = line[at[1]:]
	}
}

// split finds the logs in the lines. A frame marks the beginning and end of a log; without a frame, the statistics end a log. Lines after
// the last log belong to the loader. When there are no statistics at all, the end of the log is missing.
func (p logPatterns) split(lines []string) [][]string {
	var framed, ended [][]string
	var part []string
	inside := false
	for _, line := range lines {
		switch {
		case p.begin.MatchString(line):
			part, inside = nil, true
			continue
		case p.end.MatchString(line):
			if inside {
				framed = append(framed, part)
			}
			part, inside = nil, false
			continue
		case p.loader.MatchString(line):
			continue
		}
		part = append(part, line)
		if !inside && p.stats.MatchString(line) {
			ended = append(ended, part)
			part = nil
		}
	}
	switch {
	case inside: // the end of the frame is missing
		return append(framed, part)
	case len(framed) > 0:
		return framed
	case len(ended) > 0:
		return ended
	}
	return [][]string{part}
}

// withoutIndent removes an indent from all lines: that of the first line that certainly belongs to a log. Other blanks stay, because some
// lines of a log begin with blanks.
func (p logPatterns) withoutIndent(lines []string) []string {
	indent := ""
	for _, line := range lines {
		if m := p.first.FindStringSubmatch(line); m != nil {
			indent = m[1]
			break
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = strings.TrimPrefix(line, indent)
	}
	return out
}
