package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Rule says what a message of the kernel means.
type Rule struct {
	Kind mistake.Kind

	// Pattern is the kernel's format, as in kernel/bpf/verifier.c: %d and its like stand for numbers, %s for text. It is
	// compared with the beginning of the last line of the message. Also has the wordings of other kernel releases.
	Pattern string
	Also    []string

	// Explanation says what the rule is, and Fix what to change in the Go source. {1} is replaced by what the first verb printed,
	// {2} by the second, {insn} by the instruction, {details} by the lines before the reason, {StackSize} and the like by the limit of
	// that name (limits.go).
	Explanation string
	Fix         string

	// Example names a program whose recorded log has this message; "" when no program could be made to fail like this.
	Example string
}

// Rules lists all messages that are explained, in the order in which the verifier looks for mistakes.
func Rules() []Rule {
	tables := ruleTables()
	return slices.Concat(tables[:]...)
}

// ruleTables returns the rules by subject. They are literals: nothing is computed at start-up.
func ruleTables() [13][]Rule {
	return [...][]Rule{shapeRules[:], registerRules[:], memoryRules[:], callRules[:], resourceRules[:], objectRules[:], typeRules[:],
		symbolRules[:], prototypeRules[:], attachRules[:], btfRules[:], oldRules[:], loaderRules[:]}
}

func eachRule(f func(r *Rule)) {
	for _, table := range ruleTables() {
		for i := range table {
			f(&table[i])
		}
	}
}

// ruleFor finds the most specific rule for a line, and what the verbs of its pattern printed.
func ruleFor(line string) (*Rule, []string) {
	var best *Rule
	var bestArgs []string
	most := -1
	eachRule(func(r *Rule) {
		for i := -1; i < len(r.Also); i++ {
			pattern := r.Pattern
			if i >= 0 {
				pattern = r.Also[i]
			}
			if args, literal, ok := matchFormat(pattern, line); ok && literal > most {
				best, bestArgs, most = r, args, literal
			}
		}
	})
	return best, bestArgs
}

// matchFormat compares a line with a format of printf. It returns what the verbs printed, and how many bytes of the format are text: more
// text is more specific. The line may continue after the match.
//
// %s matches any text. The part after a %s is searched from left to right, and its first place is used: when the rest of the format fits
// after a later place, it also fits after the first one.
func matchFormat(format, line string) (args []string, literal int, ok bool) {
	part, ok := matchPart(format, line)
	for ok {
		args, literal, line = append(args, part.numbers...), literal+part.literal, line[part.size:]
		if !part.word {
			return args, literal, true
		}
		if part.rest == "" {
			return append(args, line), literal, true
		}
		after := part.rest
		for at := 0; at <= len(line); at++ {
			if part, ok = matchPart(after, line[at:]); ok {
				args, line = append(args, line[:at]), line[at:]
				break
			}
		}
	}
	return nil, 0, false
}

// A formatPart is a format up to its first %s.
type formatPart struct {
	numbers       []string // what was printed for the other verbs
	literal, size int      // bytes of text in the format; bytes of the line that match
	word          bool     // a %s ends it
	rest          string   // the format after that
}

func matchPart(format, line string) (part formatPart, ok bool) {
	for {
		text, verb, rest := cutVerb(format)
		if !strings.HasPrefix(line[part.size:], text) {
			return part, false
		}
		part.literal += len(text)
		part.size += len(text)
		switch verb {
		case 0:
			return part, true
		case 's':
			part.word, part.rest = true, rest
			return part, true
		}
		number := leadingNumber(line[part.size:])
		if number == "" {
			return part, false
		}
		part.numbers = append(part.numbers, number)
		part.size += len(number)
		format = rest
	}
}

func leadingNumber(line string) string {
	end := 0
	for end < len(line) && isNumberByte(line[end]) && (line[end] != '-' || end == 0) {
		end++
	}
	return line[:end]
}

// cutVerb splits a format at its first verb; verb is 0 when there is none.
func cutVerb(format string) (text string, verb byte, rest string) {
	at := strings.IndexByte(format, '%')
	if at < 0 {
		return format, 0, ""
	}
	if strings.HasPrefix(format[at+1:], "%") {
		text, verb, rest = cutVerb(format[at+2:])
		return format[:at+1] + text, verb, rest
	}
	for k := at + 1; k < len(format); k++ {
		switch c := format[k]; {
		case c == 'c':
			return format[:at], 's', format[k+1:]
		case c == 'd', c == 'i', c == 'u', c == 'x', c == 'X', c == 's', c == 'p':
			return format[:at], c, format[k+1:]
		case c == 'l', c == 'z', c == 'h', c == '#', c == '-', c >= '0' && c <= '9':
		default:
			return format, 0, ""
		}
	}
	return format, 0, ""
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '-' || c == 'x'
}

// fill replaces {1}, {2}, {insn} and the names of limits in a text.
func fill(text string, args []string, insn string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	text = withLimits(text)
	pairs := []string{"{insn}", insn}
	for i, a := range args {
		pairs = append(pairs, "{"+string(rune('1'+i))+"}", a)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
