package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A syntax is one way to write a form. isa/lex.go explains keys.
type syntax struct {
	key    string
	verbs  string // by operand of the key: a verb of the templates, z for r0 and w0, or a digit for that number
	form   isa.Form
	name   string
	xlated bool // it is used only in code that is read back from Linux
}

// writeSyntax writes the table in which the parser looks statements up: a list sorted by key, and a hash table to find the place of a
// key.
func writeSyntax(b *bytes.Buffer) error {
	var all []syntax
	for f := range allForms() {
		i := f.Info()
		for _, t := range []struct {
			text   string
			xlated bool
		}{{i.Text, i.Internal}, {i.Xlated, true}, {i.LLVM, i.Internal}, {i.Also, i.Internal}} {
			if t.text == "" {
				continue
			}
			for _, text := range variants(t.text, i.Internal) {
				key, verbs, err := cut(text)
				if err != nil {
					return fmt.Errorf("%s: %q: %w", i.Name, text, err)
				}
				s := syntax{key, verbs, f, i.Name, t.xlated}
				if !slices.ContainsFunc(all, func(o syntax) bool { return o.key == key && o.form == f && o.xlated == t.xlated }) {
					all = append(all, s)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b syntax) int { return strings.Compare(a.key, b.key) })
	fmt.Fprintf(b, "package isa\n\nvar syntaxes = [%d]syntax{\n", len(all))
	const places = 1024
	var index [places]int
	for n, s := range all {
		fmt.Fprintf(b, "\t{%q, %q, %d, %v}, // %s\n", s.key, s.verbs, s.form, s.xlated, s.name)
		if n > 0 && s.key == all[n-1].key {
			continue
		}
		h := fnv.New32a()
		h.Write([]byte(s.key))
		place := h.Sum32() % places
		for index[place] != 0 {
			place = (place + 1) % places
		}
		index[place] = n + 1
	}
	fmt.Fprintf(b, "}\n\n// syntaxIndex has the first syntax with a key, counted from 1, at the key's hash or after it.\nvar "+
		"syntaxIndex = [%d]uint16{", places)
	for n, v := range index {
		if n%24 == 0 {
			b.WriteString("\n\t")
		}
		fmt.Fprintf(b, "%d, ", v)
	}
	b.WriteString("\n}\n")
	return nil
}

// variants returns the ways to write a template in a program. A jump may have pc+5, +5 or a label. The text for %k may be written or
// left out.
func variants(text string, internal bool) []string {
	if before, after, ok := strings.Cut(text, "%k"); ok {
		return []string{before + after, before + " off=%f" + after}
	}
	for _, verb := range []string{"%j", "%J"} {
		before, after, ok := strings.Cut(text, verb)
		if !ok {
			continue
		}
		if internal { // no labels: call bpf_ktime_get_ns#5 has the name of a helper
			return []string{text}
		}
		label := "%" + map[string]string{"%j": "l", "%J": "L"}[verb]
		start := strings.TrimSuffix(before, "pc")
		all := []string{start + "pc" + verb + after, start + label + after}
		if !strings.HasPrefix(text, "call") { // call 1 is a helper
			all = append(all, start+verb+after)
		}
		return all
	}
	return []string{text}
}

// operandKeys are the letters that stand for operands in keys, by verb.
var operandKeys = map[byte]byte{
	'd': 'R', 's': 'R', 'D': 'W', 'S': 'W',
	'i': 'N', 'x': 'N', 'I': 'N', 'X': 'N', 'o': 'N', 'O': 'N', 'n': 'N', 'u': 'N', 'v': 'N', 'f': 'N', 'j': 'N', 'J': 'N',
	'h': 'L', 'l': 'L', 'L': 'L',
}

// cut turns a template into a key and the verbs of its operands, as isa's statement.cut does with text.
func cut(text string) (key, verbs string, err error) {
	word := func(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
	var k, v []byte
	afterWord := false
	for n := 0; n < len(text); {
		c := text[n]
		switch {
		case c == ' ':
			n++
		case c == '%' && text[n+1] == '%':
			k = append(k, '%')
			n += 2
			afterWord = false
		case c == '%':
			verb := text[n+1]
			letter := operandKeys[verb]
			if letter == 0 {
				return "", "", fmt.Errorf("verb %q", verb)
			}
			if bytes.HasSuffix(k, []byte("pc")) && letter == 'N' {
				k, letter = bytes.TrimSuffix(k[:len(k)-2], []byte(" ")), 'P'
			}
			if letter == 'N' { // a plus sign goes with the number
				k = bytes.TrimSuffix(k, []byte("+"))
			}
			k, v = append(k, letter), append(v, verb)
			n += 2
			afterWord = false
		case c >= '0' && c <= '9':
			k, v = append(k, 'N'), append(v, c)
			n++
			afterWord = false
		case word(c):
			end := n
			for end < len(text) && word(text[end]) {
				end++
			}
			w := text[n:end]
			switch {
			case w == "r0" || w == "w0":
				k, v = append(k, w[0]-'a'+'A'), append(v, 'z')
				afterWord = false
			default:
				if afterWord {
					k = append(k, ' ')
				}
				k = append(k, w...)
				afterWord = true
			}
			n = end
		default:
			k = append(k, c)
			n++
			afterWord = false
		}
	}
	return string(k), string(v), nil
}
