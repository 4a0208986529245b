package page

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A row is a line of a log as it is shown. Rows are for the eye: they keep each line as it was printed, and know just enough of it to tell how
// the walk came there. What a program may rely on is in Report.
type row struct {
	kind   rowKind
	text   string             // the line, as printed
	pc     int                // rowInsn: its slot; rowBranch: where the branch left; else -1
	insn   string             // rowInsn: "(bf) r6 = r1", without the state behind it
	frame  int                // whose state it is
	whole  bool               // state is all that is known, not only what changed
	source verifierlog.Source // rowInsn, rowSource: the line of Go in force

	state string            // what the verifier knew afterwards, as printed; "" for nothing
	event verifierlog.Event // which the state is of; it is split only where somebody looks
	from  int               // rows with a state: the one before it on its path, -1 for the first
	path  bool              // on the path that failed, or about it
}

type rowKind uint8

const (
	rowInsn rowKind = iota
	rowSource
	rowState   // a state on a line of its own
	rowBranch  // "from 2 to 5: …": the walk goes on elsewhere
	rowNoise   // how the verifier thinks: states compared, marks of precision
	rowRemark  // what the verifier says by the way of an instruction, and labels of states
	rowMessage // everything else, the reason among it
	rowKernel  // the kernel's own explanation
	rowStats
	rowBlank
)

// String returns the name of the kind, which page.css knows.
func (k rowKind) String() string {
	return [...]string{"insn", "source", "state", "branch", "noise", "remark", "message", "kernel", "stats", "blank"}[k]
}

// readRows reads a log, and marks the path to the instruction that the report blames.
func readRows(log string, r verifierlog.Report) []row {
	log, _, _ = strings.Cut(log, "\x00")
	reader := rowReader{rows: make([]row, 0, strings.Count(log, "\n")+1), visits: map[int][]int{}, last: -1}
	events := verifierlog.NewScanner(strings.NewReader(log))
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
	source verifierlog.Source
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
	verifierlog.UnknownEvent: rowMessage, verifierlog.SourceLine: rowSource, verifierlog.EntryState: rowState, verifierlog.Instruction: rowInsn, verifierlog.Branch: rowBranch, verifierlog.Pruned: rowNoise,
	verifierlog.CallerState: rowState, verifierlog.CalleeState: rowState, verifierlog.ReturnState: rowState, verifierlog.ResumeState: rowState, verifierlog.Message: rowMessage,
	verifierlog.KernelExplaining: rowKernel, verifierlog.Statistics: rowStats, verifierlog.Subprogram: rowNoise, verifierlog.LiveRegisters: rowNoise, verifierlog.GlobalFunction: rowRemark,
	verifierlog.FunctionInfo: rowRemark, verifierlog.Precision: rowNoise, verifierlog.StackLiveness: rowNoise, verifierlog.StateComparison: rowNoise, verifierlog.ArgumentInfo: rowRemark, verifierlog.Remark: rowRemark,
	verifierlog.ComparedState: rowMessage, verifierlog.TypeHeader: rowRemark, verifierlog.TypeLine: rowRemark,
}

// read takes over what is said of the line. Of several things the first counts: a message with statistics behind it is a message.
func (rr *rowReader) read(e *verifierlog.Event) {
	if !rr.first {
		return
	}
	rr.first = false
	r := &rr.now
	if r.text != "" {
		r.kind = rowKinds[e.Kind]
	}
	r.state, r.event = e.StateText(), *e
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
			r.kind = rowRemark
			return
		}
		r.from = rr.last
		rr.last = here
	default:
		r.state = ""
	}
}

// markPath marks what belongs to the path that failed. In a log without a reason, or of a mistake that no path leads to, that is everything.
func markPath(rows []row, r verifierlog.Report) {
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
	// A remark goes with the instruction above it, a line of source with the one below, the message and what follows with the last.
	near := true
	for i := range rows {
		switch rows[i].kind {
		case rowInsn:
			near = rows[i].path
		case rowRemark:
			rows[i].path = near
		}
	}
	near = false
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

// A word is a part of a printed state. One with a name can be followed.
type word struct{ text, name, value string }

// words splits a row's state, in its order but for what is held, which comes last.
func (r row) words() []word {
	if r.state == "" {
		return nil
	}
	var words []word
	state := r.event.State()
	for _, v := range state.Values {
		v.Place.Frame = 0 // the row tells whose
		name := v.Place.String()
		text := name
		if v.Liveness != "" {
			text += "_" + v.Liveness
		}
		words = append(words, word{text + "=" + v.Text, name, v.Text})
	}
	for _, text := range state.Unknown {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			name = ""
		}
		words = append(words, word{text, name, value})
	}
	if refs := strings.Join(state.References, ","); refs != "" {
		words = append(words, word{"refs=" + refs, "refs", refs})
	}
	if state.Callback {
		words = append(words, word{text: "cb"})
	}
	if state.Async {
		words = append(words, word{text: "async_cb"})
	}
	return words
}

// callsKernel reports whether an instruction calls a helper or kernel function, and not a function of the program.
func callsKernel(insn string) bool {
	return strings.HasPrefix(insn, "(85) call ") && !strings.HasPrefix(insn, "(85) call pc")
}

func isNameByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '%'
}
