package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// Parse reads a log of BPF_PROG_LOAD or BPF_BTF_LOAD. Any text is a log: what isn't understood is taken for part of a message, and a
// log without a message gives a Report without a Reason.
//
// At level 1 a program that was loaded leaves nothing but statistics, as does one where a signal came in between. To Parse both hold no error;
// Explain tells them apart where it is told the errno.
func Parse(log string) Report {
	r := reporter{report: Report{Insn: -1}, walk: NewWalk()}
	r.walk.shared = true
	scanner := newTextScanner(log)
	for scanner.Next() {
		r.take(scanner.Event())
	}
	return r.finish()
}

// A reporter collects from events what a report is made of.
type reporter struct {
	report  Report
	walk    *Walk
	kernel  strings.Builder
	message []string  // lines since the walk last went on: the reason, if nothing follows
	remark  string    // the last one since then: it may be the reason of a message that only names a function
	last    EventKind // of the events that are part of the walk
	types   bool      // a log of BPF_BTF_LOAD
	ended   bool      // there are statistics
}

// take takes over an event.
func (r *reporter) take(e *Event) {
	switch e.Kind {
	case Message, UnknownEvent:
		r.message = append(r.message, e.Text)
	case Remark:
		r.remark = e.Text
	case KernelExplaining:
		r.kernel.WriteString(e.Text + "\n")
	case Statistics:
		r.report.Stats.read(e.Text)
		r.ended = true
	case TypeHeader, TypeLine:
		r.types = true
		r.message = r.message[:0]
	case Instruction, EntryState, Branch, Pruned, CallerState, CalleeState, ReturnState, ResumeState, GlobalFunction:
		r.message, r.remark = r.message[:0], "" // the walk went on: what was printed so far is no reason
		r.last = e.Kind
	}
	r.walk.Follow(e)
}

// afterTheWalk lists the beginnings of messages of checks that come when the walk has succeeded. The last instruction of the log isn't to blame
// (check_max_stack_depth and others, kernel/bpf/verifier.c).
var afterTheWalk = [...]string{"combined stack size of ", "stack size of subprog ", "the call stack of %d frames is too deep !", "tail_calls are not allowed "}

// isAfterTheWalk tells them by all their text: the same depth of calls, met on the walk, is said without the exclamation mark, and of the call.
func isAfterTheWalk(reason string) bool {
	return slices.ContainsFunc(afterTheWalk[:], func(format string) bool {
		_, _, ok := matchFormat(format, reason)
		return ok
	})
}

// finish draws the conclusions at the end of the log.
func (r *reporter) finish() Report {
	report, path := &r.report, r.walk.Path()
	report.Kernel = strings.TrimRight(r.kernel.String(), "\n")
	if n := len(r.message); n > 0 {
		report.Reason = strings.TrimSpace(r.message[n-1])
		if r.remark != "" && strings.HasPrefix(report.Reason, "Caller passes invalid args") {
			report.Details = append(report.Details, strings.TrimSpace(r.remark))
		}
		for _, line := range r.message[:n-1] {
			report.Details = append(report.Details, strings.TrimSpace(line))
		}
	}
	report.Kind = r.kind()
	if path.Len() > 0 && !isAfterTheWalk(report.Reason) {
		report.Frame = path.After().Frame
		report.Registers, report.Stack = path.After().list()
		report.References = path.After().References()
		if report.Reason != "" {
			report.Slice = path.slice(report.Reason, report.Details)
		}
		if !strings.HasPrefix(report.Reason, "infinite loop detected at insn ") {
			last := path.At(path.Len() - 1)
			report.Insn, report.Text, report.Source = last.Insn, last.Text, last.Source
			return *report
		}
		// The walk came back to an instruction, which the text names; the last
		// one of the log is the one before it.
	}
	// No instruction was walked, or the last one isn't to blame. The text may name one.
	if insn, ok := numberAfter(report.Reason, "insn "); ok {
		report.Insn = insn
		for i := range path.Len() {
			if at := path.At(i); at.Insn == insn {
				report.Text, report.Source = at.Text, at.Source
			}
		}
	}
	return *report
}

// kind returns what stands in the way of an answer, where the text alone tells.
func (r *reporter) kind() mistake.Kind {
	switch {
	case r.report.Reason != "" && r.types:
		return mistake.BadType
	case r.report.Reason != "" || r.types:
		return mistake.None
	case r.walk.Path().Len() == 0 && r.last == UnknownEvent && r.report.Stats.Processed == 0:
		return mistake.NoLog // or statistics that say that there was no walk
	case !r.ended:
		return mistake.LogTruncated
	case r.walk.Path().Len() == 0, r.completed():
		return mistake.None
	}
	return mistake.Interrupted
}

// completed reports whether the walk came to an end: the last path did, and no branch waits that the log could tell of.
func (r *reporter) completed() bool {
	path := r.walk.Path()
	if r.last == Pruned {
		return true
	}
	if path.Len() == 0 {
		return false
	}
	last := path.At(path.Len() - 1)
	return last.Frame == 0 && strings.HasPrefix(last.Text, "(95) exit")
}

// numberAfter finds a word and the number behind it: 2 in "unreachable insn 2". Neither may be part of a longer one.
func numberAfter(text, word string) (int, bool) {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return 0, false
		}
		i += from
		from = i + len(word)
		if i > 0 && isWordByte(text[i-1]) {
			continue
		}
		end := from
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if n, ok := parseInt(text[from:end]); ok && end-from <= 9 && (end == len(text) || !isWordByte(text[end])) {
			return n, true
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
