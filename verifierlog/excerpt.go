package verifierlog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A sourceLine is a line of an excerpt. A line with number 0 means that lines are left out, or that the number of the line is unknown.
type sourceLine struct {
	number int
	text   string
	blamed bool
}

const (
	linesBefore = 3 // before the line with the mistake
	linesAfter  = 1
	insnsBefore = 6 // before the instruction with the mistake, when there is no source
)

// excerpt returns the source around the report's line: from the file, or else the lines that the log quotes. It is empty when nothing is
// known.
func (p *printer) excerpt() []sourceLine {
	at := p.report.Source
	if at.Text == "" && at.File == "" {
		return nil
	}
	if at.File != "" && p.Source != nil {
		if text, err := p.Source(at.File); err == nil {
			if lines := excerptOf(string(text), at); lines != nil {
				return lines
			}
		}
	}
	blamed := sourceLine{at.Line, visible(at.Text), true}
	if at.Line == 0 {
		return []sourceLine{blamed}
	}
	lines := []sourceLine{blamed}
	quotes := Quotes
	if p.Reading != nil {
		quotes = func(string) []Source { return p.Reading.Quotes }
	}
	for _, q := range quotes(p.Log) {
		if q.File == at.File && q.Line >= at.Line-linesBefore && q.Line <= at.Line+linesAfter && q.Line != at.Line {
			lines = append(lines, sourceLine{q.Line, visible(q.Text), false})
		}
	}
	slices.SortFunc(lines, func(a, b sourceLine) int { return cmp.Compare(a.number, b.number) })
	return withGaps(lines)
}

// excerptOf cuts the excerpt from a file. It returns nil when the file has another text at that line: it was changed, or it is another
// file with the same name. Without a text nothing shows that it is the same file.
func excerptOf(text string, at Source) []sourceLine {
	lines := strings.Split(text, "\n")
	text = strings.TrimSpace(at.Text)
	if at.Line < 1 || at.Line > len(lines) || text == "" || strings.TrimSpace(lines[at.Line-1]) != text {
		return nil
	}
	var found []sourceLine
	for n := max(1, at.Line-linesBefore); n <= min(len(lines), at.Line+linesAfter); n++ {
		found = append(found, sourceLine{n, visible(lines[n-1]), n == at.Line})
	}
	// Remove the indentation that all lines share.
	indent := 1 << 20
	for _, line := range found {
		if text := strings.TrimLeft(line.text, " "); text != "" {
			indent = min(indent, len(line.text)-len(text))
		}
	}
	for i := range found {
		found[i].text = found[i].text[min(indent, len(found[i].text)):]
	}
	for len(found) > 0 && found[0].text == "" {
		found = found[1:]
	}
	if n := len(found); n > 0 && found[n-1].text == "" && !found[n-1].blamed {
		found = found[:n-1]
	}
	return found
}

// withGaps inserts a line without a number where line numbers are missing.
func withGaps(lines []sourceLine) []sourceLine {
	var out []sourceLine
	for i, line := range lines {
		if i > 0 && line.number > lines[i-1].number+1 {
			out = append(out, sourceLine{})
		}
		out = append(out, line)
	}
	return out
}

// Quotes returns the source lines that a log quotes, each once, sorted by file and number. Lines without a number are left out.
func Quotes(log string) []Source {
	var quotes quoteSet
	for scanner := newTextScanner(log); scanner.Next(); {
		if e := scanner.Event(); e.Kind == SourceLine {
			quotes.add(e.Source)
		}
	}
	return quotes.sorted()
}

// instructionsBefore returns the instructions before the report's instruction, for reports without source: from the path in the log, or
// else from the program.
func (p *printer) instructionsBefore() []Step {
	r := p.report
	if r.Insn < 0 || r.Source != (Source{}) {
		return nil
	}
	var steps []Step
	if p.Reading != nil {
		steps = p.Reading.before
	} else {
		steps = pathOf(p.Log).stepsBefore(r.Insn)
	}
	if steps != nil {
		return steps
	}
	for _, step := range Listing(p.Code) {
		if step.Insn >= r.Insn-insnsBefore && (step.Insn < r.Insn || step.Insn == r.Insn && r.Text == "") {
			steps = append(steps, step)
		}
	}
	return steps
}

// Listing returns the instructions of a little-endian program, with the text that a log would have: "(95) exit". It ends at the first slot
// that is not an instruction.
func Listing(code []byte) []Step {
	instructions, _ := isa.Decode(code, isa.LittleEndian) // the report says what is wrong with the rest
	var steps []Step
	slot := 0
	for _, instruction := range instructions {
		opcode := byte(0)
		if 8*slot < len(code) {
			opcode = code[8*slot]
		}
		steps = append(steps, Step{Insn: slot, Text: fmt.Sprintf("(%02x) %s", opcode, isa.AppendText(nil, instruction, isa.Kernel))})
		slot++
		if opcode == 0x18 { // a 64-bit load
			slot++
		}
	}
	return steps
}
