package verifierlog

import (
	"slices"
	"strings"
)

// A lineReader finds the kind of a line. For this it remembers a little of the lines before: an explanation quotes instructions, the state
// after "callee:" has no mark of its own, and a log of types has another grammar.
type lineReader struct {
	begun       bool
	types       bool      // a log of BPF_BTF_LOAD
	explanation bool      // inside the kernel's explanation
	statistics  bool      // the statistics have begun: nothing else follows
	label       EventKind // CallerState, CalleeState, ReturnState or ResumeState when the line before was that label
	labelInsn   int
	pending     string // a message or statistics after other text in the same line
}

// A linePrefix is the beginning of lines that are recognised only by it.
type linePrefix struct {
	text string
	kind EventKind
}

// linePrefixes are tried in this order: first those that are frequent in logs.
var linePrefixes = [...]linePrefix{
	{"mark_precise: ", Precision}, {"from ", Branch}, {"func#", Subprogram}, {"Live regs before insn:", LiveRegisters},
	{"caller:", CallerState}, {"callee:", CalleeState}, {"returning from callee:", ReturnState}, {"to caller at ", ResumeState},
	{"propagating ", StateComparison}, {"SCC enter ", StateComparison}, {"SCC exit ", StateComparison}, {"SCC backedge ", StateComparison},
	{"force_precise: ", Precision}, {"falling back to forcing all scalars precise", Precision},
	{"parent didn't have regs=", Precision}, {"parent already had regs=", Precision}, // up to 6.4
	{"last_idx ", Precision}, {"regs=", Precision}, // up to 6.4
	{"cur state:", ComparedState}, {"old state:", ComparedState},
	{"Validating ", GlobalFunction}, {"reg type unsupported for arg#", Remark},
}

// A lineShape describes a line that is recognised by its beginning and a later part.
type lineShape struct {
	begin, part, end string
	kind             EventKind
}

var lineShapes = [...]lineShape{
	{"frame ", ": propagating", "", StateComparison},
	{"func '", " has btf_id ", "", ArgumentInfo},
	{"Func#", ") is global and assumed valid", "", FunctionInfo},
	{"Func#", ") is safe for any args", "", FunctionInfo},
	{"arg#", " reference type('UNKNOWN ') size cannot be determined: ", "-22", Remark},
	{"Global function ", " doesn't return scalar. Only those are supported.", "", Remark},
	{"(", ") live stack update done in ", "iterations", StackLiveness},
	{"(", ") frame ", "", StackLiveness},
}

// read reads a line and reports whether it is an event. Empty lines are not events.
func (r *lineReader) read(line string, e *Event) bool {
	if !r.begun {
		r.begun = true
		r.types = strings.HasPrefix(line, "magic: ")
	}
	label := r.label
	r.label = UnknownEvent
	if r.statistics && line != "" && !readMoreStatistics(line, e) { // another log, in the same file
		r.statistics, r.explanation = false, false
		r.types = strings.HasPrefix(line, "magic: ")
	}
	switch {
	case r.types:
		return r.readType(line, e)
	case r.statistics:
		return line != ""
	case r.explanation:
		r.readExplanation(line, e)
		return true
	case line == "":
		return false
	case line[0] >= '0' && line[0] <= '9' && r.readNumbered(line, e):
	case strings.HasPrefix(line, "; "):
		e.Kind, e.Text = SourceLine, line[len("; "):]
		e.Source = parseSource(e.Text)
	case line[0] == ' ' && r.readIndented(line, label, e):
	case isState(line): // the blanks were lost when the log was passed on
		e.Kind, e.Whole = EntryState, true
		e.setState(line)
	case r.readPrefixed(line, e):
	case r.readShaped(line, e):
	case isLeftOut(line):
		e.Kind, e.Text = LeftOut, line
	case strings.HasPrefix(line, "Verification failed: "):
		r.explanation = true
		r.readExplanation(line, e)
	default:
		r.readMessage(line, e)
	}
	return true
}

// isLeftOut reports whether a line stands for others: "...", "[...]", "<snip>", "(truncated...)".
func isLeftOut(line string) bool {
	words := strings.ToLower(strings.Trim(line, " \t.…[](){}<>-*#"))
	return slices.Contains(leftOutWords[:], words) || words == "" && (strings.Contains(line, "..") || strings.Contains(line, "…"))
}

var leftOutWords = [...]string{"snip", "snipped", "skip", "skipped", "cut", "omitted", "truncated"}

// readNumbered reads lines that begin with the number of an instruction: "1: (bf) r6 = r1", "5: R0=1", "5: safe".
func (r *lineReader) readNumbered(line string, e *Event) bool {
	insn, rest, ok := cutInsn(line)
	if !ok {
		return false
	}
	switch {
	case isInstruction(rest):
		readInstruction(rest, e)
		r.pending = e.glued
	case isState(rest):
		e.Kind = EntryState
		e.setState(rest)
	case rest == "safe":
		e.Kind, e.Text = Pruned, line
	default:
		return false // a message may begin with a number
	}
	e.Insn = insn
	return true
}

