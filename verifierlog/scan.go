package verifierlog

import (
	"bytes"
	"io"
	"strings"
)

// Sizes of a block that is read at once, and of the longest line. The kernel's lines are shorter than its own line buffer of 1 KiB. Only
// lines of several parts, such as states, may be longer.
const (
	firstBlock = 8 << 10 // of the first block: most logs are short
	blockSize  = 64 << 10
	lineLimit  = 1 << 20
)

// A Scanner reads a log of any size event by event. It keeps only a block and a line of it in memory.
//
//	s := verifierlog.NewScanner(file)
//	for s.Next() {
//		if e := s.Event(); e.Kind == verifierlog.Instruction {
//			fmt.Println(e.Insn, e.Text)
//		}
//	}
//	return s.Err()
type Scanner struct {
	source io.Reader // nil when the whole log is in text
	block  []byte    // the beginning of a line: it was read but is not yet part of text
	text   string    // lines that were not returned yet
	ended  bool      // nothing comes after text
	skip   bool      // inside the rest of a line that was too long
	err    error

	lines lineReader
	event Event
	line  int
	bytes int64 // of the lines that were read
}

// NewScanner returns a scanner for a log of BPF_PROG_LOAD or BPF_BTF_LOAD. The log ends at the end of the reader, or at a NUL.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{source: r, block: make([]byte, 0, firstBlock)}
}

// newTextScanner returns a scanner for a log in memory. Its events share that memory.
func newTextScanner(log string) *Scanner {
	log, _, _ = strings.Cut(log, "\x00")
	return &Scanner{text: log, ended: true}
}

// Next moves to the next event and reports whether there is one.
func (s *Scanner) Next() bool {
	if s.lines.pending != "" {
		s.event = Event{Line: s.line}
		s.lines.readPending(&s.event)
		return true
	}
	for {
		line, cut, ok := s.nextLine()
		if !ok {
			return false
		}
		s.line++
		s.event = Event{Line: s.line, Insn: -1, From: -1, Cut: cut}
		if s.lines.read(line, &s.event) {
			return true
		}
	}
}

// Event returns the current event. The next call of Next overwrites it.
func (s *Scanner) Event() *Event { return &s.event }

// Err returns the error that stopped the scanner before the end of the log, or nil.
func (s *Scanner) Err() error { return s.err }

// nextLine returns the next line without its end.
func (s *Scanner) nextLine() (line string, cut, ok bool) {
	for {
		end := strings.IndexByte(s.text, '\n')
		if end < 0 && !s.ended && !s.skip && len(s.text) < lineLimit {
			s.fill()
			continue
		}
		switch {
		case s.text == "" && s.ended:
			return "", false, false
		case s.skip:
			if s.skip = end < 0; !s.skip {
				s.text = s.text[end+1:]
			} else if s.text = ""; !s.ended {
				s.fill()
			}
			continue
		case end < 0:
			line, s.text = s.text, ""
			s.skip = !s.ended
		default:
			line, s.text = s.text[:end], s.text[end+1:]
		}
		s.bytes += int64(len(line)) + 1
		if len(line) > lineLimit {
			line, cut = line[:lineLimit], true
		}
		cut = cut || s.skip
		return strings.TrimSuffix(line, "\r"), cut, true
	}
}

// fill reads a block and moves its complete lines to text. A line that does not end in the block is kept for the next block, until it is
// too long.
func (s *Scanner) fill() {
	if s.line > 0 && cap(s.block) < blockSize {
		s.block = append(make([]byte, 0, blockSize), s.block...)
	}
	s.block = append(s.block, s.text...) // it has no end of a line
	s.text = ""
	for empty := 0; ; empty++ {
		if len(s.block) == cap(s.block) {
			s.block = append(s.block, 0)[:len(s.block)] // doubles the size
		}
		n, err := s.source.Read(s.block[len(s.block):cap(s.block)])
		if n > 0 {
			empty = 0
		} else if err == nil && empty == 100 {
			err = io.ErrNoProgress
		}
		before := len(s.block)
		s.block = s.block[:before+n]
		if i := bytes.IndexByte(s.block[before:], 0); i >= 0 {
			s.block, err = s.block[:before+i], io.EOF
		}
		if err != nil {
			s.text, s.block, s.ended = string(s.block), nil, true
			if err != io.EOF {
				s.err = err
			}
			return
		}
		end := bytes.LastIndexByte(s.block[before:], '\n') + 1
		switch {
		case end > 0:
			end += before
		case len(s.block) >= lineLimit:
			end = len(s.block)
		default:
			continue
		}
		s.text = string(s.block[:end])
		s.block = s.block[:copy(s.block, s.block[end:])]
		return
	}
}
