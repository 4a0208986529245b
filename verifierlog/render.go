package verifierlog

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Style says how Render shows a report, and which other inputs it may use. The zero value means plain text, 80 columns wide, with the
// source lines that are in the report itself.
type Style struct {
	Color bool // with the escape sequences of terminals
	Width int  // in columns; 0 for 80

	// Source reads a source file of the program, by the base name that the log has. When it is nil or returns an error, the report shows
	// only the lines that the log quotes.
	Source func(file string) ([]byte, error)

	Log     string   // the log: without source, Render takes the instructions before the mistake from it
	Reading *Reading // what [Read] kept of the log; then Log is not needed
	Code    []byte   // the program, little-endian: used when the log has no instructions
}

// Render writes the report for a terminal: what is wrong, the Go line with the known values, how these values were computed, and what to
// do. String is the short form.
func (r Report) Render(w io.Writer, s Style) error {
	if s.Width <= 0 {
		s.Width = 80
	}
	s.Width = max(s.Width, 40)
	p := printer{Style: s, report: r}
	p.all()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// A printer builds the text.
type printer struct {
	Style
	report Report
	gutter int   // columns that line numbers take
	said   []int // registers that the label names
	b      strings.Builder
}

// Colours, as parameters of "select graphic rendition".
const (
	red   = "1;31"
	blue  = "1;34"
	cyan  = "1;36"
	green = "1;32"
	bold  = "1"
	dim   = "2"
)

func (p *printer) paint(color, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// all writes the report, part by part.
func (p *printer) all() {
	r := p.report
	if !r.Refused() && r.Kind == mistake.None {
		p.b.WriteString("The log has no error.\n")
		if r.Explanation != "" {
			p.b.WriteString("\n")
			p.wrap("", "", visible(r.Explanation))
			p.b.WriteString("\n")
		}
		p.stats()
		return
	}
	p.header()
	p.place()
	if r.Explanation != "" {
		p.b.WriteString("\n")
		p.wrap("", "", visible(r.Explanation))
	}
	p.slice()
	if r.Fix != "" {
		p.b.WriteString("\n")
		p.wrap("help: ", green, visible(r.Fix))
	}
	p.kernel()
	p.stats()
}

// header writes "error[maybe-nil]: a pointer that may be nil is used". For a message that is not in the catalogue it writes the kernel's
// words.
func (p *printer) header() {
	r := p.report
	label, text := "error", r.Kind.Title()
	if r.Kind != mistake.None {
		label += "[" + r.Kind.String() + "]"
	}
	if text == "" {
		text = visible(r.Reason)
	}
	if text == "" {
		text = "the log does not say why"
	}
	lines := wrapText(text, p.Width-len(label)-2)
	p.b.WriteString(p.paint(red, label) + p.paint(bold, ": "+lines[0]) + "\n")
	for _, line := range lines[1:] {
		p.b.WriteString(strings.Repeat(" ", len(label)+2) + p.paint(bold, line) + "\n")
	}
}

// place shows the place of the mistake: the source with the known values, the instruction, the registers.
func (p *printer) place() {
	r := p.report
	before := p.instructionsBefore()
	excerpt := p.excerpt()
	numbers := []int{r.Insn}
	for _, line := range excerpt {
		numbers = append(numbers, line.number)
	}
	for _, step := range before {
		numbers = append(numbers, step.Insn)
	}
	p.gutter = len(strconv.Itoa(max(0, slices.Max(numbers))))

	if where := r.Source.Place(); where != "" {
		p.arrow(where)
	} else if r.Insn >= 0 {
		p.arrow(fmt.Sprintf("instruction %d", r.Insn))
	}
	if len(excerpt) > 0 {
		p.bar("")
		for _, line := range excerpt {
			p.sourceLine(line)
		}
	}
	if len(before) > 0 || len(excerpt) > 0 || r.Text != "" {
		p.bar("")
	}
	for i, step := range before {
		if i == 0 || step != before[i-1] {
			p.numbered(step.Insn, visible(step.Text))
		}
	}
	switch {
	case r.Text == "":
	case len(excerpt) > 0: // the margin has line numbers, so the number of the instruction is written here
		p.facts(fmt.Sprintf("instruction %d: ", r.Insn), []string{visible(r.Text)})
	default:
		p.numbered(r.Insn, visible(r.Text))
		p.caret(visible(r.Text), 0, p.label())
		p.bar("")
	}
	p.known()
}

func (p *printer) arrow(where string) {
	p.b.WriteString(strings.Repeat(" ", p.gutter) + p.paint(blue, "-->") + " " + visible(where) + "\n")
}

func (p *printer) bar(text string) {
	p.b.WriteString(strings.TrimRight(strings.Repeat(" ", p.gutter)+p.paint(blue, " |")+" "+text, " ") + "\n")
}

func (p *printer) numbered(n int, text string) {
	for i, line := range wrapCode(text, p.Width-p.gutter-3) {
		if i > 0 {
			p.bar(line)
			continue
		}
		p.b.WriteString(strings.TrimRight(p.paint(blue, fmt.Sprintf("%*d |", p.gutter, n))+" "+line, " ") + "\n")
	}
}

// sourceLine writes a source line. Below the line with the mistake it writes marks.
func (p *printer) sourceLine(line sourceLine) {
	if line.number == 0 && !line.blamed {
		p.b.WriteString(p.paint(blue, strings.Repeat(" ", max(0, p.gutter-3))+"...") + "\n")
		return
	}
	room := p.Width - p.gutter - 3
	text := cut(line.text, room)
	if line.number == 0 { // a kernel that prints no numbers
		p.bar(text)
	} else {
		p.b.WriteString(strings.TrimRight(p.paint(blue, fmt.Sprintf("%*d |", p.gutter, line.number))+" "+text, " ") + "\n")
	}
	if line.blamed {
		code := strings.TrimLeft(text, " ")
		p.caret(code, len(text)-len(code), p.label())
	}
}

// caret marks a text. The label is after the marks or, when there is no room, below them.
func (p *printer) caret(text string, indent int, label string) {
	if text == "" {
		return
	}
	marks := strings.Repeat(" ", indent) + p.paint(red, strings.Repeat("^", utf8.RuneCountInString(text)))
	room := p.Width - p.gutter - 3 - indent
	if used := utf8.RuneCountInString(text) + 1; used+len(label) <= room {
		p.bar(marks + " " + p.paint(red, label))
		return
	}
	p.bar(marks)
	for _, line := range wrapCode(label, room) {
		p.bar(strings.Repeat(" ", indent) + p.paint(red, line))
	}
}

// facts writes a lead and then items, on as many lines as needed.
func (p *printer) facts(lead string, items []string) {
	indent := strings.Repeat(" ", p.gutter+3)
	room := p.Width - len(indent) - len(lead)
	var lines []string
	for _, line := range wrapItems(items, room) {
		lines = append(lines, wrapCode(line, room)...)
	}
	for i, line := range lines {
		if i == 0 {
			p.b.WriteString(strings.Repeat(" ", p.gutter) + p.paint(blue, " =") + " " + lead + line + "\n")
		} else {
			p.b.WriteString(indent + strings.Repeat(" ", len(lead)) + line + "\n")
		}
	}
}

// slice writes how the value was computed, oldest step first. The last step is the refused instruction, which was shown before.
func (p *printer) slice() {
	steps := p.report.Slice
	if n := len(steps); n > 0 && steps[n-1].Insn == p.report.Insn {
		steps = steps[:n-1]
	}
	if p.report.LeftOut > 0 {
		p.b.WriteString("\n")
		p.wrap("note: ", cyan, "the path is long: its first "+count(int64(p.report.LeftOut), "instruction")+
			" are not kept, so what they did is not shown")
	}
	var last Source
	for _, step := range steps {
		p.b.WriteString("\n")
		p.note(step)
		indent := strings.Repeat(" ", len("note"))
		if where := step.Source.Place(); where != "" || step.Source.Text != "" {
			text := visible(step.Source.String())
			if step.Source == last && last.File != "" {
				text = visible(where) + ", as above"
			}
			p.b.WriteString(indent + p.paint(blue, "-->") + " " + cut(text, p.Width-len(indent)-4) + "\n")
		}
		last = step.Source
		for i, line := range wrapCode(fmt.Sprintf("%d: %s", step.Insn, visible(step.Text)), p.Width-len(indent)-4) {
			p.b.WriteString(indent + "    " + strings.Repeat("  ", min(i, 1)) + line + "\n")
		}
	}
}

// note writes what a step did. A long value gets its own lines: broken like prose, nobody could read it.
func (p *printer) note(step Step) {
	lead, text := "note: ", visible(step.What())
	if utf8.RuneCountInString(lead+text) <= p.Width || step.Value == "" {
		p.wrap(lead, cyan, text)
		return
	}
	name, _, _ := strings.Cut(step.Value, "=")
	text = visible(step.Note.String()) + ":"
	if step.Note.Kind == NoNote {
		text = visible(name) + " gets this value here:"
	}
	p.wrap(lead, cyan, text)
	for _, line := range wrapCode(visible(step.Value), p.Width-len(lead)) {
		p.b.WriteString(strings.Repeat(" ", len(lead)) + line + "\n")
	}
}

// kernel writes the kernel's own words: the whole message, and the explanation that newer kernels add.
func (p *printer) kernel() {
	r := p.report
	if r.Reason == "" || r.Kind.Title() == "" && len(r.Details) == 0 && r.Kernel == "" { // then the header has it already
		return
	}
	p.b.WriteString("\n")
	lead := "kernel: "
	for _, line := range append(slices.Clone(r.Details), r.Reason) {
		p.wrap(lead, bold, visible(line))
		lead = "        "
	}
	for line := range strings.Lines(r.Kernel) {
		p.b.WriteString(strings.TrimRight("        "+visible(strings.TrimRight(line, "\r\n")), " ") + "\n")
	}
}

func (p *printer) stats() {
	s := p.report.Stats
	if s.Processed == 0 {
		return
	}
	text := "after 1 instruction"
	if s.Processed > 1 {
		text = fmt.Sprintf("after %d instructions", s.Processed)
	}
	if s.Limit > 0 && s.Processed > s.Limit/100 {
		text += fmt.Sprintf(", of at most %d", s.Limit)
	}
	if s.PeakStates > 1 {
		text += fmt.Sprintf("; %d states kept, %d at once", s.TotalStates, s.PeakStates)
	}
	if !p.report.Refused() {
		if p.report.Kind != mistake.None { // then there was an explanation
			p.b.WriteString("\n")
		}
		text = strings.ToUpper(text[:1]) + text[1:] + "."
	} else {
		p.b.WriteString("\n")
		text = "The verifier stopped " + text + "."
	}
	for _, line := range wrapText(text, p.Width) {
		p.b.WriteString(p.paint(dim, line) + "\n")
	}
}
