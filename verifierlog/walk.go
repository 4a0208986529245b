package verifierlog

import (
	"io"
	"strings"
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

	called bool         // the last instruction called a kernel function, and no state was printed since then
	state  PrintedState // of the event; kept for its memory
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
func (w *Walk) Path() *Path { return &w.path }

// Follow continues the walk with an event.
func (w *Walk) Follow(e *Event) {
	if int(e.Kind) < len(follow) && follow[e.Kind] != nil {
		follow[e.Kind](w, e)
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
	ReturnState:    (*Walk).apply,
	ResumeState:    (*Walk).apply,
	GlobalFunction: func(w *Walk, _ *Event) { w.restart() },
	Subprogram:     func(w *Walk, _ *Event) { w.restart() }, // a log begins; a file may have several
}

func (w *Walk) restart() {
	w.path.restart()
	w.called = false
}

// instruction adds an instruction to the path.
func (w *Walk) instruction(e *Event) {
	w.loseArguments()
	w.path.append(w.codeOf(e), e.Line)
	w.called = isCall(e.Text)
	if e.HasState() {
		w.apply(e)
	}
}

// loseArguments forgets R1 to R5 after a call of a helper or kernel function, which clears them. This happens only at the next event: a
// message about the call itself is about the registers before it.
func (w *Walk) loseArguments() {
	if !w.called {
		return
	}
	w.called = false
	for n := 1; n <= 5; n++ {
		w.set(register(w.path.end.Frame, n), "")
	}
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
	w.loseArguments()
	if !e.HasState() {
		return
	}
	e.ReadState(&w.state)
	s := &w.state
	for frame := s.Frame + 1; frame <= w.path.end.Frame && frame < mostFrames; frame++ {
		w.forget(frame, nil) // the function returned
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
	w.called = false // going back restores the registers, or the state that follows is complete
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
