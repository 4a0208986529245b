package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	Took       float64        `json:"milliseconds"`         // that the check took, without reading the program
}

// A checkFinding is one finding of a program.
type checkFinding struct {
	Insn   int    `json:"insn"` // slot; -1: no instruction is meant
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	Source string `json:"source,omitempty"` // file:line
	Again  []int  `json:"again,omitempty"`  // more instructions that are refused for the same reason
	Note   string `json:"note,omitempty"`
	Help   string `json:"help,omitempty"`
}

// reportOf checks a program.
func reportOf(o *objectProgram) checkReport {
	var findings []mistake.Finding
	report := checkReport{Program: o.name, Section: o.section, Type: o.program.Type.String()}
	switch {
	case o.unread != nil:
		report.Unread = o.unread.Error()
	case o.refused != nil:
		findings = []mistake.Finding{*o.refused}
	default:
		begin := time.Now()
		var complete bool
		findings, complete = verify.Check(o.program)
		report.Unfinished, report.Took = !complete, float64(time.Since(begin).Microseconds())/1000
	}
	for _, d := range verify.Defects(findings) {
		report.Findings = append(report.Findings, checkFinding{Insn: d.Insn, Kind: d.Kind.String(), Detail: d.Detail,
			Source: o.lineOf(d.Insn), Again: d.Again, Note: d.Note, Help: d.Help})
	}
	return report
}

// mostAgain is how many instructions with the same mistake a line names.
const mostAgain = 4

// String is the finding as check prints it.
func (f *checkFinding) String() string {
	detail := f.Detail
	if f.Source != "" {
		detail += " (" + f.Source + ")"
	}
	if len(f.Again) > 0 {
		var slots []string
		for _, slot := range f.Again[:min(len(f.Again), mostAgain)] {
			slots = append(slots, strconv.Itoa(slot))
		}
		if len(f.Again) > mostAgain {
			slots = append(slots, fmt.Sprintf("and %d more", len(f.Again)-mostAgain))
		}
		detail += "; also at " + strings.Join(slots, ", ")
	}
	return mistake.Finding{Insn: f.Insn, Detail: detail, Note: f.Note, Help: f.Help}.Error()
}

// checkAll prints a line for each finding, with the program's name if there are several programs, and the source line if it is known.
func (c *checkFlags) checkAll(cmd *cobra.Command, programs []objectProgram) error {
	found, unchecked := false, false
	out := &visibleWriter{to: cmd.OutOrStdout()}
	encoder := json.NewEncoder(cmd.OutOrStdout())
	for n := range programs {
		o := &programs[n]
		report := reportOf(o)
		found = found || len(report.Findings) > 0
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
		for n := range report.Findings {
			if _, err := fmt.Fprintln(out, about+report.Findings[n].String()); err != nil {
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
