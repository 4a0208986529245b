package verifierlog

import (
	"slices"
	"strconv"
	"strings"
)

// A row is a line of a log as it is shown. Rows are for the eye: they keep each line as it was printed, and know just enough of it to tell how
// the walk came there. What a program may rely on is in Report.
type row struct {
	kind   rowKind
	text   string // the line, as printed
	pc     int    // rowInsn: its slot; rowBranch: where the branch left; else -1
	insn   string // rowInsn: "(bf) r6 = r1", without the state behind it
	state  string // what the verifier knew afterwards, as printed; "" for nothing
	frame  int    // whose state it is
	whole  bool   // state is all that is known, not only what changed
	source Source // rowInsn, rowSource: the line of Go in force
	from   int    // rows with a state: the one before it on its path, -1 for the first
	path   bool   // on the path that failed, or about it
}

type rowKind uint8

const (
	rowInsn rowKind = iota
	rowSource
	rowState   // a state on a line of its own
	rowBranch  // "from 2 to 5: …": the walk goes on elsewhere
	rowNoise   // how the verifier thinks: states compared, marks of precision
	rowMessage // everything else, the reason among it
	rowKernel  // the kernel's own explanation
	rowStats
	rowBlank
)

// String returns the name of the kind, which page.css knows.
func (k rowKind) String() string {
	return [...]string{"insn", "source", "state", "branch", "noise", "message", "kernel", "stats", "blank"}[k]
}

// readRows reads a log, and marks the path to the instruction that the report blames.
func readRows(log string, r Report) []row {
	log, _, _ = strings.Cut(log, "\x00")
	reader := rowReader{visits: map[int][]int{}, last: -1}
	events := newTextScanner(log)
	more := events.Next()
	n := 0
	for line := range strings.Lines(log) {
		n++
		reader.begin(strings.TrimRight(line, "\r\n"))
		for ; more && events.Event().Line <= n; more = events.Next() {
			reader.read(events.Event())
		}
		reader.rows = append(reader.rows, reader.now)
	}
	markPath(reader.rows, r)
	return reader.rows
}

// A rowReader makes rows of lines, and of what a Scanner says of them.
type rowReader struct {
	rows   []row
	now    row           // of the line that is read
	first  bool          // nothing was said of it yet
	visits map[int][]int // rows of an instruction whose other branch may still be to come
	last   int           // the last row of the path so far, -1 for none
	source Source
}

func (rr *rowReader) begin(line string) {
	rr.now = row{kind: rowBlank, text: line, pc: -1, from: -1}
	if line != "" {
		rr.now.kind = rowMessage
	}
	rr.first = true
}

// rowKinds say how events are shown; those that are not here are by the way.
var rowKinds = [...]rowKind{
	UnknownEvent: rowMessage, SourceLine: rowSource, EntryState: rowState, Instruction: rowInsn, Branch: rowBranch, Pruned: rowNoise,
	CallerState: rowState, CalleeState: rowState, ReturnState: rowState, ResumeState: rowState, Message: rowMessage,
	KernelExplaining: rowKernel, Statistics: rowStats, Subprogram: rowNoise, LiveRegisters: rowNoise, GlobalFunction: rowMessage,
	FunctionInfo: rowMessage, Precision: rowNoise, StackLiveness: rowNoise, StateComparison: rowNoise, ArgumentInfo: rowMessage, Remark: rowMessage,
	ComparedState: rowMessage, TypeHeader: rowMessage, TypeLine: rowMessage,
}

// read takes over what is said of the line. Of several things the first counts: a message with statistics behind it is a message.
func (rr *rowReader) read(e *Event) {
	if !rr.first {
		return
	}
	rr.first = false
	r := &rr.now
	if r.text != "" {
		r.kind = rowKinds[e.Kind]
	}
	_, r.state = cutFrame(e.state)
	r.frame, r.whole = e.Frame, e.Whole
	here := len(rr.rows)
	switch r.kind {
	case rowSource:
		rr.source = e.Source
		r.source = e.Source
	case rowInsn:
		r.pc, r.insn, r.source, r.from = e.Insn, e.Text, rr.source, rr.last
		rr.last = here
		rr.visits[r.pc] = append(rr.visits[r.pc], here)
	case rowBranch:
		r.pc = e.From
		if n := len(rr.visits[r.pc]); n > 0 { // of several visits of the branch the last has its other side looked at first
			r.from = rr.visits[r.pc][n-1]
			rr.visits[r.pc] = rr.visits[r.pc][:n-1]
		}
		rr.last = here
	case rowState:
		if !e.HasState() { // "caller:", before the state itself
			r.kind = rowMessage
			return
		}
		r.from = rr.last
		rr.last = here
	default:
		r.state = ""
	}
}

// markPath marks what belongs to the path that failed. In a log without a reason, or of a mistake that no path leads to, that is everything.
func markPath(rows []row, r Report) {
	at := -1
	if r.Refused() && r.Insn >= 0 {
		at = lastVisit(rows, r.Insn)
	}
	if at < 0 {
		for i := range rows {
			rows[i].path = true
		}
		return
	}
	for i := at; i >= 0; i = rows[i].from { // always to an earlier row
		rows[i].path = true
	}
	// A line of source goes with the instruction below it, the message and what follows with the last.
	near := false
	for i := len(rows) - 1; i >= 0; i-- {
		switch rows[i].kind {
		case rowInsn:
			near = rows[i].path
		case rowSource:
			rows[i].path = near
		case rowMessage, rowStats, rowKernel:
			rows[i].path = i > at
		}
	}
}

// lastVisit returns the last row of an instruction, -1 when there is none.
func lastVisit(rows []row, pc int) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].kind == rowInsn && rows[i].pc == pc {
			return i
		}
	}
	return -1
}

// A rowChange is what a row tells of a register or a slot of the stack: "R6" is "ctx()" now. An empty value means that nothing is known.
type rowChange struct{ name, value string }

// changesOf returns what a state tells, in its order, without the marks of liveness that kernels up to 6.17 print.
func changesOf(state string) []rowChange {
	var changes []rowChange
	for _, token := range splitState(state) {
		name, value, ok := strings.Cut(token, "=")
		if !ok {
			continue
		}
		if i := strings.IndexByte(name, '_'); i > 0 {
			name = name[:i]
		}
		changes = append(changes, rowChange{name, value})
	}
	return changes
}

// splitState splits a state into its words.
func splitState(state string) []string {
	var words []string
	for {
		var word string
		if word, state = cutWord(state); word == "" {
			return words
		}
		words = append(words, word)
	}
}

// registersIn returns the registers that a text names, r1 or R1 or w1, each once and in its order.
func registersIn(text string) []int {
	var found []int
	for i := 0; i+1 < len(text); i++ {
		if c := text[i]; c != 'r' && c != 'R' && c != 'w' || i > 0 && isNameByte(text[i-1]) {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end < len(text) && isNameByte(text[end]) {
			continue
		}
		if n, err := strconv.Atoi(text[i+1 : end]); err == nil && n <= 10 && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

func isNameByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '%'
}
