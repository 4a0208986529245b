package btfgen

import (
	"go/token"
	"reflect"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// initialisms are words that Go names of types, functions and constants write in capitals. The names of members follow a fixed rule
// without them, so that they can be guessed.
var initialisms = [...]string{"abi", "ai", "bbr", "bpf", "ca", "cpu", "cwr", "dctcp", "dsq", "ecn", "fd", "id", "ip", "ns", "rcu", "rtt",
	"skb", "tcp", "udp", "xdp"}

// camel turns snd_cwnd into SndCwnd. Words in capitals are treated like words in small letters.
func camel(c string) string { return join(c, false) }

// camelWithInitialisms is camel with Go's habit: CPU, not Cpu.
func camelWithInitialisms(c string) string { return join(c, true) }

func join(c string, capitals bool) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(c, func(r rune) bool { return r == '_' || r == '.' || r == '$' }) {
		if word == strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		if capitals && isInitialism(word) {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	name := b.String()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "X" + name
	}
	return name
}

func isInitialism(word string) bool {
	for _, i := range initialisms {
		if strings.EqualFold(i, word) {
			return true
		}
	}
	return false
}

// stripped removes the longest of the beginnings that Go names leave out, in small or capital letters.
func (g *generator) stripped(c string) string {
	c = strings.TrimLeft(c, "_")
	short := c
	for _, prefix := range g.strip {
		if len(c) > len(prefix) && strings.EqualFold(c[:len(prefix)], prefix) && len(c)-len(prefix) < len(short) {
			short = c[len(prefix):]
		}
	}
	return short
}

// reserved reports whether a method of that name would hide a method of dsl.Ptr, or have the name of the embedded field.
func reserved(name string) bool {
	if name == "Ptr" || name == "Context" || name == "StructName" {
		return true
	}
	_, ok := reflect.TypeFor[dsl.Context]().MethodByName(name)
	return ok
}

// variableName turns the name of a C parameter into one for Go.
func variableName(c string) string {
	name := camel(c)
	name = strings.ToLower(name[:1]) + name[1:]
	switch name {
	case "p", "f", "dsl", "arg", "len", "cap", "new", "string", "any":
		return name + "Arg"
	}
	if token.IsKeyword(name) {
		return name + "Arg"
	}
	return name
}

// article is A or An for a Go name: an InetSock, an SKB.
func article(name string) string {
	vowels := "AEIO"
	if len(name) > 1 && name[1] >= 'A' && name[1] <= 'Z' { // spelt letter by letter
		vowels = "AEFHILMNORSX"
	}
	if strings.ContainsRune(vowels, rune(name[0])) {
		return "An"
	}
	return "A"
}

// isNameRune reports whether a name in C may have a character. The names that kernels give to clones of functions have dots.
func isNameRune(r rune) bool {
	return r == '_' || r == '.' || r == '$' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}
