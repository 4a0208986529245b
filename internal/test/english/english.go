// Package english finds slips of grammar that messages put together from parts have easily: "a S32", "1 arguments".
package english

import (
	"regexp"
	"slices"
	"strings"
)

var (
	wrongA  = regexp.MustCompile(`\ba [aeioAEIO][a-z]|\ba [Ss](?:8|16|32|64)\b|\ba un[^i]`)
	wrongAn = regexp.MustCompile(`\ban (?:[bcdfgjklmnpqrstvwxyz][a-z]|[Uu](?:8|16|32|64)\b|uint|union|struct\b|Go\b)`)
	plural  = regexp.MustCompile(`(?:^|(\w+) |[^-.\w])1 ([a-z]+s)\b`)
)

// Some words may follow a 1: verbs, and words that are no plurals.
var afterOne = []string{"is", "was", "has", "does", "as", "this", "its", "less", "plus", "minus", "reads", "points", "holds"}

// A number after these words is a name and no count: "argument 1 points to nothing".
var numbered = []string{"argument", "parameter", "type", "value", "instruction", "offset", "slot", "byte", "level", "element", "insn"}

// Slips returns the parts of a text that are wrong. Text of the kernel and of Go's library is not for it.
func Slips(text string) []string {
	slips := append(wrongA.FindAllString(text, -1), wrongAn.FindAllString(text, -1)...)
	for _, m := range plural.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(afterOne, m[2]) && !slices.Contains(numbered, strings.ToLower(m[1])) {
			slips = append(slips, m[0])
		}
	}
	return slips
}
