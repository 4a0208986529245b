package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A hexText is code in hex: pairs of digits, with blanks, commas and line ends between them, 0x before them, and comments.
type hexText struct {
	text   []byte
	code   []byte
	places []int // the place of each byte in the text; nil when the code was not text
}

// A hexError is a place in the text that is not hex.
type hexError struct {
	offset int
	detail string
}

// read fills code and places.
func (h *hexText) read() *hexError {
	h.code = make([]byte, 0, len(h.text)/3+1)
	h.places = make([]int, 0, len(h.text)/3+1)
	for at := 0; at < len(h.text); {
		c := h.text[at]
		switch {
		case isBlank(c):
			at++
		case beginsComment(h.text, at):
			end := bytes.IndexByte(h.text[at:], '\n')
			if end < 0 {
				return nil
			}
			at += end
		case isDigit(c):
			start := at
			if c == '0' && at+1 < len(h.text) && h.text[at+1] == 'x' {
				at += 2
			}
			first := at
			for at < len(h.text) && isDigit(h.text[at]) {
				at++
			}
			var err error
			if h.code, err = hex.AppendDecode(h.code, h.text[first:at]); err != nil || at == first {
				return &hexError{start, "an odd number of hex digits: a byte has two"}
			}
			for ; first < at; first += 2 {
				h.places = append(h.places, first)
			}
		default:
			return &hexError{at, "not a hex digit: " + printable(c)}
		}
	}
	return nil
}

// looksLikeHex reports whether data is text, which must be hex, and not code. Text has no zero bytes; every program has some.
func looksLikeHex(data []byte) bool { return utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 }

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
