package verifierlog

import (
	"io"
	"strings"
)

// A Walk goes with the verifier through a program. It is told one event after the other and keeps the path that leads to the last one,
// with what is known at its end. At log level 2, where all paths are told, it goes back to a branch when the verifier does.
//
//	w := verifierlog.NewWalk()
//	for s := verifierlog.NewScanner(file); s.Next(); {
//		w.Follow(s.Event())
//	}
//	w.Path().After().Value(verifierlog.Place{Register: 1}) // of R1, where the walk ended
//
// Its memory is bounded: see Path.
type Walk struct {
	path    Path
	source  Source        // of the instructions that follow
	program map[int]*code // as last printed
	values  map[string]string
	shared  bool // events share memory that stays anyway: texts need not be copied

	called bool         // the last instruction called a function of the kernel, and no state was printed since
	state  PrintedState // of the event; kept for its memory
}

// NewWalk returns a walk that was told nothing.
func NewWalk() *Walk {
	return &Walk{program: make(map[int]*code), values: make(map[string]string)}
}

// FailingPath reads a log and returns the path at its end. At log level 1 that is all that the log tells, at level 2 the last of many paths.
func FailingPath(r io.Reader) (*Path, error) {
	s, w := NewScanner(r), NewWalk()
	for s.Next() {
		w.Follow(s.Event())
	}
	return w.Path(), s.Err()
}

// pathOf is FailingPath for a log that is in memory already.
func pathOf(log string) *Path {
	s, w := newTextScanner(log), NewWalk()
	w.shared = true
	for s.Next() {
		w.Follow(s.Event())
	}
	return w.Path()
}

// Path returns the path to the last event. It is the walk's own: following another event changes it.
func (w *Walk) Path() *Path { return &w.path }

// Follow takes over what an event tells.
func (w *Walk) Follow(e *Event) {
	if int(e.Kind) < len(follow) && follow[e.Kind] != nil {
		follow[e.Kind](w, e)
	}
}

// follow says what each kind of event means to a walk; the others mean nothing.
var follow = [...]func(w *Walk, e *Event){
	SourceLine:     func(w *Walk, e *Event) { w.source = e.Source },
	Instruction:    (*Walk).instruction,
	EntryState:     (*Walk).apply,
	Branch:         (*Walk).branch,
	CallerState:    (*Walk).apply,
	CalleeState:    (*Walk).apply,
	ReturnState:    (*Walk).apply,
	ResumeState:    (*Walk).apply,
	GlobalFunction: func(w *Walk, _ *Event) { w.restart() },
	Subprogram:     func(w *Walk, _ *Event) { w.restart() }, // a log begins, maybe the second in the file
}

func (w *Walk) restart() {
	w.path.restart()
	w.called = false
}

// instruction goes on by one.
func (w *Walk) instruction(e *Event) {
	w.loseArguments()
	w.path.append(w.codeOf(e), e.Line)
	w.called = isCall(e.Text)
	if e.HasState() {
		w.apply(e)
	}
}

// loseArguments forgets R1 to R5 after a call to a helper or kernel function, which leaves no value in them. It takes effect with what comes
// next: a message about the call itself is about the registers before it.
func (w *Walk) loseArguments() {
	if !w.called {
		return
	}
	w.called = false
	for n := 1; n <= 5; n++ {
		w.set(register(w.path.end.Frame, n), "")
	}
}

// codeOf returns what is known of an instruction from earlier times, or notes it.
func (w *Walk) codeOf(e *Event) *code {
	c := w.program[e.Insn]
	if c == nil || c.text != e.Text || c.source != w.source {
		c = &code{insn: e.Insn, text: e.Text, source: w.source}
		if !w.shared {
			c.text = strings.Clone(c.text)
			c.source.Text, c.source.File = strings.Clone(c.source.Text), strings.Clone(c.source.File)
		}
		if len(w.program) > pathLimit { // of many programs, or of none
			clear(w.program)
		}
		w.program[e.Insn] = c
	}
	return c
}

// apply takes over a state. The last instruction made it.
func (w *Walk) apply(e *Event) {
	if e.Frame > w.path.end.Frame {
		w.called = false // a callback begins in the middle of the call, which has its arguments still
	}
	w.loseArguments()
	if !e.HasState() {
		return
	}
	e.ReadState(&w.state)
	s := &w.state
	for frame := s.Frame + 1; frame <= w.path.end.Frame && frame < mostFrames; frame++ {
		w.forget(frame, nil) // it returned
	}
	w.path.end.Frame = s.Frame
	if e.Whole {
		w.forget(s.Frame, s.Values)
	}
	for _, v := range s.Values {
		w.set(v.Place, v.Text)
	}
	w.path.end.refs = strings.Join(s.References, ",")
}

// forget takes all values from a frame but those that are in a list.
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
	if cell < 0 || w.path.end.known[cell] == text {
		return
	}
	w.path.set(cell, w.own(text))
}

// own returns a text that keeps nothing else in memory. Values repeat so often that looking for one is cheaper than copying.
func (w *Walk) own(text string) string {
	if w.shared || text == "" {
		return text
	}
	if own, ok := w.values[text]; ok {
		return own
	}
	if len(w.values) > pathLimit/4 {
		clear(w.values)
	}
	own := strings.Clone(text)
	w.values[own] = own
	return own
}

// branch follows the walk to another place. Behind a call and a return that is where the path goes on; else a branch was finished, and the
// verifier takes up the youngest that waits.
func (w *Walk) branch(e *Event) {
	w.called = false // what it lost is undone, or the state that follows is whole
	p := &w.path
	if i := w.branchStep(e); i < 0 {
		w.restart() // the log begins later
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

// branchStep returns the step that a branch began at, -1 when it is not on the path. Where the same jump came by more than once, those are
// out that led to the place already: the verifier knew then that only this side was possible, and nothing waited.
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
