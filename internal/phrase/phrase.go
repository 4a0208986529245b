// Package phrase has the words for mistakes that more than one package finds. So the same mistake reads the same, whether dsl, compile or
// the walk through the code finds it.
package phrase

import (
	"fmt"
	"strings"
)

// A is a noun with its article: "a U32", "an S32", "an array". It goes by the sound, for the names of types and kinds that messages show.
func A(noun string) string {
	if beginsWithVowel(strings.ToLower(noun)) {
		return "an " + noun
	}
	return "a " + noun
}

// beginsWithVowel reports whether a lower-case noun is spoken with a vowel at its beginning: "s32" is, "u32" and "union" are not.
func beginsWithVowel(noun string) bool {
	if noun == "" {
		return false
	}
	rest := noun[1:]
	switch noun[0] {
	case 'a', 'e', 'i', 'o':
		return true
	case 's':
		return startsWithDigit(rest)
	case 'u':
		union := strings.HasPrefix(rest, "ni") && !strings.HasPrefix(rest, "nin")
		return !startsWithDigit(rest) && !union && !strings.HasPrefix(rest, "int") && !strings.HasPrefix(rest, "se")
	}
	return false
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// Count is a number of things: "1 argument", "3 arguments". The noun is one that takes an s.
func Count[N int | int32 | int64 | uint32 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Arguments says that a function is called with too many or too few arguments.
func Arguments(callee string, needs, has int) string {
	return fmt.Sprintf("%s needs %s, but is called with %d", callee, Count(needs, "argument"), has)
}

// Argument says that an argument is not what the function expects. which is its number, counted from 1, or its name.
func Argument(which any, callee, is, expected string) string {
	return fmt.Sprintf("argument %v of %s is %s; expected %s", which, callee, is, expected)
}

// Writable lists the fields that may be written, for the help about a field that may not.
func Writable(fields []string) string { return "writable: " + strings.Join(fields, ", ") }

// Or joins words for a choice: "a", "a or b", "a, b or c".
func Or(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
