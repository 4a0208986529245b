package verifierlog

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// label says in a few words what is wrong at the instruction: the register that the message is about, with its value.
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
			parts = append(parts, fmt.Sprintf("R%d has no value here", n))
		case value == "":
		case isAboutNumber(r.Reason) && ParseValue(value).Kind.IsPointer(): // a call made it invalid, which the log does not show
			p.said = append(p.said, n)
			parts = append(parts, fmt.Sprintf("R%d is a number here, but was %s before", n, visible(value)))
		default:
			parts = append(parts, p.holds(n, value))
		}
	}
	if len(parts) == 0 {
		return "refused here"
	}
	return strings.Join(parts, ", ")
}

// holds writes the value of a register, and remembers that it was written.
func (p *printer) holds(n int, value string) string {
	p.said = append(p.said, n)
	if v := ParseValue(value); v.Kind == Scalar && len(v.Unknown) == 0 {
		if low, high := v.Bounds.Min, v.Bounds.Max; low == math.MinInt64 && high == math.MaxInt64 && v.Bits.Mask == math.MaxUint64 {
			return fmt.Sprintf("R%d is any number", n)
		}
	}
	return fmt.Sprintf("R%d is %s", n, visible(value))
}

// known writes the values of the instruction's registers, except the one that the label names already.
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
	// The stack matters when it is accessed, or passed to a call.
	if slices.ContainsFunc(r.Registers, func(r Register) bool {
		return slices.Contains(uses, r.Number) && strings.HasPrefix(r.Value, "fp")
	}) {
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

// registersIn returns the registers that a text names (r1, R1 or w1), each once, in the order of the text.
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
