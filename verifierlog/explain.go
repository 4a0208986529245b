package verifierlog

import (
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
		r.Fix = strings.ReplaceAll(r.Fix, "{writable}", writableText())
	}
	return r
}

// writableText says which fields of the kernel's structs congestion controls may write.
func writableText() string {
	ops := linux.OpsTypeNamed("tcp_congestion_ops")
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
