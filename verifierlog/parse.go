package verifierlog

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads a log of BPF_PROG_LOAD or BPF_BTF_LOAD. Any text is a log: what isn't understood is taken for part of a message, and a
// log without a message gives a Report without a Reason.
func Parse(log string) Report {
	log, _, _ = strings.Cut(log, "\x00")
	if strings.HasPrefix(log, "magic: ") {
		return parseBTF(log)
	}
	p := parser{report: Report{Insn: -1}, patterns: newPatterns()}
	for line := range strings.Lines(log) {
		p.line(strings.TrimRight(line, "\r\n"))
	}
	return p.finish()
}

// A parser goes through a log line by line.
type parser struct {
	patterns
	report  Report
	state   state
	message []string // lines since the last instruction that nothing else explains
	stats   bool     // statistics have begun: nothing else follows
	explain bool     // inside the kernel's own explanation
}

// line reads one line. The order of the questions matters: statistics may be glued to anything, and an explanation quotes instructions.
func (p *parser) line(line string) {
	line = p.statistics(line)
	switch {
	case p.stats && line == "":
	case p.explain:
		p.report.Kernel += line + "\n"
	case strings.HasPrefix(line, "Verification failed: "):
		p.explain = true
		p.report.Kernel = line + "\n"
	case line == "":
	case strings.HasPrefix(line, "; "):
		p.report.Source = parseSource(line[len("; "):])
	case p.instruction(line), p.stateLine(line):
	case strings.HasPrefix(line, "Validating "): // a global function by itself: nothing of its caller is known
		p.begin()
		p.state = state{}
	case p.isNoise(line):
	default:
		p.message = append(p.message, line)
	}
}

// statistics reads the lines that end a log and returns what stood before them: some messages of the kernel lack their newline.
func (p *parser) statistics(line string) string {
	m := p.statsLine.FindStringSubmatchIndex(line)
	if m == nil {
		if text, ok := strings.CutPrefix(line, "stack depth "); ok && p.stats {
			p.report.Stats.StackDepth = text
			return ""
		}
		return line
	}
	number := func(group int) int {
		if m[2*group] < 0 {
			return 0
		}
		n, _ := strconv.Atoi(line[m[2*group]:m[2*group+1]]) // too large for an int: no number of the kernel's
		return n
	}
	p.stats = true
	s := &p.report.Stats
	if m[2] >= 0 { // verification time
		s.Time = time.Duration(number(1)) * time.Microsecond
	} else {
		s.Processed, s.Limit, s.MaxStatesPerInsn = number(2), number(3), number(4)
		s.TotalStates, s.PeakStates, s.MarkRead = number(5), number(6), number(7)
	}
	return line[:m[0]]
}

// instruction reads "7: (95) exit", with the state that may follow.
func (p *parser) instruction(line string) bool {
	pc, rest, ok := cutPC(line)
	if !ok || len(rest) < 5 || rest[0] != '(' || rest[3] != ')' || rest[4] != ' ' {
		return false
	}
	text, after, merged := rest, "", false
	if i := strings.Index(rest, ";"); i >= 0 {
		text, after, merged = rest[:i], rest[i+1:], true
	} else if m := p.branchGlue.FindStringIndex(rest); m != nil {
		text, after = rest[:m[0]], rest[m[0]+1:]
		_, after, _ = strings.Cut(after, ":")
	}
	p.begin()
	p.report.Insn, p.report.Text = pc, strings.TrimSpace(text)
	if isCall(p.report.Text) {
		p.state.pending = true
	}
	switch {
	case merged:
		p.state.apply(after)
	case after != "":
		p.state.replace(after)
	}
	return true
}

// begin notes that the walk goes on: whatever was printed so far is no reason.
func (p *parser) begin() { p.message = p.message[:0] }

