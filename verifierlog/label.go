package verifierlog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// label says in a few words what is wrong at the instruction: the register that the message is about, with what it holds.
func (p *printer) label() string {
	r := p.report
	if len(r.References) > 0 && strings.Contains(r.Reason+strings.Join(r.Details, " "), "eference") {
		return "still held here: reference " + strings.Join(r.References, ", ")
	}
	var parts []string
	for _, n := range r.subjects() {
		value := registerOf(r.Registers, n)
		switch {
		case value == "" && (strings.Contains(r.Reason, "!read_ok") || strings.HasSuffix(r.Reason, "is not a scalar")):
			parts = append(parts, fmt.Sprintf("R%d holds nothing here", n))
		case value == "":
		case isAboutNumber(r.Reason) && ParseValue(value).Kind.IsPointer(): // a call took it away, which the log does not show
			p.said = append(p.said, n)
			parts = append(parts, fmt.Sprintf("R%d is a number here, and was %s", n, visible(value)))
		default:
			parts = append(parts, p.holds(n, value))
		}
	}
	if len(parts) == 0 {
		return "refused here"
	}
	return strings.Join(parts, ", ")
}

// holds words what a register holds, and notes that it was said.
func (p *printer) holds(n int, value string) string {
	p.said = append(p.said, n)
	return fmt.Sprintf("R%d is %s", n, visible(value))
}

// known writes what the registers of the instruction held, but for the one that the label names already.
func (p *printer) known() {
	r := p.report
	if len(r.Registers)+len(r.Stack)+len(r.References) == 0 {
		return
	}
	var uses []int
	if !isNobodysFault(r.Reason) {
		uses = append(registersIn(r.Text), r.subjects()...)
		if isCall(r.Text) {
			uses = append(uses, 1, 2, 3, 4, 5)
		}
	}
	var parts []string
	for _, register := range r.Registers {
		if slices.Contains(uses, register.Number) && !slices.Contains(p.said, register.Number) {
			parts = append(parts, visible(register.String()))
		}
	}
	// The stack matters where it is accessed, or handed to a call.
	if slices.ContainsFunc(r.Registers, func(r Register) bool { return slices.Contains(uses, r.Number) && strings.HasPrefix(r.Value, "fp") }) {
		for _, slot := range r.Stack {
			parts = append(parts, visible(slot.String()))
		}
	}
	if len(r.References) > 0 {
		parts = append(parts, "refs="+visible(strings.Join(r.References, ",")))
	}
	lead := "with "
	if r.Frame > 0 {
		lead = fmt.Sprintf("in frame %d with ", r.Frame)
	}
	if len(parts) > 0 {
		p.facts(lead, parts)
	}
}

func registerOf(registers []Register, n int) string {
	for _, register := range registers {
		if register.Number == n {
			return register.Value
		}
	}
	return ""
}

// registersIn returns the registers that a text names, r1 or R1 or w1, each once and in its order.
func registersIn(text string) []int {
	var found []int
	for i := 0; i+1 < len(text); i++ {
		if c := text[i]; c != 'r' && c != 'R' && c != 'w' || i > 0 && isWordByte(text[i-1]) {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end < len(text) && isWordByte(text[end]) {
			continue
		}
		if n, err := strconv.Atoi(text[i+1 : end]); err == nil && n <= 10 && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}
