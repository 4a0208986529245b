package loaderlog

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A wrapped log is a log, or its end, in a line of other text.
type wrapped struct {
	lines    [][]byte
	framed   bool // the log continues in the next lines
	complete bool // the line has everything
}

// aya puts the log after these words.
var verifierOutput = []byte("Verifier output: ")

// wrappedLog finds a log in a line: after aya's words, or in an error of cilium/ebpf, which has the last line of a log, or two:
//
//	load program: permission denied: 0: (bf) r3 = r2: R2 !read_ok (3 line(s) omitted)
func (p *logPatterns) wrappedLog(line []byte) (w wrapped, ok bool) {
	if _, log, ok := bytes.Cut(line, verifierOutput); ok {
		return wrapped{lines: [][]byte{bytes.Clone(log)}, framed: true}, true
	}
	if !bytes.Contains(line, []byte("load ")) {
		return wrapped{}, false
	}
	at := p.short.FindIndex(line)
	if at == nil {
		return wrapped{}, false
	}
	log, truncated := bytes.Clone(line[at[1]:]), false // the text of the line is lost when the next one is read
	if p.nothing.Match(log) {                          // the error has no line of the log
		return wrapped{lines: [][]byte{[]byte("...")}, complete: true}, true
	}
	if m := p.omitted.FindSubmatchIndex(log); m != nil && m[1] > m[0]+len(" ()") {
		truncated = m[2] >= 0
		log, w.complete = log[:m[0]], true
	}
	if m := p.reason.FindSubmatch(log); m != nil {
		w.lines = append(w.lines, m[1], m[2])
	} else {
		w.lines = append(w.lines, log)
	}
	if truncated {
		w.lines = append(w.lines, []byte("(truncated...)"))
	}
	return w, true
}

// facts are what the lines around a log say about the load.
type facts struct {
	errno string // EACCES
	rust  bool   // the loader is aya
	said  []string
	typ   linux.ProgType // 0 when no line says it
}

// read looks for the error of the load, and for the type of the program.
func (f *facts) read(line []byte, p *logPatterns) {
	if len(line) == 0 || line[0] >= '0' && line[0] <= '9' || line[0] == ';' {
		return
	}
	// The words are looked for first: a pattern takes fifty times as long.
	if m := matchIf(p.errno, line, "failed to load: "); m != nil {
		if name, ok := linux.ParseErrno(strings.TrimPrefix(string(m[1]), "-")); ok {
			f.errno = name
		}
	}
	f.rust = f.rust || bytes.Contains(line, verifierOutput)
	if m := matchIf(p.typ, line, " - Type: "); m != nil {
		n, _ := strconv.Atoi(string(m[1])) // at most three digits
		f.typ = linux.ProgType(n)
	}
	if m := matchIf(p.words, line, "ermission denied", "nvalid argument", "peration not ", "rgument list too long",
		"o space left"); m != nil {
		words := strings.ToLower(string(m[1]))
		if i := slices.IndexFunc(errorWords[:], func(e errorText) bool { return e.words == words }); i >= 0 {
			f.errno = errorWords[i].errno
		}
	}
}

// matchIf matches a line with a pattern if it has one of the words, without which the pattern does not match.
func matchIf(pattern *regexp.Regexp, line []byte, words ...string) [][]byte {
	for _, word := range words {
		if bytes.Contains(line, []byte(word)) {
			return pattern.FindSubmatch(line)
		}
	}
	return nil
}

// The surroundings of a log are the facts before it, in it and after it. A text may have many logs, of different programs.
type surroundings struct {
	before, own facts
	after       *facts
	afterwards  bool // this loader tells the error of a load after its log
}

// facts joins them. Between two logs stands what belongs to the first, and then what belongs to the second.
func (s surroundings) facts() facts {
	f := s.own
	if s.after == nil {
		return f
	}
	first, second := s.before, *s.after
	if s.afterwards {
		first, second = second, first
	}
	f.errno = cmp.Or(f.errno, first.errno, second.errno)
	f.typ = cmp.Or(f.typ, s.before.typ) // is told before the log
	f.rust = f.rust || s.before.rust || s.after.rust
	f.said = slices.Concat(s.before.said, s.own.said, s.after.said)
	return f
}

// say keeps a line that a loader printed, without the name of the program.
func (f *facts) say(line []byte, p *logPatterns) {
	if len(f.said) < mostSaid {
		f.said = append(f.said, p.program.ReplaceAllString(string(line), ""))
	}
}

// mostSaid is the number of lines of a loader that are kept: what is wrong is said at the beginning.
const mostSaid = 1000

// about adds the facts to what is known already.
func (f facts) about(p verifierlog.Program) verifierlog.Program {
	if p.Errno == "" {
		p.Errno = f.errno
	}
	if p.Type == 0 {
		p.Type = f.typ
	}
	p.Loader = f.said
	if f.rust {
		p.Usual = verifierlog.Rust
	}
	return p
}

// An errorText is an error of the load in words.
type errorText struct{ words, errno string }

var errorWords = [...]errorText{
	{"permission denied", "EACCES"}, {"invalid argument", "EINVAL"}, {"operation not permitted", "EPERM"},
	{"argument list too long", "E2BIG"}, {"no space left on device", "ENOSPC"}, {"operation not supported", "EOPNOTSUPP"},
}
