package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Program is what is known about a program in addition to its log. Every field is optional.
type Program struct {
	Type           linux.ProgType // such as syscall.ProgTypeXDP; 0 when not known
	Struct, Member string         // the member that a struct_ops program implements
	Sleepable      bool           // loaded with BPF_F_SLEEPABLE
	License        string         // the licence that it was loaded with
	Errno          string         // the error of the load: EACCES, ENOSPC
	Lines          []Line         // Go lines, for logs without source lines
	Loader         []string       // lines that the loader printed around the log
	Language       Language       // of its source; AnyLanguage when the log should show it
	Usual          Language       // the language when the log does not show it: that of the loader's users; AnyLanguage is C

	// Field returns the name of the field at an offset of a kernel struct, "" when it is not known. Field may be nil.
	Field func(structName string, offset int) string
}

// A Line is the source line of an instruction.
type Line struct {
	Insn   int // slot
	Source Source
}

// Explain reads a log and says what it means: which rule the program breaks, where, and what to change. When the log has no message, the
// errno may say why: the log was too long, a signal came, or a privilege is missing.
func Explain(log string, p Program) Report {
	return explain(Parse(log), strings.HasPrefix(log, "magic: "), p)
}

// explain completes a report. types says that the log is one of BPF_BTF_LOAD.
func explain(r Report, types bool, p Program) Report {
	r = explainInGo(r, types, p)
	switch {
	case p.Language != AnyLanguage:
		r.language = p.Language
	case len(p.Lines) > 0:
		r.language = Go
	case r.language == AnyLanguage:
		r.language = p.Usual
	}
	r.inWordsOf(r.language)
	return r
}

// explainInGo writes the texts in the words of package dsl.
func explainInGo(r Report, types bool, p Program) Report {
	if rule, _ := ruleFor(r.Reason); rule == nil {
		for _, line := range p.Loader {
			if isOfLoader(line) {
				r = Report{Reason: line, Insn: -1, Stats: r.Stats, language: r.language}
				break
			}
		}
	}
	if r.Source == (Source{}) {
		for _, l := range p.Lines {
			if l.Insn <= r.Insn && r.Insn >= 0 {
				r.Source = l.Source
			}
		}
	}
	if r.Reason == "" {
		diagnose(&r, types, p)
		return r
	}
	rule, args := ruleFor(r.Reason)
	for _, line := range r.Details {
		if before, values := ruleFor(line); before != nil && slices.Contains(causes[:], before.Pattern) {
			rule, args = before, values
		}
	}
	if rule == nil {
		for i := len(r.Details) - 1; i >= 0 && rule == nil; i-- {
			rule, args = ruleFor(r.Details[i])
		}
	}
	if rule == nil {
		if r.Kind == mistake.None {
			r.Kind = mistake.Unknown
		}
		if r.Kind == mistake.Unknown {
			r.Explanation = "This message is not in the catalogue. The report shows it as the kernel printed it, with the instruction " +
				"and the values of the registers."
		}
		return r
	}
	r.Kind, r.Pattern = rule.Kind, rule.Pattern
	r.Explanation, r.Fix = fill(rule.Explanation, args, instructionOf(r)), fill(rule.Fix, args, instructionOf(r))
	a := account{Report: &r, args: args, program: p}
	for _, refinement := range refinements {
		if refinement.kind == r.Kind {
			refinement.refine(&a)
		}
	}
	r.Explanation = strings.ReplaceAll(r.Explanation, "{details}", detailsOf(r))
	if strings.Contains(r.Fix, "{writable}") {
		r.Fix = strings.ReplaceAll(r.Fix, "{writable}", writableText(p.Struct, writtenStruct(r, args)))
	}
	return r
}

// causes are the rules of messages that say more than the message after them: a dynptr or an iterator at a wrong address is not one that
// was made, but the address is the mistake.
var causes = [...]string{"cannot pass in %s at an offset", "%s has to be at a constant offset"}

// isOfLoader reports whether a line of a loader says why a program is not loaded.
func isOfLoader(line string) bool {
	rule, _ := ruleFor(line)
	return rule != nil && slices.ContainsFunc(loaderRules[:], func(r Rule) bool { return r.Pattern == rule.Pattern })
}

// writtenStruct names the struct of the kernel that the program writes to.
func writtenStruct(r Report, args []string) string {
	o := parseOperands(r.Text)
	for _, register := range r.Registers {
		if v := ParseValue(register.Value); register.Number == o.dst && v.Struct != "" {
			return v.Struct
		}
	}
	if len(args) > 0 {
		return args[0]
	}
	return ""
}

// writableText says which fields programs may write. It lists those of TCP only for congestion controls and for structs of TCP.
func writableText(interfaceName, structName string) string {
	ops := linux.OpsTypeNamed("tcp_congestion_ops")
	structName = strings.TrimPrefix(structName, "struct ")
	ofTCP := slices.ContainsFunc(ops.Writable, func(f linux.Field) bool { return f.Struct == structName })
	if interfaceName != ops.Name && !ofTCP && structName != "sock" {
		return "Change it with a helper or a kernel function of this interface, or keep your own state in a map or storage."
	}
	return ops.Name + " programs may write " + fieldList(ops.Writable) + ", and since Linux " + string(ops.Newer.Since) + " also " +
		fieldList(ops.Newer.Fields) + ". Keep your own state in icsk_ca_priv (dsl.Cells) or in a socket storage."
}

// fieldList is "a, b and c".
func fieldList(fields []linux.Field) string {
	var b strings.Builder
	for i, f := range fields {
		switch {
		case i > 0 && i == len(fields)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(f.Path)
	}
	return b.String()
}
