package verifierlog

import (
	"slices"
	"strings"
)

// A Rule says what a message of the kernel means.
type Rule struct {
	Kind Kind

	// Pattern is the kernel's format, as in kernel/bpf/verifier.c: %d and its like stand for numbers, %s for text. It is
	// compared with the beginning of the last line of the message. Also has the wordings of other releases.
	Pattern string
	Also    []string

	// Explanation says what the rule is and Fix what to change, for somebody who writes Go. {1} stands for what the first verb
	// printed, {2} for the second, {insn} for the instruction.
	Explanation string
	Fix         string

	// Example names a program whose recorded log has this message; "" where none could be made to fail like this.
	Example string
}

// Rules lists all messages that are explained, in the order in which the verifier looks for mistakes.
func Rules() []Rule {
	return slices.Concat(shapeRules[:], registerRules[:], memoryRules[:], callRules[:], resourceRules[:], typeRules[:], attachRules[:], btfRules[:])
}

// tables are the rules by subject. They are literals: nothing is computed at import.
func eachRule(f func(r *Rule)) {
	for _, table := range [...][]Rule{shapeRules[:], registerRules[:], memoryRules[:], callRules[:], resourceRules[:], typeRules[:], attachRules[:], btfRules[:]} {
		for i := range table {
			f(&table[i])
		}
	}
}

// ruleFor finds the rule that says most about a line, and what its verbs stand for.
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

// matchFormat compares a line with a format of printf's. It gives what the verbs printed, and how much of the format is text, which says how
// specific it is. The line may go on behind.
func matchFormat(format, line string) (args []string, literal int, ok bool) {
	for format != "" {
		text, verb, rest := cutVerb(format)
		if !strings.HasPrefix(line, text) {
			return nil, 0, false
		}
		literal += len(text)
		line = line[len(text):]
		if verb == 0 {
			return args, literal, true
		}
		next, nextVerb, _ := cutVerb(rest)
		end := len(line)
		switch {
		case verb != 's':
			end = 0
			for end < len(line) && isNumberByte(line[end]) && (line[end] != '-' || end == 0) {
				end++
			}
			if end == 0 {
				return nil, 0, false
			}
		case next != "":
			if end = strings.Index(line, next); end < 0 {
				return nil, 0, false
			}
		case nextVerb != 0:
			end = 0
		}
		args = append(args, line[:end])
		line, format = line[end:], rest
	}
	return args, literal, true
}

// cutVerb splits a format at its first verb; 0 when there is none.
func cutVerb(format string) (text string, verb byte, rest string) {
	var literal strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			literal.WriteByte(format[i])
			continue
		}
		if i+1 < len(format) && format[i+1] == '%' {
			literal.WriteByte('%')
			i++
			continue
		}
		for k := i + 1; k < len(format); k++ {
			switch c := format[k]; {
			case c == 'd', c == 'i', c == 'u', c == 'x', c == 'X', c == 's', c == 'c', c == 'p':
				if c == 'c' {
					c = 's'
				}
				return literal.String(), c, format[k+1:]
			case c == 'l', c == 'z', c == 'h', c == '#', c == '-', c >= '0' && c <= '9':
			default:
				return literal.String() + format[i:], 0, ""
			}
		}
		return literal.String() + format[i:], 0, ""
	}
	return literal.String(), 0, ""
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '-' || c == 'x'
}

// fill puts what was printed into a text.
func fill(text string, args []string, insn string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := []string{"{insn}", insn}
	for i, a := range args {
		pairs = append(pairs, "{"+string(rune('1'+i))+"}", a)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
