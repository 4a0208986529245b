package verifierlog

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Limits of what is kept of a log. Lines of the kernel have at most 1 KiB, and its messages a few lines.
const (
	textLimit    = 4 << 10 // bytes of one text: an instruction, a value, a line of a message
	messageLimit = 1000    // lines of a message
	quoteLimit   = 1 << 16 // different source lines
	kernelLimit  = 1 << 20 // bytes of the kernel's own explanation

	excerptSteps = 4000 // instructions of the path that an excerpt shows
	excerptNear  = 64   // lines that belong to one instruction: remarks, source lines, states
	excerptBytes = 16 << 20
)

// clip returns the beginning of a text that is longer than any of the kernel's.
func clip(text string) string { return text[:min(len(text), textLimit)] }

// A Reading is what one pass over a log keeps of it. It takes some 20 MB for a log of any size.
type Reading struct {
	Report       Report   // complete after [Reading.Explain]
	Lines        int      // lines of the log
	Bytes        int64    // of these lines, with their ends
	Quotes       []Source // the source lines that the log quotes, as [Quotes] returns them
	Instructions []Step   // the instructions that the log shows, each once, by slot

	reporter *reporter // until Report is made
	types    bool      // a log of BPF_BTF_LOAD
	before   []Step    // the instructions before the report's
	path     []int     // the lines with the last instructions of the path
	begin    string    // the state before them, as the kernel prints it; "" when the path begins there
}

// Read reads a log of any size once, event by event. [Reading.Explain] then does what the function [Explain] does. Of a path with more
// instructions than a [Path] keeps, the report says how many are left out.
func Read(log io.Reader) (*Reading, error) {
	r := &reporter{report: Report{Insn: -1}, walk: NewWalk()}
	g := &Reading{reporter: r}
	var quotes quoteSet
	s := NewScanner(log)
	for s.Next() {
		e := s.Event()
		switch {
		case e.Kind == SourceLine:
			quotes.add(e.Source)
		case e.Kind == TypeHeader && e.Line == 1:
			g.types = true
		}
		r.take(e)
	}
	if s.Err() != nil {
		return nil, s.Err()
	}
	g.Lines, g.Bytes, g.Quotes = s.line, s.bytes, quotes.sorted()
	for _, insn := range slices.Sorted(maps.Keys(r.walk.program)) {
		g.Instructions = append(g.Instructions, Step{Insn: insn, Text: r.walk.program[insn].text})
	}
	if r.walk.Path().Len() > excerptSteps { // else it is small: whoever reads many logs may need the report of only one
		g.finish()
	}
	return g, nil
}

// Refused reports whether the log has a reason. It may be asked before Explain.
func (g *Reading) Refused() bool {
	if g.reporter != nil {
		return len(g.reporter.message) > 0
	}
	return g.Report.Refused()
}

// Explain completes the report with what is known about the program, and returns it.
func (g *Reading) Explain(p Program) Report {
	g.finish()
	g.Report = explain(g.Report, g.types, p)
	return g.Report
}

// finish makes the report and forgets the path.
func (g *Reading) finish() {
	if g.reporter == nil {
		return
	}
	path := g.reporter.walk.Path()
	g.Report = g.reporter.finish()
	g.reporter = nil
	g.before = path.stepsBefore(g.Report.Insn)
	first := max(0, path.Len()-excerptSteps)
	for i := first; i < path.Len(); i++ {
		g.path = append(g.path, path.At(i).Line)
	}
	if path.Len() > 0 && (first > 0 || path.Cut) {
		g.begin = path.Before(first).print(path.At(first).Insn)
	}
}

// print returns the state as the kernel prints it before an instruction.
func (s *Snapshot) print(insn int) string {
	registers, stack := s.list()
	words := []string{fmt.Sprintf("%d:", insn)}
	if s.Frame > 0 {
		words = append(words, fmt.Sprintf("frame%d:", s.Frame))
	}
	for _, r := range registers {
		words = append(words, r.String())
	}
	for _, slot := range stack {
		words = append(words, slot.String())
	}
	if s.refs != "" {
		words = append(words, "refs="+s.refs)
	}
	return strings.Join(words, " ")
}

