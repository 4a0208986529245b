package verifierlog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A state is what the log says about registers and stack at one point of the walk. The kernel prints whole states at branches and calls, and
// between them only what an instruction read or wrote.
type state struct {
	frame     int
	registers [11]string // "" for unknown
	stack     map[int]string
	refs      []string

	// pending is set after a call to a helper or kernel function, which leaves no value in R1 to R5. It takes effect with the next state: a
	// message about the call itself is about the registers before it.
	pending bool
}

// replace takes over a whole state.
func (s *state) replace(text string) {
	*s = state{}
	s.apply(text)
}

// apply takes over what changed. A state of another frame replaces all.
func (s *state) apply(text string) {
	tokens := tokenize(text)
	if len(tokens) == 0 {
		return
	}
	if frame, ok := frameOf(tokens); ok != (s.frame != 0) || frame != s.frame {
		*s = state{frame: frame}
	}
	if s.pending {
		clear(s.registers[1:6])
		s.pending = false
	}
	refs := []string(nil)
	for _, token := range tokens {
		name, value, ok := strings.Cut(token, "=")
		if !ok {
			continue
		}
		if i := strings.IndexByte(name, '_'); i > 0 { // liveness, up to 6.17: R1_w, fp-8_rD
			name = name[:i]
		}
		switch {
		case name == "refs":
			refs = strings.Split(value, ",")
		case strings.HasPrefix(name, "R"):
			if n, err := strconv.Atoi(name[1:]); err == nil && n >= 0 && n < len(s.registers) {
				s.registers[n] = value
			}
		case strings.HasPrefix(name, "fp-"):
			if n, err := strconv.Atoi(name[2:]); err == nil {
				if s.stack == nil {
					s.stack = make(map[int]string)
				}
				s.stack[n] = value
			}
		}
	}
	s.refs = refs // printed whole whenever anything is
}

// list returns the state as a Report has it.
func (s *state) list() (frame int, registers []Register, stack []Slot, refs []string) {
	for n, value := range s.registers {
		if value != "" {
			registers = append(registers, Register{n, value})
		}
	}
	for offset, value := range s.stack {
		stack = append(stack, Slot{offset, value})
	}
	slices.SortFunc(stack, func(a, b Slot) int { return cmp.Compare(b.Offset, a.Offset) })
	return s.frame, registers, stack, s.refs
}

// tokenize splits a state at blanks outside of parentheses: "R1=scalar(var_off=(0x0; 0xff)) R10=fp0".
func tokenize(text string) []string {
	var tokens []string
	depth, start := 0, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' && depth == 0:
			if start >= 0 {
				tokens = append(tokens, text[start:i])
			}
			start = -1
			continue
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		tokens = append(tokens, text[start:])
	}
	return tokens
}

// frameOf returns the frame that a state begins with; without one it is the entry function's.
func frameOf(tokens []string) (int, bool) {
	if len(tokens) == 0 {
		return 0, false
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(tokens[0], ":"), "frame")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// isCall reports whether an instruction calls a helper or kernel function.
func isCall(text string) bool {
	return strings.HasPrefix(text, "(85) call ") && !strings.HasPrefix(text, "(85) call pc")
}
