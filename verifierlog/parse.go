package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// Parse reads a log of BPF_PROG_LOAD or BPF_BTF_LOAD. Any text is accepted as a log: unknown lines become part of a message. For a log
// without a message, the Report has no Reason.
//
// At level 1 the log of a program that was loaded has only statistics. The log is the same when a signal interrupted the load. For Parse
// neither has an error; Explain separates the two cases when it gets the errno.
func Parse(log string) Report {
	r := reporter{report: Report{Insn: -1}, walk: NewWalk()}
	r.walk.shared = true
	scanner := newTextScanner(log)
	for scanner.Next() {
		r.take(scanner.Event())
	}
	return r.finish()
}

// A reporter collects the parts of a report from events.
type reporter struct {
	report  Report
	walk    *Walk
	kernel  strings.Builder
	message []string  // lines since the last instruction: the reason, if nothing follows
	remark  string    // the last remark since then: it may be the reason when the message only names a function
	last    EventKind // of the events that are part of the walk
	types   bool      // a log of BPF_BTF_LOAD
	ended   bool      // there are statistics
	text    string    // of the last line, and the state after it: it may be not complete
	state   string
	gap     bool // lines are left out after the last instruction
}

// take adds an event.
func (r *reporter) take(e *Event) {
	if e.Kind != LeftOut || isCutOff(e.Text) {
		r.text, r.state = e.Text, e.state
	}
	switch e.Kind {
	case Message, UnknownEvent:
		if len(r.message) >= messageLimit { // not a message of the kernel, but some other text
			r.message = slices.Delete(r.message, 0, messageLimit/2)
		}
		r.message = append(r.message, strings.Clone(clip(e.Text)))
	case Remark:
		r.remark = strings.Clone(clip(e.Text))
	case KernelExplaining:
		if r.kernel.Len() < kernelLimit {
			r.kernel.WriteString(clip(e.Text) + "\n")
		}
	case Statistics:
		r.report.Stats.read(e.Text)
		r.ended = true
	case TypeHeader, TypeLine:
		r.types = true
		r.message = r.message[:0]
	case Instruction, EntryState, Branch, Pruned, CallerState, CalleeState, ReturnState, ResumeState, GlobalFunction:
		r.message, r.remark = r.message[:0], "" // the walk continued, so the lines before are not the reason
		r.last, r.gap = e.Kind, false
	case LeftOut:
		r.gap = r.gap || len(r.message) == 0
		r.report.shortened = true
	}
	if e.Kind == SourceLine && r.report.language == AnyLanguage {
		r.report.language = languageOf(e.Source)
	}
	r.walk.Follow(e)
}

// afterTheWalk lists the beginnings of messages of checks that run after the walk has succeeded. The mistake is not at the last
// instruction of the log (check_max_stack_depth and others, kernel/bpf/verifier.c).
var afterTheWalk = [...]string{
	"combined stack size of ", "stack size of subprog ", "the call stack of %d frames is too deep !", "tail_calls are not allowed ",
}

// isAfterTheWalk compares the whole format. When the walk itself finds calls that are too deep, the message is about the call and has no
// exclamation mark.
func isAfterTheWalk(reason string) bool {
	return slices.ContainsFunc(afterTheWalk[:], func(format string) bool {
		_, _, ok := matchFormat(format, reason)
		return ok
	})
}

// isCutOff reports whether a line ends in the middle, as where a buffer was full.
func isCutOff(line string) bool {
	line = strings.TrimSpace(line)
	if strings.HasSuffix(line, "(truncated...)") || strings.HasSuffix(line, "=") {
		return true
	}
	return strings.Count(line, "(") > strings.Count(line, ")")
}

// reason returns the line of the message that gives the reason, with the lines before it: the last line that has a rule, as loaders and
// people write after the log; without such a line the last one.
func (r *reporter) reason() (reason string, details []string) {
	last := len(r.message) - 1
	if last < 0 {
		if rule, _ := ruleFor(r.remark); rule != nil { // a global function was verified separately, and nothing follows
			return r.remark, nil
		}
		return "", nil
	}
	for i := last; i >= max(0, last-trailingLimit); i-- {
		if rule, _ := ruleFor(strings.TrimSpace(r.message[i])); rule != nil {
			last = i
			break
		}
	}
	return strings.TrimSpace(r.message[last]), r.message[:last]
}