// stepsBefore returns the instructions before the last visit of an instruction.
func (p *Path) stepsBefore(insn int) []Step {
	if insn < 0 {
		return nil
	}
	for at := p.Len() - 1; at >= 0; at-- {
		if p.steps[at].code.insn != insn {
			continue
		}
		var steps []Step
		for _, s := range p.steps[max(0, at-insnsBefore):at] {
			steps = append(steps, Step{Insn: s.code.insn, Text: s.code.text})
		}
		return steps
	}
	return nil
}

// Excerpt reads the log again, and returns the lines that a reader needs: the first and the last, as many as asked for, and between them
// the last 4000 instructions of the path that failed, with what belongs to them. numbers has the number of each line in the log, from 1.
// Where the path begins before the excerpt, a line is added that the log does not have: the state there. It has the number of the line
// after it.
func (g *Reading) Excerpt(log io.Reader, head, tail int) (text string, numbers []int, err error) {
	x := excerpt{path: g.path}
	s := NewScanner(log)
	for {
		line, _, ok := s.nextLine()
		if !ok {
			return x.text.String(), x.numbers, s.Err()
		}
		s.line++
		e := Event{Line: s.line, Insn: -1, From: -1}
		s.lines.read(line, &e)
		s.lines.pending = "" // belongs to the same line
		switch {
		case s.line <= head:
			x.emit(line, s.line)
		case s.line > g.Lines-tail:
			x.flush()
			x.emit(line, s.line)
		default:
			x.middle(line, &e, g.begin)
		}
	}
}

// An excerpt is made line by line.
type excerpt struct {
	text    strings.Builder
	numbers []int
	path    []int // lines that are still to come
	begun   bool  // a line of the path was written

	near  []string // lines since the last instruction or branch
	lines []int
}

func (x *excerpt) emit(line string, number int) {
	if x.text.Len() > excerptBytes {
		return
	}
	x.text.WriteString(line[:min(len(line), 4*textLimit)])
	x.text.WriteByte('\n')
	x.numbers = append(x.numbers, number)
}

func (x *excerpt) flush() {
	for i, line := range x.near {
		x.emit(line, x.lines[i])
	}
	x.forget()
}

func (x *excerpt) forget() { x.near, x.lines = x.near[:0], x.lines[:0] }

// middle decides about a line between the beginning and the end. Lines of other paths end where the walk goes back to a branch.
func (x *excerpt) middle(line string, e *Event, begin string) {
	switch e.Kind {
	case Instruction:
		for len(x.path) > 0 && x.path[0] < e.Line {
			x.path = x.path[1:]
		}
		if len(x.path) == 0 || x.path[0] > e.Line {
			x.forget()
			return
		}
		if !x.begun && begin != "" {
			x.emit(begin, e.Line)
		}
		x.begun = true
		x.flush()
		x.emit(line, e.Line)
		return
	case Branch:
		x.forget()
	case SourceLine, EntryState, CallerState, CalleeState, ReturnState, ResumeState, GlobalFunction, FunctionInfo, ArgumentInfo, Remark:
	default:
		return
	}
	if len(x.near) < excerptNear {
		x.near, x.lines = append(x.near, strings.Clone(line)), append(x.lines, e.Line)
	}
}

// A quoteSet collects the source lines that a log quotes.
type quoteSet struct {
	seen map[Source]bool
	last Source
	size int
}

func (q *quoteSet) add(s Source) {
	if s.Line <= 0 || s == q.last || q.seen[s] || len(q.seen) >= quoteLimit || q.size > quoteLimit*64 {
		return
	}
	if q.seen == nil {
		q.seen = map[Source]bool{}
	}
	q.last = Source{File: strings.Clone(clip(s.File)), Line: s.Line, Text: strings.Clone(clip(s.Text))}
	q.seen[q.last] = true
	q.size += len(q.last.File) + len(q.last.Text)
}

func (q *quoteSet) sorted() []Source {
	return slices.SortedFunc(maps.Keys(q.seen), func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
}
