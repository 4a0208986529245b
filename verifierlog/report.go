package verifierlog

import (
	"fmt"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Report is what a log tells about a refused program. The zero value of a field means that the log doesn't say, except where noted.
type Report struct {
	Reason  string   // the kernel's message, one line, e.g. "R0 !read_ok"; "" when the log has none
	Details []string // lines of the message before Reason, e.g. the numbers that Reason is about

	Insn   int    // slot index of the instruction (a 64-bit load takes two slots), -1 when the log names none
	Text   string // the instruction as printed, e.g. "(95) exit"
	Source Source // what made the instruction

	Frame      int        // depth of calls between the program's functions: 0 in its entry function
	Registers  []Register // what is known before the instruction, by number; registers without a value are left out
	Stack      []Slot     // likewise, of the frame's stack, from the highest offset down
	References []string   // ids of resources that are held, e.g. "2"; a program must release all before it ends

	Kernel string // the kernel's own explanation (7.3 and later), as printed
	Stats  Stats

	// What Explain adds.
	Kind        mistake.Kind // what kind of mistake it is; "" when the log holds none
	Pattern     string       // the Rule that explains it, by its Pattern; "" when none does
	Explanation string       // what the rule is and how the program breaks it, with the values involved; some sentences
	Fix         string       // what to change, in terms of package dsl
	Slice       []Step       // how the value that broke the rule came to be, in the order of the walk; the last is the instruction that is refused
}

// A Step is an instruction that had a part in a mistake.
type Step struct {
	Insn   int // slot index
	Text   string
	Source Source
	Value  string // what it made, as printed: "R1=scalar()"; "" for the last one
	Note   Note   // what is worth knowing: "bpf_map_lookup_elem may give nil", "the call loses R1 to R5"
}

// What says in words what the step did: its note, with the value that it made.
func (s Step) What() string {
	name, value, ok := strings.Cut(s.Value, "=")
	switch {
	case s.Note.Kind != NoNote && ok:
		return fmt.Sprintf("%v: %s", s.Note, s.Value)
	case s.Note.Kind != NoNote:
		return s.Note.String()
	case ok:
		return fmt.Sprintf("%s became %s here", name, value)
	case s.Value != "":
		return s.Value
	}
	return "by way of this"
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

// Place returns "reno.go:12", "" where the file is unknown.
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
	Value  string // as printed: a spilled value, or a letter a byte (m misc, 0 zero, ? never written, …)
}

// String returns "fp-8=mmmmmmmm".
func (s Slot) String() string { return fmt.Sprintf("fp%d=%s", s.Offset, s.Value) }

// Stats are the numbers at the end of a log.
type Stats struct {
	Processed        int           // instructions that the walk went through, each as often as it came by
	Limit            int           // largest allowed Processed
	MaxStatesPerInsn int           // states kept at one instruction
	TotalStates      int           // states kept
	PeakStates       int           // states kept at once
	MarkRead         int           // longest chain of states that a read was noted in
	Time             time.Duration // of the verification; log level 4 only
	StackDepth       string        // bytes of stack a function, e.g. "16+8"; log level 4 only
}

// Refused reports whether the log gives a reason.
func (r Report) Refused() bool { return r.Reason != "" }

// String renders the report for people: the reason, the instruction, its source line, the registers. It ends without a newline.
func (r Report) String() string {
	var b strings.Builder
	if r.Reason == "" {
		b.WriteString("the log gives no reason")
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
