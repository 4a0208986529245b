package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine and this user can do with BPF, and what is missing",
		Long: `Doctor looks at the kernel, its types, the settings and the privileges that BPF
needs. For each it prints a verdict, and a remedy where one is needed:

  ok    nothing to do
  note  some programs need it; the line says which
  no    without it, this user cannot register a kernel interface such as a
        congestion control

It loads a few small programs to see what the kernel takes, and closes them at
once. Nothing is attached or registered, and no setting is changed.

Doctor exits with 1 if a line says no.`,
		Example: `  bpfsmith doctor
  sudo bpfsmith doctor`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := examine(thisSystem(cmd.Context()))
			if err := printFindings(cmd.OutOrStdout(), findings); err != nil {
				return asInputError(err)
			}
			if worst(findings) == no {
				return exitError(exitInput)
			}
			return nil
		},
	}
}

// A grade says whether something is as BPF needs it. A larger one is worse.
type grade int

const (
	fine grade = iota
	note       // some programs need it
	no         // without it no kernel interface can be registered
)

func (v grade) String() string { return [...]string{"ok", "note", "no"}[v] }

// A finding is what doctor says about one subject.
type finding struct {
	subject string
	grade   grade
	found   string // what is there
	remedy  string // what to do; "" where there is nothing to do
}

func worst(findings []finding) (v grade) {
	for _, f := range findings {
		v = max(v, f.grade)
	}
	return v
}

// printFindings writes a line for each finding, its remedy below it, and what all of it means.
func printFindings(w io.Writer, findings []finding) error {
	var b strings.Builder
	for _, f := range findings {
		head := fmt.Sprintf("%-4s  %-13s ", f.grade, f.subject)
		indent := strings.Repeat(" ", len(head))
		writeWrapped(&b, head, indent, f.found)
		if f.remedy != "" {
			writeWrapped(&b, indent[3:]+"-> ", indent, f.remedy)
		}
	}
	b.WriteString("\n")
	if worst(findings) == no {
		writeWrapped(&b, "", "", "This user cannot register kernel interfaces here yet. What needs no kernel works: asm, disasm, check, "+
			"explain, run, and tests of programs with go test.")
	} else {
		writeWrapped(&b, "", "", "This user can load programs and register kernel interfaces here.")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// reportWidth is the width of the report in columns: it fits a terminal of 80.
const reportWidth = 79

// writeWrapped writes words in lines of reportWidth columns. first begins the first line, next the others.
func writeWrapped(b *strings.Builder, first, next, text string) {
	line, words := first, 0
	for word := range strings.FieldsSeq(text) {
		if words > 0 && len(line)+1+len(word) > reportWidth {
			b.WriteString(line + "\n")
			line, words = next, 0
		}
		if words > 0 {
			line += " "
		}
		line += word
		words++
	}
	b.WriteString(line + "\n")
}
