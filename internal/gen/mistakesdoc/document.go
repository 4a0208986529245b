package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/test/mistakes"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A page holds the document while it is written.
type page struct {
	bytes.Buffer
	rules   map[string]verifierlog.Rule
	sources map[string]*mistakes.Source
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// document returns the text of docs/mistakes.md.
func document() ([]byte, error) {
	sources, err := mistakes.Sources()
	if err != nil {
		return nil, err
	}
	p := &page{rules: make(map[string]verifierlog.Rule), sources: sources}
	for _, r := range verifierlog.Rules() {
		p.rules[r.Pattern] = r
	}
	p.head()
	for _, f := range mistakes.Fields() {
		if err := p.field(f); err != nil {
			return nil, err
		}
	}
	p.without()
	return p.Bytes(), nil
}

// A section is a rule with its programs.
type section struct {
	rule     string
	programs []mistakes.Mistake
}

// sections puts the programs of a rule together, in the order of the table.
func sections(f mistakes.Field) []section {
	var list []section
	at := make(map[string]int)
	for _, m := range f.Mistakes {
		i, ok := at[m.Rule]
		if !ok {
			i = len(list)
			at[m.Rule] = i
			list = append(list, section{rule: m.Rule})
		}
		list[i].programs = append(list[i].programs, m)
	}
	return list
}

// anchor is the link target of a section: the name of its first program.
func (s section) anchor() string { return s.programs[0].Name }

func (p *page) head() {
	programs, found, written := len(mistakes.All()), 0, 0
	for _, m := range mistakes.All() {
		if m.Build != nil && m.Spoil == nil {
			written++
		}
		if m.Found != mistakes.KernelOnly {
			found++
		}
	}
	p.line("<!-- Written by internal/gen/mistakesdoc; do not edit. -->")
	p.line("# What the verifier says, and what to do")
	p.line("")
	p.line("The kernel checks each program before it loads it. When it refuses a program, it prints a line or two. This page lists these")
	p.line("messages: what each means, what to change, and a small program that causes it. The line with the mistake is marked `wrong`. " +
		"When")
	p.line("the kernel finds the mistake at a later line, that line is marked `seen`.")
	p.line("")
	p.line("A test ([internal/test/mistakes](../internal/test/mistakes)) compiles and loads all %d programs, and Linux 6.18 refuses "+
		"each with", programs)
	p.line("its message. `bpfsmith explain` gives the same meaning and advice for any log. Most mistakes are found without a kernel: of " +
		"the")
	p.line("%d programs that can be written in Go, compiling finds the mistake in %d ([check.md](check.md) says what it checks).",
		written, found)
	p.line("")
	p.line("In the headings `%%d` is a number and `%%s` is text, as in the kernel's source. To find a message, search this page for its " +
		"longest")
	p.line("part without numbers and names.")
	p.line("")
	p.line("## Contents")
	for _, f := range mistakes.Fields() {
		p.line("")
		p.line("**[%s](#%s)**", f.Title, slug(f.Title))
		p.line("")
		for _, s := range sections(f) {
			p.line("- [%s](#%s)", code(s.rule), s.anchor())
		}
	}
	p.line("")
	p.line("**[Messages without a program](#%s)**", slug(withoutTitle))
}

const withoutTitle = "Messages without a program"

func (p *page) field(f mistakes.Field) error {
	p.line("")
	p.line("## %s", f.Title)
	p.line("")
	p.line("%s", f.Text)
	if shared := p.sources[mistakes.SharedName(f.File)]; shared != nil {
		p.line("")
		p.line("The programs use these types:")
		p.line("")
		p.fence("go", shared.Build)
	}
	for _, s := range sections(f) {
		if err := p.section(s); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) section(s section) error {
	r := p.rules[s.rule]
	p.line("")
	p.line("<a id=%q></a>", s.anchor())
	p.line("### %s", code(s.rule))
	for i, m := range s.programs {
		report, err := m.Explain()
		if err != nil {
			return err
		}
		if i == 0 || report.Explanation != "" {
			p.line("")
			p.line("%s", escape(report.Explanation))
			p.line("")
			p.line("**What to do.** %s", escape(report.Fix))
		}
		p.line("")
		p.line("%s:", where(m))
		p.line("")
		p.fence("go", p.program(m))
		p.line("")
		p.line("The kernel says:")
		p.line("")
		p.fence("", said(report))
		p.line("")
		p.line("%s", finder(m))
	}
	if len(r.Also) > 0 {
		p.line("")
		p.line("Other messages with the same meaning: %s.", codes(r.Also))
	}
	return nil
}

// program returns the text of a mistake: the function that makes the program, and the one that changes it.
func (p *page) program(m mistakes.Mistake) string {
	source := p.sources[m.Name]
	text := source.Build
	if strings.HasPrefix(text, "func(") {
		text = "func " + camel(m.Name) + strings.TrimPrefix(text, "func")
	} else if shared := p.sources[source.Build]; shared != nil {
		text = shared.Build // a function that several programs share
	}
	if source.Spoil != "" {
		text += "\n\n// The program is changed before it is loaded.\nfunc spoil" + strings.TrimPrefix(source.Spoil, "func")
	}
	return text
}

// finder says who finds a mistake before the kernel.
func finder(m mistakes.Mistake) string {
	switch {
	case m.Types != nil:
		return "*Package btf does not check this.*"
	case m.Spoil != nil:
		return "*Package dsl cannot make this mistake.*"
	case m.Found == mistakes.Compiling:
		return "*Compiling finds it, at the marked line.*"
	case m.Found == mistakes.CompilingToo:
		return "*Compiling finds it, at another line.*"
	}
	return "*Only the kernel finds it.*"
}

// where names the type or target of a program.
func where(m mistakes.Mistake) string {
	if m.Types != nil {
		return "Types of a program"
	}
	kind := "`" + m.In.Type.String() + "`"
	text := "A program of type " + kind
	switch {
	case m.In.Type == syscall.ProgTypeStructOps:
		text = "A program for `" + m.In.Target + "`"
	case m.In.Target != "":
		text = "A program for the tracepoint `" + m.In.Target + "`"
	}
	if m.In.License != "" {
		text += ", with the licence " + strconv.Quote(m.In.License)
	}
	if m.In.Careful {
		text += ", loaded without CAP_PERFMON"
	}
	return text
}

// said returns the end of the kernel's log: the instruction and the message.
func said(r verifierlog.Report) string {
	var lines []string
	if r.Text != "" {
		lines = append(lines, fmt.Sprintf("%d: %s", r.Insn, r.Text))
	}
	lines = append(lines, r.Details...)
	return strings.Join(append(lines, r.Reason), "\n")
}

func (p *page) without() {
	p.line("")
	p.line("## %s", withoutTitle)
	p.line("")
	p.line("No program of ours makes Linux 6.18 print these messages; the reason is below each. `{1}` is what the first `%%` of the " +
		"message")
	p.line("printed.")
	for _, w := range mistakes.Without() {
		r := p.rules[w.Rule]
		p.line("")
		p.line("### %s", code(w.Rule))
		p.line("")
		p.line("%s", escape(r.Explanation))
		p.line("")
		p.line("**What to do.** %s", escape(r.Fix))
		p.line("")
		p.line("*No program:* %s.", w.Why)
		if len(r.Also) > 0 {
			p.line("")
			p.line("Other messages with the same meaning: %s.", codes(r.Also))
		}
	}
}

func (p *page) fence(language, text string) {
	p.line("```%s", language)
	p.line("%s", text)
	p.line("```")
}

// code returns a text as a code span. A text that contains a backquote needs two around it.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

func codes(texts []string) string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = code(strings.TrimSpace(t))
	}
	return strings.Join(list, ", ")
}

// escape makes sure that prose of a rule is not read as markup.
func escape(text string) string {
	text = strings.NewReplacer("*", `\*`, "<", "&lt;", "`", "\\`").Replace(text)
	return leadingUnderscore.ReplaceAllString(text, `$1\_`)
}

// leadingUnderscore matches an underscore that would begin an emphasis; inside a word it does not.
var leadingUnderscore = regexp.MustCompile(`(^|\W)_`)

// slug returns GitHub's anchor for a heading of plain words.
func slug(title string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(title, ",", "")), " ", "-")
}

// camel returns a name in Go's form.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
