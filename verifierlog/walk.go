package verifierlog

import (
	"io"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A Walk follows the verifier through a program. It gets one event after the other, and keeps the path to the last one and the state at
// its end. A log of level 2 has all paths: the Walk goes back to a branch when the verifier does.
//
//	w := verifierlog.NewWalk()
//	for s := verifierlog.NewScanner(file); s.Next(); {
//		w.Follow(s.Event())
//	}
//	w.Path().After().Value(verifierlog.Place{Register: 1}) // the value of R1 at the end of the walk
//
// Its memory is bounded: see Path.
type Walk struct {
	path    Path
	source  Source        // source line of the instructions that follow
	program map[int]*code // as last printed
	values  map[string]string
	bytes   int  // of the texts in program
	kept    int  // of the texts in values
	shared  bool // the memory of events stays valid: texts need not be copied

	called  bool // the last instruction called a kernel function, and no state was printed since then
	silent  bool // no state was printed for the last instruction
	entered bool // the state at the beginning of the path is known
	follows bool // a line says that the walk continues at another instruction

	backtracks bool  // the lines of Linux 6.0 and before that say which numbers must be exact
	held       Event // a state after them, when waits is set: it may be that of an earlier instruction
	waits      bool

	validates bool // a global function begins
	missing   bool // instructions are missing before the next one

	state PrintedState // of the event; kept for its memory
}

// NewWalk returns a walk without any event.
func NewWalk() *Walk {
	return &Walk{program: make(map[int]*code), values: make(map[string]string)}
}

// FailingPath reads a log and returns the path at its end. At log level 1 this is the only path in the log, at level 2 the last of many.
func FailingPath(r io.Reader) (*Path, error) {
	s, w := NewScanner(r), NewWalk()
	for s.Next() {
		w.Follow(s.Event())
	}
	return w.Path(), s.Err()
}

// pathOf is FailingPath for a log in memory.
func pathOf(log string) *Path {
	s, w := newTextScanner(log), NewWalk()
	w.shared = true
	for s.Next() {
		w.Follow(s.Event())
	}
	return w.Path()
}

// Path returns the path to the last event. It belongs to the walk: the next call of Follow changes it.
func (w *Walk) Path() *Path {
	w.releaseHeld()
	return &w.path
}

// Follow continues the walk with an event.
func (w *Walk) Follow(e *Event) {
	if e.Kind == Precision {
		w.backtrack(e)
		return
	}
	if w.backtracks && e.Kind == EntryState && e.Insn < 0 {
		w.held, w.waits, w.backtracks = *e, true, false
		return
	}
	w.backtracks = false
	w.releaseHeld()
	w.follow(e)
}

func (w *Walk) follow(e *Event) {
	if int(e.Kind) < len(follow) && follow[e.Kind] != nil {
		follow[e.Kind](w, e)
	}
}

// backtrack reads a line about numbers that must be exact. Up to Linux 6.0 such lines are followed by the state of an earlier place, and
// the next line says so: "parent didn't have regs=4 stack=0 marks". Otherwise the state is that of the walk.
func (w *Walk) backtrack(e *Event) {
	if w.waits && strings.HasPrefix(e.Text, "parent ") {
		w.waits = false
	}
	w.releaseHeld()
	w.backtracks = strings.HasPrefix(e.Text, "last_idx ") || strings.HasPrefix(e.Text, "regs=")
}

// releaseHeld follows the state that was held back.
func (w *Walk) releaseHeld() {
	if w.waits {
		w.waits = false
		w.follow(&w.held)
	}
}

// follow has a function for each kind of event that matters to a walk.
var follow = [...]func(w *Walk, e *Event){
	SourceLine:     func(w *Walk, e *Event) { w.source = Source{clip(e.Source.File), e.Source.Line, clip(e.Source.Text)} },
	Instruction:    (*Walk).instruction,
	EntryState:     (*Walk).apply,
	Branch:         (*Walk).branch,
	CallerState:    (*Walk).apply,
	CalleeState:    (*Walk).apply,
	LeftOut:        func(w *Walk, _ *Event) { w.gap() },
	ReturnState:    (*Walk).apply,
	ResumeState:    (*Walk).apply,
	GlobalFunction: func(w *Walk, _ *Event) { w.restart(); w.validates = true },
	Subprogram:     func(w *Walk, _ *Event) { w.restart() }, // a log begins; a file may have several
}

func (w *Walk) restart() {
	w.path.restart()
	w.called, w.silent, w.entered, w.validates, w.missing = false, false, false, false, false
	w.backtracks, w.waits = false, false
}

// instruction adds an instruction to the path.
func (w *Walk) instruction(e *Event) {
	w.settle(false)
	switch n := len(w.path.steps); {
	case n == 0 && !w.entered && e.Insn == 0:
		w.set(register(0, 1), notShown)
	case n == 0 && !w.entered, n > 0 && !w.follows && !isNext(w.path.steps[n-1].code, e.Insn):
		w.gap()
	}
	w.entered, w.follows = true, false
	w.path.append(w.codeOf(e), e.Line)
	w.path.steps[len(w.path.steps)-1].gap, w.missing = w.missing, false
	w.called, w.silent = isCall(e.Text), true
	if e.HasState() {
		w.apply(e)
	}
	w.follows = false
}

// isNext reports whether an instruction may come after another one. Where a jump goes to is not asked: a log that goes on elsewhere has
// other signs.
func isNext(last *code, insn int) bool {
	if insn == last.insn+1 || insn == last.insn+2 && strings.HasPrefix(last.text, "(18)") {
		return true
	}
	switch parseOperands(last.text).operation {
	case jumpOperation, programCall, exitOperation, kernelCall: // to a callback
		return true
	}
	return false
}

// gap forgets the registers and the stack of the running function: lines of the log are missing.
func (w *Walk) gap() {
	w.called, w.silent, w.missing, w.path.Cut = false, false, true, true
	frame := w.path.end.Frame
	for n := range registerCount - 1 {
		w.set(register(frame, n), notShown)
	}
	for i := range slotCount {
		if p := placeOf(frame*cellCount + registerCount + i); w.path.end.Text(p) != "" {
			w.set(p, notShown)
		}
	}
}

// settle makes the effects of the last instruction that the log does not print. This happens only at the next event: a message about an
// instruction is about the registers before it. A call of a helper or kernel function clears R1 to R5. When no state was printed for the
// instruction, as in kernels before 5.18, the place that it wrote is known only when it was a constant or a copy.
func (w *Walk) settle(printed bool) {
	frame := w.path.end.Frame
	if w.called && w.silent && !printed && len(w.path.steps) > 0 {
		w.forgetWritten(calleeName(w.path.steps[len(w.path.steps)-1].code.text), frame)
	}
	if w.called {
		for n := 1; n <= 5; n++ {
			w.set(register(frame, n), "")
		}
	}
	if w.silent && !printed && len(w.path.steps) > 0 {
		w.guess(parseOperands(w.path.steps[len(w.path.steps)-1].code.text), frame)
	}
	w.called, w.silent = false, false
}

// forgetWritten forgets what is on the stack where a call may write: its arguments are still known. The size of the memory is the next
// argument, when that is a constant.
func (w *Walk) forgetWritten(callee string, frame int) {
	id, known := linux.HelperID(callee)
	for n := 1; n <= 5; n++ {
		if known && !argKind(callee, n).Writes() && linux.HelperByID(id).Followed() {
			continue
		}
		v := w.path.end.Value(register(frame, n))
		if v.Kind != PointerStack || v.Offset >= 0 || v.Frame >= 0 && v.Frame != frame {
			continue
		}
		size := -v.Offset
		if next := w.path.end.Value(register(frame, n+1)); n < 5 && next.Kind == Scalar {
			if n, ok := next.Bounds.Constant(); ok && n > 0 {
				size = min(size, n)
			}
		}
		for _, cell := range slotCells(frame, int(v.Offset), int(size)) {
			if w.path.end.known[cell] != "" {
				w.set(placeOf(cell), notShown)
			}
		}
	}
}

// guess stores what an instruction does for which no state was printed.
func (w *Walk) guess(o operands, frame int) {
	switch o.operation {
	case moveOperation, constantOf, arithmetic, loadOperation:
		w.set(register(frame, o.dst), w.resultOf(o, frame))
	case kernelCall:
		w.set(register(frame, 0), notShown)
	case storeOperation, atomicOperation:
		for _, cell := range stackCells(&w.path.end, frame, o.dst, o.offset, o.size) {
			w.set(placeOf(cell), notShown)
		}
		if o.operation == atomicOperation {
			w.set(register(frame, o.src), notShown)
			w.set(register(frame, 0), notShown)
		}
	}
}

// resultOf computes constants, copies, addresses on the stack, and what is loaded from it.
func (w *Walk) resultOf(o operands, frame int) string {
	value := func(n int) string {
		if n == 10 {
			return "fp0"
		}
		return w.path.end.known[cellOf(register(frame, n))]
	}
	switch {
	case o.operation == constantOf && o.plain:
		return strconv.Itoa(o.constant)
	case o.operation == moveOperation && o.wide:
		return value(o.src)
	case o.operation == arithmetic && o.plain && strings.HasPrefix(value(o.dst), "fp"):
		if v := ParseValue(value(o.dst)); v.Kind == PointerStack && v.Frame < 0 && v.Bounds == (Bounds{}) {
			return "fp" + strconv.FormatInt(v.Offset+int64(o.constant), 10)
		}
	case o.operation == loadOperation:
		return w.loaded(o, frame)
	}
	return notShown
}

// loaded returns what a load from a slot of the stack gives.
func (w *Walk) loaded(o operands, frame int) string {
	from := stackCells(&w.path.end, frame, o.src, o.offset, o.size)
	if len(from) != 1 {
		return notShown
	}
	text := w.path.end.known[from[0]]
	switch v := ParseValue(text); {
	case v.Kind == Bytes && text == "00000000":
		return "0"
	case o.size < 8:
	case v.Kind == Bytes && strings.Trim(text, "m0") == "":
		return "scalar()"
	case v.Kind.IsPointer(), v.Kind == Scalar && v.Width == 0:
		return text
	}
	return notShown
}

// codeOf returns the known code of an instruction, or stores it at the first visit.
func (w *Walk) codeOf(e *Event) *code {
	c, text := w.program[e.Insn], clip(e.Text)
	if c == nil || c.text != text || c.source != w.source {
		c = &code{insn: e.Insn, text: text, source: w.source}
		if !w.shared {
			c.text = strings.Clone(c.text)
			c.source.Text, c.source.File = strings.Clone(c.source.Text), strings.Clone(c.source.File)
		}
		if w.bytes += c.size(); len(w.program) > pathLimit || w.bytes > pathBytes/2 { // of many programs, or not a real log
			clear(w.program)
			w.bytes = c.size()
		}
		w.program[e.Insn] = c
	}
	return c
}

// apply stores a state. It is the result of the last instruction.
func (w *Walk) apply(e *Event) {
	if e.Frame > w.path.end.Frame {
		w.called = false // a callback begins during the call, which still has its arguments
	}
	if !e.HasState() {
		w.settle(false)
		w.follows = true
		return
	}
	w.settle(true)
	if len(w.path.steps) == 0 && !w.entered && !(e.Insn == 0 || w.validates) { // the log begins in the middle
		if w.path.Cut = true; !e.Whole {
			w.gap()
		}
	}
	w.entered, w.follows = true, true
	e.ReadState(&w.state)
	s := &w.state
	for frame := s.Frame + 1; frame <= w.path.end.Frame && frame < mostFrames; frame++ {
		w.forget(frame, nil) // the function returned
	}
	w.path.end.Frame = s.Frame
	if e.Whole {
		w.forget(s.Frame, s.Values)
	}
	if isOldState(s) {
		s.modernise()
	}
	for _, v := range s.Values {
		w.set(v.Place, v.Text)
	}
	w.path.end.refs = strings.Join(s.References, ",")
}

// forget removes all values of a frame except those in a list.
func (w *Walk) forget(frame int, but []PrintedValue) {
	if frame < 0 || frame >= mostFrames {
		return
	}
	var stays [cellCount]bool
	for _, v := range but {
		if cell := cellOf(v.Place); cell >= 0 {
			stays[cell%cellCount] = true
		}
	}
	for i, stay := range stays {
		if cell := frame*cellCount + i; !stay && w.path.end.known[cell] != "" {
			w.path.set(cell, "")
		}
	}
}

func (w *Walk) set(p Place, text string) {
	cell := cellOf(p)
	text = clip(text)
	if cell < 0 || w.path.end.known[cell] == text {
		return
	}
	w.path.set(cell, w.own(text))
}

// own returns a copy of a text that does not keep the log in memory. Values repeat so often that a look-up is cheaper than copying.
func (w *Walk) own(text string) string {
	if w.shared || text == "" {
		return text
	}
	if own, ok := w.values[text]; ok {
		return own
	}
	if w.kept += len(text); len(w.values) > pathLimit/4 || w.kept > pathBytes/8 {
		clear(w.values)
		w.kept = len(text)
	}
	own := strings.Clone(text)
	w.values[own] = own
	return own
}

// branch follows the walk to another place. After a call or a return, the path continues there. Otherwise a path has ended, and the
// verifier goes back to the newest saved branch.
func (w *Walk) branch(e *Event) {
	w.called, w.silent = false, false // going back restores the registers, or the state that follows is complete
	defer func() { w.follows = true }()
	p := &w.path
	if i := w.branchStep(e); i < 0 {
		w.restart() // the log begins after that branch
		p.Cut = true
	} else {
		last := i == len(p.steps)-1
		text := p.steps[i].code.text
		p.back(i, last && (strings.HasPrefix(text, "(85)") || strings.HasPrefix(text, "(95)")))
	}
	if e.HasState() {
		w.apply(e)
	}
}

// branchStep returns the step at which a branch began, -1 when it is not on the path. The same jump may be on the path several times.
// Visits that went to the target at once do not count: the verifier knew that only this side was possible, and saved nothing.
func (w *Walk) branchStep(e *Event) int {
	steps := w.path.steps
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].code.insn != e.From {
			continue
		}
		if i == len(steps)-1 || steps[i+1].code.insn != e.Insn || e.Insn == e.From+1 {
			return i
		}
	}
	return -1
}