// trailingLimit is the number of lines after the reason that may be somebody else's.
const trailingLimit = 100

// finish completes the report at the end of the log.
func (r *reporter) finish() Report {
	report, path := &r.report, r.walk.Path()
	report.Kernel = strings.TrimRight(r.kernel.String(), "\n")
	if reason, details := r.reason(); reason != "" {
		report.Reason = reason
		if r.remark != "" && strings.HasPrefix(report.Reason, "Caller passes invalid args") {
			report.Details = append(report.Details, strings.TrimSpace(r.remark))
		}
		for _, line := range details {
			report.Details = append(report.Details, strings.TrimSpace(line))
		}
	}
	report.Kind = r.kind()
	report.hidden = 1<<registerCount - 1
	if path.Len() > 0 && !isAfterTheWalk(report.Reason) && !(r.gap && !fits(report.Reason, path)) {
		report.Frame = path.After().Frame
		report.Registers, report.Stack = path.After().list()
		report.hidden = path.After().hidden()
		report.whole = !path.Cut
		report.References = path.After().References()
		report.LeftOut = path.leftOut
		if report.Reason != "" {
			report.Slice = path.slice(report.Reason, report.Details)
		}
		if !strings.HasPrefix(report.Reason, "infinite loop detected at insn ") {
			last := path.At(path.Len() - 1)
			report.Insn, report.Text, report.Source = last.Insn, last.Text, last.Source
			return *report
		}
		// The walk came back to an instruction, which the text names. The last instruction in the log is the one before it.
	}
	// There was no walk, or the mistake is not at its last instruction. The text may name an instruction.
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

// fits reports whether a message can be about the last instruction of a path after which lines are missing.
func fits(reason string, path *Path) bool {
	if reason == "" {
		return true
	}
	o := parseOperands(path.At(path.Len() - 1).Text)
	n, named := registerIn(reason)
	switch o.operation {
	case loadOperation:
		return strings.Contains(reason, "access") && named && n == o.src
	case storeOperation, atomicOperation:
		return strings.Contains(reason, "access") && named && n == o.dst
	case arithmetic:
		return (strings.Contains(reason, "math between") || strings.Contains(reason, "pointer")) && (!named || n == o.dst || n == o.src)
	case kernelCall:
		return strings.Contains(reason, " expected=") || strings.Contains(reason, o.callee+"#") && o.callee != ""
	case exitOperation:
		return strings.Contains(reason, " exit")
	}
	return false
}

// kind returns the reason why there is no answer, when the text alone shows it.
func (r *reporter) kind() mistake.Kind {
	switch {
	case r.report.Reason != "" && r.types:
		return mistake.BadType
	case r.report.Reason != "" || r.types:
		return mistake.None
	case r.walk.Path().Len() == 0 && r.last == UnknownEvent && r.report.Stats.Processed == 0:
		return mistake.NoLog // or the statistics say that there was no walk
	case !r.ended && (isCutOff(r.text+r.state) || r.last == Instruction && !r.readable()):
		return mistake.LogTruncated
	case !r.ended:
		return mistake.NoLog
	case r.walk.Path().Len() == 0, r.completed():
		return mistake.None
	}
	return mistake.Interrupted
}

// readable reports whether the last instruction is complete.
func (r *reporter) readable() bool {
	path := r.walk.Path()
	if path.Len() == 0 {
		return true
	}
	text := path.At(path.Len() - 1).Text
	return !strings.HasPrefix(text, "(") || parseOperands(text).operation != notReadable
}

// completed reports whether the walk is complete: the last path has ended, and the log shows no branch that is still open.
func (r *reporter) completed() bool {
	path := r.walk.Path()
	if r.last == Pruned {
		return true
	}
	if path.Len() == 0 {
		return false
	}
	last := path.At(path.Len() - 1)
	return last.Frame == 0 && strings.HasPrefix(last.Text, "(95) exit") || strings.HasPrefix(last.Text, "(85) call bpf_throw#")
}

// numberAfter finds a word and the number after it: 2 in "unreachable insn 2". Neither may be part of a longer word or number.
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
