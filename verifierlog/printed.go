package verifierlog

import (
	"strconv"
	"strings"
)

// A Place is a place for a value: a register, or 8 bytes of stack.
type Place struct {
	Frame    int // depth of calls
	Register int // 0 to 10, -1 for stack
	Offset   int // of the stack, from the frame pointer: -8 to -512
}

// String returns "R1", "fp-8", or "frame1:R1" in functions that were called.
func (p Place) String() string {
	name := "fp" + strconv.Itoa(p.Offset)
	if p.Register >= 0 {
		name = "R" + strconv.Itoa(p.Register)
	}
	if p.Frame > 0 {
		return "frame" + strconv.Itoa(p.Frame) + ":" + name
	}
	return name
}

// A PrintedState is a state as it is printed in a line.
type PrintedState struct {
	Frame      int
	Values     []PrintedValue
	References []string // ids of held references; when any is held, all are printed
	Callback   bool     // cb: the function was called by a helper
	Async      bool     // async_cb: a helper arranged the call, and it runs later
	Unknown    []string // words that this package does not know
}

// A PrintedValue is one register or stack slot of a printed state.
type PrintedValue struct {
	Place    Place
	Liveness string // up to 6.17: r read, w written, D done
	Text     string // as printed: "scalar(umax=255)"
}

// Value parses the text.
func (p PrintedValue) Value() Value { return ParseValue(p.Text) }

// State splits the printed state. Scanning a log does not do this, so that lines that are not needed cost nothing.
func (e *Event) State() PrintedState {
	var s PrintedState
	e.ReadState(&s)
	return s
}

// StateText returns the state as it is printed, without its frame; "" if there is none.
func (e *Event) StateText() string {
	_, text := cutFrame(e.state)
	return text
}

// ReadState is like State, but uses the memory of an existing PrintedState again.
func (e *Event) ReadState(s *PrintedState) {
	frame, rest := cutFrame(e.state)
	*s = PrintedState{Frame: frame, Values: s.Values[:0], References: s.References[:0], Unknown: s.Unknown[:0]}
	for {
		var word string
		if word, rest = cutWord(rest); word == "" {
			return
		}
		s.add(word)
	}
}

// add reads a word of a state.
func (s *PrintedState) add(word string) {
	name, text, ok := strings.Cut(word, "=")
	switch {
	case word == "cb":
		s.Callback = true
		return
	case word == "async_cb":
		s.Async = true
		return
	case ok && name == "refs":
		for text != "" {
			var id string
			id, text, _ = strings.Cut(text, ",")
			s.References = append(s.References, id)
		}
		return
	}
	liveness := ""
	if i := strings.IndexByte(name, '_'); i > 0 {
		name, liveness = name[:i], name[i+1:]
	}
	if place, isPlace := parsePlace(name); ok && isPlace {
		place.Frame = s.Frame
		s.Values = append(s.Values, PrintedValue{place, liveness, text})
		return
	}
	s.Unknown = append(s.Unknown, word)
}

// parsePlace reads "R1" and "fp-8".
func parsePlace(name string) (Place, bool) {
	if digits, ok := strings.CutPrefix(name, "R"); ok {
		n, ok := parseInt(digits)
		return Place{Register: n}, ok && n >= 0 && n <= 10
	}
	if digits, ok := strings.CutPrefix(name, "fp-"); ok {
		n, ok := parseInt(digits)
		return Place{Register: -1, Offset: -n}, ok && n > 0
	}
	return Place{}, false
}

// cutWord splits a state at a blank outside of parentheses: "R1=scalar(var_off=(0x0; 0xff)) R10=fp0".
func cutWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " ")
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' && depth == 0:
			return text[:i], text[i+1:]
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		}
	}
	return text, ""
}
