package loaderlog

import (
	"bytes"
	"slices"
	"strings"
)

// Programs that write structured logs (JSON, key="value") put a verifier's log, or a line of one, into a string.

// quotedLog returns the string of a structured line that has the log. ok is false for other lines.
func (p *logPatterns) quotedLog(line []byte) (log []byte, ok bool) {
	if bytes.IndexByte(line, '"') < 0 || bytes.HasPrefix(line, []byte(";")) || p.first.Match(line) {
		return nil, false
	}
	best := len(logKeys)
	for _, v := range quotedValues(string(line)) {
		rank := slices.Index(logKeys[:], v.key)
		switch {
		case strings.Contains(v.text, "\n") || p.first.MatchString(v.text): // a log whatever the key is
			return []byte(v.text), true
		case rank >= 0 && rank < best:
			best, log, ok = rank, []byte(v.text), true
		}
	}
	return log, ok
}

// logKeys are the names under which programs write a line of text; the first that a line has is used.
var logKeys = [...]string{"log", "verifier_log", "output", "error", "err", "msg", "message"}

// A quotedValue is a string of a structured line: key="text" or "key": "text".
type quotedValue struct{ key, text string }

// quotedValues finds the strings that have a key. "Error:" at the beginning of the line is one too.
func quotedValues(line string) []quotedValue {
	var values []quotedValue
	last := "" // the string before: in JSON, the key
	for at := 0; at < len(line); {
		begin := strings.IndexByte(line[at:], '"')
		if begin < 0 {
			break
		}
		begin += at
		text, end := unquote(line[begin+1:])
		between := strings.TrimSpace(line[at:begin])
		switch {
		case between == ":" && last != "":
			values = append(values, quotedValue{last, text})
			last = ""
		case between == "Error:": // of a main function of Rust
			values = append(values, quotedValue{"error", text})
		case strings.HasSuffix(between, "="):
			key := strings.TrimSuffix(between, "=")
			values = append(values, quotedValue{key[strings.LastIndexAny(key, " ,{[")+1:], text})
		default:
			last = text
		}
		at = begin + 1 + end
	}
	return values
}

// unquote reads a string after its quotation mark, and says how long it was. The mark at the end may be missing: the line may be cut.
func unquote(s string) (text string, size int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case s[i+1] == 'u' && i+6 <= len(s) && unicodeEscapes[s[i+2:i+6]] != 0:
			b.WriteByte(unicodeEscapes[s[i+2:i+6]])
			i += 5
		default:
			i++
			if c := escapes[s[i]]; c != 0 {
				b.WriteByte(c)
			} else {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String(), len(s)
}

// escapes are the characters after a backslash that mean another one, and unicodeEscapes those that encoders write for HTML's sake.
var (
	escapes        = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}
	unicodeEscapes = map[string]byte{"003c": '<', "003e": '>', "0026": '&', "0027": '\'', "0022": '"', "000a": '\n', "0009": '\t'}
)
