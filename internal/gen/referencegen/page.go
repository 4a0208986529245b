package main

import (
	"bytes"
	"fmt"
	"strings"
)

// A page holds Markdown while it is written.
type page struct{ bytes.Buffer }

func newPage(title string) *page {
	p := &page{}
	p.line("<!-- Written by internal/gen/referencegen; do not edit. -->")
	p.line("# %s", title)
	p.line("")
	return p
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) paragraph(lines ...string) {
	p.line("%s\n", strings.Join(lines, "\n"))
}

// heading begins a section, after one empty line.
func (p *page) heading(title string) {
	if !bytes.HasSuffix(p.Bytes(), []byte("\n\n")) {
		p.line("")
	}
	p.line("## %s\n", title)
}

// row writes a line of a table. A bar in a cell does not end it.
func (p *page) row(cells ...string) {
	for _, c := range cells {
		p.WriteString("| " + strings.ReplaceAll(c, "|", `\|`) + " ")
	}
	p.WriteString("|\n")
}

// head writes the first two lines of a table.
func (p *page) head(titles ...string) {
	p.row(titles...)
	p.line("%s|", strings.Repeat("|---", len(titles)))
}

// code returns a text as a code span; "" stays empty.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func codes(texts []string) string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = code(t)
	}
	return strings.Join(list, ", ")
}

// yes returns "yes" or an empty cell.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// An effectText is an effect of a call, in words.
type effectText[E any] struct {
	effect E
	text   string
}

// textsOf are the texts of the effects that a call has.
func textsOf[E any](all []effectText[E], has func(E) bool) []string {
	var list []string
	for _, t := range all {
		if has(t.effect) {
			list = append(list, t.text)
		}
	}
	return list
}
