package main

import "bytes"

// A hexText is code written in hex: digits in pairs, with blanks, commas and
// line ends between them, 0x before them, and comments.
type hexText struct {
	text   []byte
	code   []byte
	places []int // of each byte in text; nil when the code was no text
}

// A hexError is a place in the text that is no hex.
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
		case digit(c) < 16:
			start := at
			if c == '0' && at+1 < len(h.text) && h.text[at+1] == 'x' {
				at += 2
			}
			first := at
			for at < len(h.text) && digit(h.text[at]) < 16 {
				at++
			}
			if at == first || (at-first)%2 != 0 {
				return &hexError{start, "an odd number of hex digits: a byte has two"}
			}
			for n := first; n < at; n += 2 {
				h.code = append(h.code, digit(h.text[n])<<4|digit(h.text[n+1]))
				h.places = append(h.places, n)
			}
		default:
			return &hexError{at, "not a hex digit: " + string(printable(c))}
		}
	}
	return nil
}

// looksLikeHex reports whether data is text of hex and not code itself: it has
// nothing but hex digits and what may stand between them, at least up to the
// first comment.
func looksLikeHex(data []byte) bool {
	for at, c := range data {
		switch {
		case beginsComment(data, at):
			return true
		case isBlank(c) || digit(c) < 16 || c == 'x':
		case c >= ' ' && c <= '~': // text, but not hex: for read to refuse
		default:
			return false
		}
	}
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' }

func beginsComment(text []byte, at int) bool {
	return text[at] == '#' || text[at] == ';' || text[at] == '/' && at+1 < len(text) && text[at+1] == '/'
}

// digit is the value of a hex digit, and more than 15 for others.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func printable(c byte) []byte {
	if c > ' ' && c <= '~' {
		return []byte{'"', c, '"'}
	}
	return append([]byte("byte 0x"), appendHex(nil, []byte{c})...)
}
