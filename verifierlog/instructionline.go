package verifierlog

import (
	"strconv"
	"strings"
)

// cutInsn splits "7: rest".
func cutInsn(line string) (insn int, rest string, ok bool) {
	i := 0
	for ; i < len(line) && line[i] >= '0' && line[i] <= '9'; i++ {
		insn = insn*10 + int(line[i]-'0')
		if i == 9 { // no program is that long, and the number must fit an int of 32 bits
			return 0, "", false
		}
	}
	if i == 0 || i+1 >= len(line) || line[i] != ':' || line[i+1] != ' ' {
		return 0, "", false
	}
	return insn, line[i+2:], true
}

// isInstruction reports whether a text begins with an opcode, "(bf) ", or is the mark of a library for an instruction that it could not
// make.
func isInstruction(text string) bool {
	return len(text) >= 5 && text[0] == '(' && text[3] == ')' && text[4] == ' ' || strings.HasPrefix(text, "BUG_") ||
		strings.HasPrefix(text, "<invalid ")
}

// readInstruction reads "(bf) r6 = r1     ; R1=ctx() R6=ctx()". After a taken jump, or a call with a callback, level 1 prints the state at
// the place where the walk continues, without a semicolon: "(55) if r0 != 0x0 goto pc+2 5: R0=1". That state is complete.
func readInstruction(text string, e *Event) {
	e.Kind = Instruction
	if i := strings.IndexByte(text, ';'); i >= 0 {
		e.Text = strings.TrimRight(text[:i], " ")
		e.setState(text[i+1:])
		return
	}
	e.Text = strings.TrimSpace(text)
	if jump, message := cutGlued(e.Text); message != "" {
		e.Text, e.glued = jump, message
		return
	}
	colon := strings.Index(text, ": ")
	if colon < 0 {
		return
	}
	if blank := strings.LastIndexByte(text[:colon], ' '); blank > 0 && isState(text[colon+2:]) {
		if _, _, ok := cutInsn(text[blank+1:]); ok {
			e.Text = strings.TrimSpace(text[:blank])
			e.setState(text[colon+2:])
			e.Whole = true
		}
	}
}

// cutGlued splits a jump from a message that has no line of its own: the kernel ends the line of a jump only after the state. "message" is
// "" when a state follows, or nothing.
func cutGlued(text string) (jump, message string) {
	i := strings.Index(text, "goto pc")
	if i < 0 {
		return text, ""
	}
	end := i + len("goto pc")
	for end < len(text) && (isDigit(text[end]) || text[end] == '+' || text[end] == '-') {
		end++
	}
	rest := strings.TrimSpace(text[end:])
	if _, state, ok := cutInsn(rest); rest == "" || ok && isState(state) || isState(rest) {
		return text, ""
	}
	return text[:end], rest
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// readBranch reads "2 to 5: R0=1", "2 to 5 (speculative execution): R0=1" and "2 to 5: safe".
func readBranch(text string, e *Event) bool {
	from, rest, ok := strings.Cut(text, " to ")
	if !ok {
		return false
	}
	to, state, ok := strings.Cut(rest, ":")
	if !ok {
		return false
	}
	to, e.Speculative = strings.CutSuffix(to, " (speculative execution)")
	a, okA := parseInt(from)
	b, okB := parseInt(to)
	if !okA || !okB || a < 0 || b < 0 {
		return false
	}
	e.From, e.Insn = a, b
	switch state = strings.TrimLeft(state, " "); {
	case state == "safe":
		e.Kind = Pruned
	case isState(state):
		e.Text = e.Text[:len(e.Text)-len(state)]
		e.Whole = true
		e.setState(state)
	}
	return true
}

// setState stores a state, and reads its frame.
func (e *Event) setState(state string) {
	state = strings.TrimLeft(state, " ")
	e.state = state
	e.Frame, _ = cutFrame(state)
	// Up to 5.16 each state is complete. These kernels also print fields that are 0; later kernels leave them out.
	if !e.Whole && (strings.Contains(state, "(id=0,off=0,") || strings.Contains(state, "=inv")) {
		e.Whole = true
	}
}

// isState reports whether a text begins like a state: "R1=ctx()", "R1_w=ctx()", "fp-8=0", "frame1: R10=fp0".
func isState(text string) bool {
	text = strings.TrimLeft(text, " ")
	if strings.HasPrefix(text, "frame") {
		_, text = cutFrame(text)
	}
	i := 0
	switch {
	case strings.HasPrefix(text, "R"):
		i = len("R")
	case strings.HasPrefix(text, "fp-"):
		i = len("fp-")
	default:
		return false
	}
	digits := i
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	if i == digits {
		return false
	}
	if i < len(text) && text[i] == '_' {
		for i++; i < len(text) && (text[i] == 'r' || text[i] == 'w' || text[i] == 'D'); i++ {
		}
	}
	return i < len(text) && text[i] == '='
}

// cutFrame splits "frame1: R10=fp0". A state without a frame belongs to the entry function.
func cutFrame(state string) (frame int, rest string) {
	after, ok := strings.CutPrefix(state, "frame")
	if !ok {
		return 0, state
	}
	digits, after, ok := strings.Cut(after, ":")
	n, isNumber := parseInt(digits)
	if !ok || !isNumber || n < 0 {
		return 0, state
	}
	return n, strings.TrimLeft(after, " ")
}

// isLiveMask reports whether a text is a row of the list of live registers: a digit or dot for each register, and the instruction.
func isLiveMask(text string) bool {
	mask, _, ok := strings.Cut(text, " (")
	return ok && len(mask) >= 10 && strings.Trim(mask, "0123456789.") == ""
}

// isCall reports whether an instruction calls a helper or kernel function, and not a function of the program.
func isCall(text string) bool {
	return strings.HasPrefix(text, "(85) call ") && !strings.HasPrefix(text, "(85) call pc")
}

// parseSource splits "text @ file:line".
func parseSource(s string) Source {
	if i := strings.LastIndex(s, " @ "); i >= 0 {
		at := s[i+len(" @ "):]
		if j := strings.LastIndexByte(at, ':'); j > 0 {
			if line, err := strconv.Atoi(at[j+1:]); err == nil && line >= 0 {
				return Source{File: at[:j], Line: line, Text: s[:i]}
			}
		}
	}
	return Source{Text: s}
}