// stateLine reads lines that hold a state and no instruction.
func (p *parser) stateLine(line string) bool {
	if pc, rest, ok := cutPC(line); ok && pc >= 0 && p.isState(rest) {
		p.begin()
		if strings.Contains(" "+rest, " R10=") && strings.Contains(" "+rest, " R1=ctx()") {
			p.state.replace(rest) // the entry of a function, or 5.15, which prints whole states
		} else {
			p.state.apply(rest)
		}
		return true
	}
	if m := p.fromLine.FindStringSubmatch(line); m != nil {
		p.begin()
		if p.isState(m[1]) {
			p.state.replace(m[1])
		}
		return true
	}
	if p.isState(line) && strings.HasPrefix(line, " ") { // after "callee:" and "to caller at 3:"
		p.begin()
		p.state.replace(line)
		return true
	}
	return false
}

// cutPC splits "7: rest".
func cutPC(line string) (pc int, rest string, ok bool) {
	digits, rest, ok := strings.Cut(line, ": ")
	if !ok || digits == "" || len(digits) > 9 {
		return 0, "", false
	}
	pc, err := strconv.Atoi(digits)
	return pc, rest, err == nil && pc >= 0 && digits[0] != '+'
}

// parseSource splits "text @ file:line".
func parseSource(s string) Source {
	if i := strings.LastIndex(s, " @ "); i >= 0 {
		at := s[i+len(" @ "):]
		if j := strings.LastIndex(at, ":"); j > 0 {
			if line, err := strconv.Atoi(at[j+1:]); err == nil && line >= 0 {
				return Source{File: at[:j], Line: line, Text: s[:i]}
			}
		}
	}
	return Source{Text: s}
}

// finish draws the conclusions at the end of the log.
func (p *parser) finish() Report {
	r := &p.report
	r.Kernel = strings.TrimRight(r.Kernel, "\n")
	if n := len(p.message); n > 0 {
		r.Reason = strings.TrimSpace(p.message[n-1])
		for _, line := range p.message[:n-1] {
			r.Details = append(r.Details, strings.TrimSpace(line))
		}
	}
	if r.Text != "" && !isAfterTheWalk(r.Reason) {
		r.Frame, r.Registers, r.Stack, r.References = p.state.list()
		if !strings.HasPrefix(r.Reason, "infinite loop detected at insn ") {
			return *r
		}
		// The walk came back to an instruction, which the text names; the last
		// one of the log is the one before it.
	}
	// No instruction was walked, or the last one isn't to blame. The text may name one.
	r.Insn, r.Text, r.Source = -1, "", Source{}
	if m := p.insnInText.FindStringSubmatch(r.Reason); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			r.Insn = n
		}
	}
	return *r
}

// parseBTF reads a log of BPF_BTF_LOAD, whose last line is that of the wrong type, or a message.
func parseBTF(log string) Report {
	r := Report{Insn: -1}
	lines := slices.Collect(strings.Lines(log))
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return r
	}
	last := strings.TrimRight(lines[len(lines)-1], "\r\n")
	if strings.HasPrefix(last, "[") || strings.HasPrefix(last, "\t") {
		if !hasReason(last) {
			return r // the last type, and nothing is wrong with it
		}
	}
	if name, _, ok := strings.Cut(last, ": "); ok && slices.Contains(btfHeader[:], name) {
		return r
	}
	r.Reason = strings.TrimSpace(last)
	return r
}

// hasReason reports whether something is appended to the line of a type or member: "[2] FUNC f type_id=1 Invalid type_id".
func hasReason(line string) bool {
	if i := strings.Index(line, " args=("); i >= 0 { // "return=0 args=(1 a, 2 b)"
		_, rest, _ := strings.Cut(line[i:], ")")
		return strings.TrimSpace(rest) != ""
	}
	words := strings.Fields(line)
	for i := len(words) - 1; i >= 0; i-- {
		if strings.Contains(words[i], "=") && words[i] != "!=" {
			return i < len(words)-1
		}
	}
	// "[3] FWD name struct"
	return len(words) > 4 || len(words) == 4 && words[3] != "struct" && words[3] != "union"
}

// btfHeader lists the fields that a BTF log begins with.
var btfHeader = [...]string{
	"magic", "version", "flags", "hdr_len", "type_off", "type_len", "str_off", "str_len", "btf_total_size",
}