// readIndented reads the states after labels such as "callee:", and the list of live registers.
func (r *lineReader) readIndented(line string, label EventKind, e *Event) bool {
	rest := strings.TrimLeft(line, " ")
	if isState(rest) {
		e.Kind, e.Insn = EntryState, -1
		if label != UnknownEvent {
			e.Kind, e.Insn = label, r.labelInsn
		}
		e.Whole = true
		e.setState(rest)
		return true
	}
	if insn, after, ok := cutInsn(rest); ok { // "0: .1........ (bf) r6 = r1"
		if isLiveMask(after) {
			e.Kind, e.Insn, e.Text = LiveRegisters, insn, rest
			return true
		}
		return r.readNumbered(rest, e) // only a part of the log was indented
	}
	_, after, ok := strings.Cut(rest, " ") // with the number of a loop in front: "1 0: .1........"
	insn, mask, isInsn := cutInsn(strings.TrimLeft(after, " "))
	if ok && isInsn && isLiveMask(mask) {
		e.Kind, e.Insn, e.Text = LiveRegisters, insn, rest
		return true
	}
	return false
}

// readPrefixed reads lines that are recognised by their beginning.
func (r *lineReader) readPrefixed(line string, e *Event) bool {
	for _, p := range linePrefixes {
		if !strings.HasPrefix(line, p.text) {
			continue
		}
		e.Kind, e.Text = p.kind, line
		switch p.kind {
		case Branch:
			return readBranch(line[len("from "):], e)
		case CallerState, CalleeState, ReturnState, ResumeState:
			r.label, r.labelInsn = p.kind, -1
			if digits, ok := strings.CutPrefix(line, "to caller at "); ok {
				if insn, ok := parseInt(strings.TrimSuffix(digits, ":")); ok && insn >= 0 {
					r.labelInsn, e.Insn = insn, insn
				}
			}
		}
		return true
	}
	return false
}

// readShaped reads lines that are recognised by two parts.
func (r *lineReader) readShaped(line string, e *Event) bool {
	for _, s := range lineShapes {
		if rest, ok := strings.CutPrefix(line, s.begin); ok && strings.HasSuffix(line, s.end) && strings.Contains(rest, s.part) {
			e.Kind, e.Text = s.kind, line
			return true
		}
	}
	return false
}

// readMessage reads free text. Some messages of the kernel have no newline at the end, so statistics may follow in the same line.
func (r *lineReader) readMessage(line string, e *Event) {
	if i := statisticsStart(line); i >= 0 {
		r.statistics = true
		if i == 0 {
			e.Kind, e.Text = Statistics, line
			return
		}
		line, r.pending = line[:i], line[i:]
	}
	e.Kind, e.Text = Message, line
	if e.Line == 1 && strings.HasPrefix(line, "=") || strings.HasPrefix(line, "from ") {
		e.Kind = UnknownEvent
	}
}

// readPending reads what followed something else in the same line: a message, or statistics.
func (r *lineReader) readPending(e *Event) {
	text := r.pending
	r.pending = ""
	e.Insn, e.From = -1, -1
	r.readMessage(text, e)
}

func (r *lineReader) readExplanation(line string, e *Event) {
	if statisticsStart(line) == 0 {
		r.statistics = true
		e.Kind, e.Text = Statistics, line
		return
	}
	e.Kind, e.Text = KernelExplaining, line
}

// readMoreStatistics reads the lines that may follow "verification time 64 usec".
func readMoreStatistics(line string, e *Event) bool {
	e.Kind, e.Text = Statistics, line
	return strings.HasPrefix(line, "stack depth ") || statisticsStart(line) == 0
}

// readType reads a line of a log of BPF_BTF_LOAD. A wrong type is printed a second time, with the reason at the end of the line.
func (r *lineReader) readType(line string, e *Event) bool {
	if line == "" {
		return false
	}
	e.Kind, e.Text = Message, line
	if line[0] == '[' || line[0] == '\t' {
		if !hasReason(line) {
			e.Kind = TypeLine
		}
	} else if name, _, ok := strings.Cut(line, ": "); ok && slices.Contains(typeHeader[:], name) {
		e.Kind = TypeHeader
	}
	return true
}

// typeHeader lists the fields that a log of types begins with.
var typeHeader = [...]string{
	"magic", "version", "flags", "hdr_len", "type_off", "type_len", "str_off", "str_len", "btf_total_size",
}

// hasReason reports whether a reason is appended to the line of a type or member: "[2] FUNC f type_id=1 Invalid type_id".
func hasReason(line string) bool {
	if i := strings.Index(line, " args=("); i >= 0 { // "return=0 args=(1 a, 2 (anon))"
		_, rest := cutWord(line[i:])
		return strings.TrimSpace(rest) != ""
	}
	words := strings.Fields(line)
	for i := len(words) - 1; i >= 0; i-- {
		if strings.Contains(words[i], "=") && words[i] != "!=" {
			return i < len(words)-1
		}
	}
	for i := 0; i < min(len(words), 2); i++ { // the record of a type cannot be read: "[3] Invalid kind:21", a member's name neither
		if strings.HasPrefix(words[i], "Invalid") || strings.HasPrefix(words[i], "meta_left:") {
			return true
		}
	}
	// "[3] FWD name struct"
	return len(words) > 4 || len(words) == 4 && words[3] != "struct" && words[3] != "union"
}
