package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// A visibleWriter is for texts that others have made: logs, names in objects, what programs print. A terminal obeys the control
// characters in a text; here they are written as Go writes them in strings, \x1b for example. Ends of lines and tabs stay.
type visibleWriter struct {
	to      io.Writer
	colours bool // the sequences that only change colours stay too: they are ours
}

// colourSequence is what changes the colour of a terminal's text.
var colourSequence = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// Write writes whole runes: callers do not split them.
func (v *visibleWriter) Write(p []byte) (int, error) {
	var out []byte
	for rest := p; len(rest) > 0; {
		text := rest
		var colour []byte
		if at := colourSequence.FindIndex(rest); v.colours && at != nil {
			text, colour = rest[:at[0]], rest[at[0]:at[1]]
		}
		out = append(append(out, visible(string(text))...), colour...)
		rest = rest[len(text)+len(colour):]
	}
	if _, err := v.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// visible returns a text with its control characters made visible.
func visible(text string) string {
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	var b bytes.Buffer
	for _, r := range text {
		if isControl(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isControl reports whether a terminal may obey a character: those of ASCII and of ISO 8859 (C0 and C1), without ends of lines and tabs.
func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
