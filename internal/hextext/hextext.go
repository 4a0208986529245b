// Package hextext reads bytes that are written in hex, as people write and copy them.
package hextext

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Text is bytes in hex: pairs of digits, with blanks, commas and line ends between them, 0x before them, and comments from #, ; or // to
// the end of the line.
type Text struct {
	Text   []byte
	Code   []byte // the bytes
	Places []int  // the place of each byte in the text; nil when the bytes were not text
}

// An Error is a place in the text that is not hex.
type Error struct {
	Offset int
	Detail string
}

// Read fills Code and Places.
func (h *Text) Read() *Error {
	h.Code = make([]byte, 0, len(h.Text)/3+1)
	h.Places = make([]int, 0, len(h.Text)/3+1)
	for at := 0; at < len(h.Text); {
		c := h.Text[at]
		switch {
		case isBlank(c):
			at++
		case beginsComment(h.Text, at):
			end := bytes.IndexByte(h.Text[at:], '\n')
			if end < 0 {
				return nil
			}
			at += end
		case isDigit(c):
			start := at
			if c == '0' && at+1 < len(h.Text) && h.Text[at+1] == 'x' {
				at += 2
			}
			first := at
			for at < len(h.Text) && isDigit(h.Text[at]) {
				at++
			}
			var err error
			if h.Code, err = hex.AppendDecode(h.Code, h.Text[first:at]); err != nil || at == first {
				return &Error{start, "an odd number of hex digits: a byte has two"}
			}
			for ; first < at; first += 2 {
				h.Places = append(h.Places, first)
			}
		default:
			return &Error{at, "not a hex digit: " + printable(c)}
		}
	}
	return nil
}

// IsText reports whether data is text, which must be hex, and not code. Text has no zero bytes; every program has some.
func IsText(data []byte) bool { return utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 }

// LineAndColumn turns an offset in a text into line and column, counted from 1. Columns count bytes.
func LineAndColumn(text []byte, offset int) (line, column int) {
	before := text[:offset]
	return bytes.Count(before, []byte{'\n'}) + 1, offset - bytes.LastIndexByte(before, '\n')
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' }

func beginsComment(text []byte, at int) bool {
	return text[at] == '#' || text[at] == ';' || text[at] == '/' && at+1 < len(text) && text[at+1] == '/'
}

func isDigit(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func printable(c byte) string {
	if c > ' ' && c <= '~' {
		return fmt.Sprintf("\"%c\"", c)
	}
	return fmt.Sprintf("byte %#02x", c)
}
