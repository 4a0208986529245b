package verifierlog

import (
	"fmt"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Report is what a log says about a refused program. The zero value of a field means that the log does not say it, except where noted.
type Report struct {
	Reason  string   // the kernel's message, one line, e.g. "R0 !read_ok"; "" when the log has none
	Details []string // lines of the message before Reason, e.g. the numbers that Reason is about

	Insn   int    // slot index of the instruction (a 64-bit load takes two slots), -1 when the log names none
	Text   string // the instruction as printed, e.g. "(95) exit"
	Source Source // the source line of the instruction

	Frame      int        // depth of calls between the program's functions: 0 in its entry function
	Registers  []Register // values before the instruction, by number; registers without a value are left out
	Stack      []Slot     // values on the frame's stack before the instruction, from the highest offset down
	References []string   // ids of held resources, e.g. "2"; a program must release all before it ends
	LeftOut    int        // instructions at the beginning of the path that were not kept: it is longer than a [Path] may be

	Kernel string // the kernel's own explanation (7.3 and later), as printed
	Stats  Stats

	language Language // of the source lines in the log

	whole     bool   // the log has the path from its beginning, without gaps
	shortened bool   // somebody left out lines
	hidden    uint16 // a bit for each register whose value the log does not show

	// Explain adds these.
	Kind        mistake.Kind // the kind of mistake; None when the log has no error
	Pattern     string       // the Pattern of the Rule that explains the message; "" when there is no rule
	Explanation string       // the rule, and how the program breaks it, with the values; some sentences
	Fix         string       // what to change, in terms of package dsl
	// How the value that broke the rule was computed, in the order of the walk; the last step is the refused instruction.
	Slice []Step
}

// A Step is an instruction that is part of the history of a mistake.
type Step struct {
	Insn   int // slot index
	Text   string
	Source Source
	Value  string // its result, as printed: "R1=scalar()"; "" for the last one
	Note   Note   // what readers should know: "bpf_map_lookup_elem may return nil", "the call clears R1 to R5"
}

// What says in words what the step did: its note, with its result.
func (s Step) What() string {
	name, value, ok := strings.Cut(s.Value, "=")
	switch {
	case s.Note.Kind != NoNote && ok:
		return fmt.Sprintf("%v: %s", s.Note, s.Value)
	case s.Note.Kind != NoNote:
		return s.Note.String()
	case ok:
		return fmt.Sprintf("%s becomes %s here", name, value)
	case s.Value != "":
		return s.Value
	}
	return "this step is also part of it"
}

// A Source is a line of source code, as the program's line_info gave it.
type Source struct {
	File string // base name; "" before 6.9, which print only the text
	Line int    // 1 for the first line, 0 when unknown
	Text string // the line, without leading blanks
}

// String returns "reno.go:12: return tp.SndCwnd()".
func (s Source) String() string {
	if s.File == "" {
		return s.Text
	}
	return s.Place() + ": " + s.Text
}

// Place returns "reno.go:12", "" when the file is unknown.
func (s Source) Place() string {
	if s.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// A Register is what the verifier knows about a register.
type Register struct {
	Number int    // 0 to 10
	Value  string // as printed: "ctx()", "fp-8", "42", "scalar(umax=255,var_off=(0x0; 0xff))"
}

// String returns "R1=ctx()".
func (r Register) String() string { return fmt.Sprintf("R%d=%s", r.Number, r.Value) }

// A Slot is what the verifier knows about 8 bytes of stack.
type Slot struct {
	Offset int    // from the frame pointer, in bytes: -8 to -512
	Value  string // as printed: a spilled value, or one letter for each byte (m misc, 0 zero, ? never written, …)
}

// String returns "fp-8=mmmmmmmm".
func (s Slot) String() string { return fmt.Sprintf("fp%d=%s", s.Offset, s.Value) }

// Stats are the numbers at the end of a log.
type Stats struct {
	Processed        int           // instructions that the walk went through; each visit counts
	Limit            int           // largest allowed Processed
	MaxStatesPerInsn int           // states kept at one instruction
	TotalStates      int           // states kept
	PeakStates       int           // states kept at once
	MarkRead         int           // length of the longest chain of states in which a read was marked
	Time             time.Duration // of the verification; log level 4 only
	StackDepth       string        // bytes of stack for each function, e.g. "16+8"; log level 4 only
}

// Refused reports whether the log has a reason.
func (r Report) Refused() bool { return r.Reason != "" }

// String is the short text of the report: the reason, the instruction, its source line, the registers. It does not end with a newline.
func (r Report) String() string {
	var b strings.Builder
	if r.Reason == "" {
		b.WriteString("the log does not say why")
	}
	b.WriteString(r.Reason)
	for _, d := range r.Details {
		b.WriteString("\n\t" + d)
	}
	if r.Insn >= 0 {
		fmt.Fprintf(&b, "\n\tat instruction %d", r.Insn)
		if r.Text != "" {
			b.WriteString(": " + r.Text)
		}
	}
	if r.Source != (Source{}) {
		b.WriteString("\n\tfrom " + r.Source.String())
	}
	if len(r.Registers) > 0 {
		b.WriteString("\n\twith " + join(r.Registers))
		if r.Frame > 0 {
			fmt.Fprintf(&b, " in frame %d", r.Frame)
		}
	}
	if len(r.Stack) > 0 {
		b.WriteString("\n\tstack " + join(r.Stack))
	}
	if len(r.References) > 0 {
		b.WriteString("\n\tholding " + strings.Join(r.References, ", "))
	}
	return b.String()
}

func join[T fmt.Stringer](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.String()
	}
	return strings.Join(texts, " ")
}
