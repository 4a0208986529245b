package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A checkReport is what check says about one program. Its JSON form is an interface for tools: names stay.
type checkReport struct {
	Program    string         `json:"program,omitempty"` // the function; "" for code that is not in an object
	Section    string         `json:"section,omitempty"`
	Type       string         `json:"type"`
	Findings   []checkFinding `json:"findings,omitempty"`
	Unfinished bool           `json:"unfinished,omitempty"` // too many paths: the rest of them is not checked
	Unread     string         `json:"unread,omitempty"`     // why the program is not checked at all
}

// A checkFinding is one finding of a program.
type checkFinding struct {
	Insn   int    `json:"insn"` // slot; -1: no instruction is meant
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	Source string `json:"source,omitempty"` // file:line
	Note   string `json:"note,omitempty"`
	Help   string `json:"help,omitempty"`
}

// reportOf checks a program.
func reportOf(o *objectProgram) (report checkReport, findings []mistake.Finding) {
	report = checkReport{Program: o.name, Section: o.section, Type: o.program.Type.String()}
	switch {
	case o.unread != nil:
		report.Unread = o.unread.Error()
	case o.refused != nil:
		findings = []mistake.Finding{*o.refused}
	default:
		var complete bool
		findings, complete = verify.Check(o.program)
		report.Unfinished = !complete
	}
	for n := range findings {
		f := &findings[n]
		source := o.lineOf(f.Insn)
		report.Findings = append(report.Findings, checkFinding{f.Insn, f.Kind.String(), f.Detail, source, f.Note, f.Help})
		if source != "" {
			f.Detail += " (" + source + ")"
		}
	}
	return report, findings
}

// checkAll prints a line for each finding, with the program's name if there are several programs, and the source line if it is known.
func (c *checkFlags) checkAll(cmd *cobra.Command, programs []objectProgram) error {
	found, unchecked := false, false
	encoder := json.NewEncoder(cmd.OutOrStdout())
	for n := range programs {
		o := &programs[n]
		report, findings := reportOf(o)
		found = found || len(findings) > 0
		unchecked = unchecked || report.Unfinished || report.Unread != ""
		if c.json {
			if err := encoder.Encode(report); err != nil {
				return &inputError{err}
			}
			continue
		}
		about := ""
		if len(programs) > 1 {
			about = o.name + ": "
		}
		switch {
		case report.Unread != "":
			fmt.Fprintf(cmd.ErrOrStderr(), "bpfsmith: %sthe program is not checked: %s\n", about, report.Unread)
		case report.Unfinished:
			fmt.Fprintf(cmd.ErrOrStderr(), "bpfsmith: %sthe program has too many paths: the rest of them is not checked\n", about)
		}
		for _, f := range findings {
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), about+f.Error()); err != nil {
				return &inputError{err}
			}
		}
	}
	switch {
	case found:
		return exitError(exitInput) // the findings are the message
	case unchecked:
		return exitError(exitPart)
	}
	return nil
}
