package verifierlog

import (
	"strconv"
	"strings"
)

// Words for instructions, values and numbers in explanations.

// instructionOf returns the refused instruction in quotes: "r6 = r1".
func instructionOf(r Report) string {
	if r.Text == "" {
		return "the instruction"
	}
	return "\"" + withoutOpcode(r.Text) + "\""
}

// detailsOf returns the lines that the kernel printed before the reason, or the reason if there are none.
func detailsOf(r Report) string {
	if len(r.Details) == 0 {
		return r.Reason
	}
	return strings.Join(r.Details, "; ")
}

// placed says where a step is: "instruction 4 (call bpf_ringbuf_reserve#131, ports.go:12)".
func placed(s Step) string {
	text := "instruction " + strconv.Itoa(s.Insn) + " (" + withoutOpcode(s.Text)
	if place := s.Source.Place(); place != "" {
		text += ", " + place
	}
	return text + ")"
}

// withoutOpcode makes "exit" from "(95) exit".
func withoutOpcode(text string) string {
	if _, rest, ok := strings.Cut(text, ") "); ok && strings.HasPrefix(text, "(") {
		return rest
	}
	return text
}

// ordinal names an argument, counted from 1. The kernel counts some arguments from 0 and others from 1.
func ordinal(n int) string {
	words := [...]string{1: "first", "second", "third", "fourth", "fifth"}
	if n < 1 || n >= len(words) {
		return strconv.Itoa(n) + "th"
	}
	return words[n]
}

// argument names the register of an argument: "R2, the second argument".
func argument(register int) string {
	return "R" + strconv.Itoa(register) + ", the " + ordinal(register) + " argument"
}

// calledBy names the function that a call calls: "bpf_map_lookup_elem". For functions of the program it returns the call itself.
func calledBy(r Report) string {
	if callee := calleeOf(r.Text); callee != "" {
		return callee
	}
	return instructionOf(r)
}

// rangeOf describes the possible numbers: "is 64", "may be from 0 to 64", "may be any number".
func rangeOf(b Bounds) string {
	all, _, _ := anyNumber()
	switch n, constant := b.Constant(); {
	case constant:
		return "is " + strconv.FormatInt(n, 10)
	case b.Min == all.Min && b.Max == all.Max && b.UMin == 0 && b.UMax == all.UMax:
		return "may be any number"
	case b.Min >= 0 && b.Max == all.Max:
		return "is at least " + strconv.FormatInt(b.Min, 10) + " and has no upper limit"
	case b.Min == all.Min:
		return "is at most " + strconv.FormatInt(b.Max, 10) + " as a signed number and has no lower limit"
	}
	return "may be from " + strconv.FormatInt(b.Min, 10) + " to " + strconv.FormatInt(b.Max, 10)
}

// count writes "1 byte", "8 bytes".
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

// calleeOf names the helper or kernel function that a call calls, "" for other instructions.
func calleeOf(text string) string {
	o := parseOperands(text)
	if o.operation != kernelCall {
		return ""
	}
	return o.callee
}

// what describes the value of a register in words.
func (v Value) what() string {
	switch n, constant := v.Bounds.Constant(); {
	case v.Kind == NotShown:
		return "has a value that the log does not show"
	case v.Kind == NoValue:
		return "was never set"
	case v.Kind == Scalar && constant:
		return "is the number " + strconv.FormatInt(n, 10)
	case v.Kind == Scalar:
		return "is a number"
	case v.Kind == PointerContext:
		return "is the context itself"
	case v.Kind == PointerStack:
		return "is an address on the stack"
	case v.Kind == PointerBTF && v.Struct != "":
		return "is a pointer to struct " + v.Struct
	case v.Kind == PointerMapValue && v.Map != "":
		return "is a pointer to a value of the map " + v.Map
	}
	text, _, _ := strings.Cut(v.Text, "(")
	return "is a " + text
}
