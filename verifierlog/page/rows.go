package page

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A row is a line of a log on the page. A row keeps the line as it was printed, and a little more to follow the walk. Programs should use
// the Report instead.
type row struct {
	kind   rowKind
	text   string             // the line, as printed
	pc     int                // rowInsn: its slot; rowBranch: the slot of the jump; otherwise -1
	insn   string             // rowInsn: "(bf) r6 = r1", without the state after it
	frame  int                // frame of the state
	whole  bool               // state has all known values, not only those that changed
	source verifierlog.Source // rowInsn, rowSource: the current Go line

	state string            // the state after this row, as printed; "" if there is none
	event verifierlog.Event // the event of the state; the state is split only when it is needed
	from  int               // rows with a state: the row before it on its path, -1 for the first
	path  bool              // on the path that failed, or about it
}

type rowKind uint8

const (
	rowInsn rowKind = iota
	rowSource
	rowState   // a state on its own line
	rowBranch  // "from 2 to 5: …": the walk continues at another place
	rowNoise   // internal work of the verifier: states compared, marks of precision
	rowRemark  // remarks of the verifier at an instruction, and labels of states
	rowMessage // everything else, including the reason
	rowKernel  // the kernel's own explanation
	rowStats
	rowBlank
)

// String returns the name of the kind, as page.css uses it.
func (k rowKind) String() string {
	return [...]string{"insn", "source", "state", "branch", "noise", "remark", "message", "kernel", "stats", "blank"}[k]
}

// readRows reads a log, and marks the path to the instruction with the mistake.
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

// A rowReader makes rows from lines and from the events of a Scanner.
type rowReader struct {
	rows   []row
	now    row           // of the line that is read
	first  bool          // it has no event yet
	visits map[int][]int // rows of an instruction whose other branch may follow later
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

// rowKinds say how each kind of event is shown.
var rowKinds = [...]rowKind{
	verifierlog.SourceLine: rowSource, verifierlog.Instruction: rowInsn, verifierlog.Branch: rowBranch,

	verifierlog.EntryState: rowState, verifierlog.CallerState: rowState, verifierlog.CalleeState: rowState,
	verifierlog.ReturnState: rowState, verifierlog.ResumeState: rowState,

	verifierlog.Message: rowMessage, verifierlog.UnknownEvent: rowMessage, verifierlog.ComparedState: rowMessage,
	verifierlog.KernelExplaining: rowKernel, verifierlog.Statistics: rowStats,

	verifierlog.GlobalFunction: rowRemark, verifierlog.FunctionInfo: rowRemark, verifierlog.ArgumentInfo: rowRemark,
	verifierlog.Remark: rowRemark, verifierlog.TypeHeader: rowRemark, verifierlog.TypeLine: rowRemark,

	verifierlog.Pruned: rowNoise, verifierlog.Subprogram: rowNoise, verifierlog.LiveRegisters: rowNoise,
	verifierlog.Precision: rowNoise, verifierlog.StackLiveness: rowNoise, verifierlog.StateComparison: rowNoise,
}

// read adds an event to the row. Only the first event of a line counts: a message that statistics follow is a message.
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
		if n := len(rr.visits[r.pc]); n > 0 { // the other side of the last visit comes first
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

// markPath marks the rows of the path that failed. In a log without a reason, or without an instruction that has the mistake, it marks all
// rows.
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
	// A remark belongs to the instruction above it, a source line to the instruction below it, the message and the rest to the last
	// instruction.
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

// A rowChange is a change of a register or a stack slot: "R6" is "ctx()" now. An empty value means that nothing is known.
type rowChange struct{ name, value string }

// A word is a part of a printed state. When it has a name, its history can be shown.
type word struct{ text, name, value string }

// words splits a row's state in its order; held references come last.
func (r row) words() []word {
	if r.state == "" {
		return nil
	}
	var words []word
	state := r.event.State()
	for _, v := range state.Values {
		v.Place.Frame = 0 // the row has the frame
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
