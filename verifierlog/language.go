package verifierlog

import (
	"path/filepath"
	"regexp"
	"strings"
)

// A Language is the source language of a program. The advice of a report is in its words.
type Language uint8

// The languages. AnyLanguage is not known: then the log decides, and if it does not show any source, the words are those of C, which
// most readers know.
const (
	AnyLanguage Language = iota
	Go                   // package dsl
	C
	Rust // with aya
)

// String returns "Go", "C" or "Rust", and "" for AnyLanguage.
func (l Language) String() string {
	return [...]string{"", "Go", "C", "Rust"}[l&3]
}

// languageEndings are the endings of source files.
var languageEndings = map[string]Language{".go": Go, ".rs": Rust, ".c": C, ".h": C, ".cc": C, ".cpp": C, ".hpp": C}

// languageMarks are parts of lines that show the language where the log has no names of files. The first row that matches counts.
var languageMarks = [...]struct {
	part     string
	language Language
}{
	{":= ", Go}, {"f.If(", Go}, {"dsl.", Go},
	{"let ", Rust}, {"fn ", Rust}, {"unsafe {", Rust}, {"&mut ", Rust}, {" as u", Rust}, {"?;", Rust}, {"ptr::", Rust},
	{";", C}, {"if (", C}, {"->", C}, {"struct ", C}, {"#define", C}, {"(void *)", C},
}

// languageOf says which language a source line is in.
func languageOf(s Source) Language {
	if s.File != "" {
		return languageEndings[filepath.Ext(s.File)]
	}
	for _, m := range languageMarks {
		if strings.Contains(s.Text, m.part) {
			return m.language
		}
	}
	return AnyLanguage
}

// inWordsOf puts the explanation and the fix into the words of a language.
func (r *Report) inWordsOf(l Language) {
	if l == Go {
		return
	}
	r.Explanation, r.Fix = translate(r.Explanation, l), translate(r.Fix, l)
	for i := range r.Slice {
		r.Slice[i].Note.null = true
	}
}

// callOfDSL is a call of a helper or kernel function by name.
var callOfDSL = regexp.MustCompile(`f\.(?:Kernel|Helper)\("(\w+)"(?:, (\w[^)]*))?\)`)

// translate replaces the phrases of package dsl. The longest phrase at a place counts. A "#" in a phrase stands for a number.
func translate(text string, l Language) string {
	text = callOfDSL.ReplaceAllString(text, "$1($2)")
	var b strings.Builder
	for text != "" {
		size, words := 0, ""
		for _, p := range phrasebook {
			if n, number := p.match(text); n > size {
				size = n
				if words = p.c; l == Rust && p.rust != "" {
					words = p.rust
				}
				words = strings.ReplaceAll(words, "#", number)
			}
		}
		if size == 0 || b.Len() > 0 && isWordByte(text[0]) && isWordByte(lastByte(&b)) {
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		b.WriteString(words)
		text = text[size:]
	}
	text = strings.TrimSpace(strings.ReplaceAll(b.String(), "  ", " "))
	if l == Rust {
		text = inRust(text)
	}
	return text
}

func lastByte(b *strings.Builder) byte { return b.String()[b.Len()-1] }

// match returns how much of the beginning of a text a phrase is, and the number in it.
func (p phrase) match(text string) (size int, number string) {
	before, after, numbered := strings.Cut(p.dsl, "#")
	rest, ok := strings.CutPrefix(text, before)
	if !ok {
		return 0, ""
	}
	if !numbered {
		return len(before), ""
	}
	number = leadingNumber(rest)
	if number == "" || !strings.HasPrefix(rest[len(number):], after) {
		return 0, ""
	}
	return len(before) + len(number) + len(after), number
}
