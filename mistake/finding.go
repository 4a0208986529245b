package mistake

import (
	"fmt"
	"strings"
)

// A Finding is one mistake.
type Finding struct {
	Kind     Kind
	Position Position // the Go line to look at; the zero Position when it is not known
	Insn     int      // slot of the instruction in the program, counted from 0 and in units of 8 bytes; -1 when no instruction is meant
	Member   string   // the member of the ops struct that the program is for; "" when there is none
	Program  string   // the program; "" when the mistake is not in a program
	Detail   string   // what is wrong, with the values
	Note     string   // what the kernel has, a prototype or a list, or where else the mistake is; "" when there is nothing to add
	Help     string   // what to do; "" when Detail says it
}

// Error is the finding as text: the place and what is wrong; on indented lines below, what the kernel has and what to do. The place is the
// instruction when the Go line is not known.
func (f Finding) Error() string {
	var b strings.Builder
	switch {
	case f.Position.IsValid():
		fmt.Fprintf(&b, "%v: ", f.Position)
	case f.Insn >= 0 && f.Program == "" && f.Member == "":
		fmt.Fprintf(&b, "insn %d: ", f.Insn)
	}
	if subject := f.subject(); subject != "" {
		fmt.Fprintf(&b, "%s: ", subject)
	}
	b.WriteString(f.Detail)
	if f.Note != "" {
		b.WriteString("\n\t" + strings.ReplaceAll(f.Note, "\n", "\n\t"))
	}
	if f.Help != "" {
		b.WriteString("\n\thelp: " + strings.ReplaceAll(f.Help, "\n", "\n\t"))
	}
	return b.String()
}

// subject names what the finding is about: a member, a program, or both.
func (f Finding) subject() string {
	switch {
	case f.Member == "" || f.Member == f.Program:
		return f.Program
	case f.Program == "":
		return f.Member
	default:
		return fmt.Sprintf("%s (%s)", f.Member, f.Program)
	}
}

// Findings are all mistakes that one check found, in the order of the code.
type Findings []Finding

// Error lists them all.
func (fs Findings) Error() string {
	text := make([]string, len(fs))
	for i, f := range fs {
		text[i] = f.Error()
	}
	return strings.Join(text, "\n")
}

// Unwrap gives each finding to errors.As.
func (fs Findings) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}
