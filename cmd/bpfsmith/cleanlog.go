package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
)

// A logReader finds the verifier's logs in the output of a loader, a journal or a CI system. It reads a text of any size once, and is the
// reader of one log after the other:
//
//	for logs.next() {
//		… read from logs until io.EOF
//		logs.kind says what the part that was read is
//	}
//
// It removes what other programs put before the lines, escape sequences of terminals, and an indent that all lines have.
type logReader struct {
	source   *bufio.Reader
	patterns logPatterns
	types    bool // a log of a BTF load, in which indents have a meaning: it is not changed

	buffer []byte // memory for out
	out    []byte // cleaned lines that were not read yet
	waits  []byte // the part's first lines, until the indent is known
	indent []byte
	known  bool // the indent
	framed bool // inside a frame of libbpf
	closed bool // the part: a NUL ended it, and only the end of the part is searched

	kind  partKind // of the part that was read last
	ended bool     // the text
	begun bool     // any part was begun
	err   error
}

// A partKind says what a part of the text is.
type partKind int

const (
	partOpen    partKind = iota // not read to its end yet
	partFramed                  // what loaders mark as a log
	partEnded                   // ends with statistics
	partRest                    // the rest of the text
	partDropped                 // text before a frame
)

// Sizes of the buffers. A line that is longer than the first is cut.
const (
	longestLine = 1 << 20
	mostWaiting = 256 << 10 // bytes before a line that shows the indent; later there is none
)

// newLogReader looks at the beginning of the text. It returns an error for text that is not a log in any way.
func newLogReader(r io.Reader) (*logReader, error) {
	l := &logReader{source: bufio.NewReaderSize(r, longestLine), patterns: newLogPatterns()}
	begin, err := l.source.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if isUTF16(begin) {
		return nil, errors.New("the text is UTF-16: convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8")
	}
	l.types = bytes.HasPrefix(begin, []byte("magic: "))
	return l, nil
}

// isUTF16 reports whether a text begins with a byte order mark of UTF-16, or has a NUL in each second byte.
func isUTF16(text []byte) bool {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return true
	}
	var nuls [2]int
	for i, c := range text {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := len(text) / 2
	return half >= 4 && (nuls[0] == 0 && nuls[1] > half*3/4 || nuls[1] == 0 && nuls[0] > half*3/4)
}

// next begins the next part, and reports whether there is one. A text has at least one part, which may be empty.
func (l *logReader) next() bool {
	for {
		l.rest()
		if l.ended && l.begun {
			return false
		}
		l.begun, l.kind = true, partOpen
		l.out, l.waits, l.known, l.closed = nil, l.waits[:0], l.types, false
		l.indent = nil
		if l.fill(); l.kind != partDropped {
			return true
		}
	}
}

// rest reads what nobody has read of the part, and says what the part is.
func (l *logReader) rest() partKind {
	for l.kind == partOpen && l.begun {
		l.fill()
	}
	l.out = nil
	return l.kind
}

// Read reads the lines of the part.
func (l *logReader) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		if l.kind != partOpen {
			return 0, io.EOF
		}
		l.fill()
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// fill reads some lines of the part, or its end, when nothing is left.
func (l *logReader) fill() {
	l.out = l.buffer[:0]
	defer func() { l.buffer = l.out }()
	for len(l.out) < 32<<10 && l.kind == partOpen {
		line, err := l.source.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // the rest of the line is left out
			line = bytes.Clone(line)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = l.source.ReadSlice('\n')
			}
		}
		if len(line) > 0 {
			l.line(line)
		}
		if err != nil {
			l.ended = true
			if err != io.EOF {
				l.err = err
			}
			if l.kind == partOpen {
				l.end(partRest)
			}
			return
		}
	}
}

func (l *logReader) end(kind partKind) {
	if kind == partRest && l.framed {
		kind = partFramed // the end of the frame is missing
	}
	l.release()
	l.kind = kind
}

// line adds a line to the part. A frame marks the beginning and end of a log; without a frame, the statistics end a log. Lines after the
// last log belong to the loader. When there are no statistics at all, the end of the log is missing.
func (l *logReader) line(line []byte) {
	if l.types {
		l.out = append(l.out, line...)
		return
	}
	nul := bytes.IndexByte(line, 0)
	if nul >= 0 {
		line = line[:nul]
	}
	line = l.patterns.clean(bytes.TrimRight(line, "\r\n"))
	switch l.patterns.markOf(line) {
	case beginMark:
		l.end(partDropped)
		l.framed = true
		return
	case endMark:
		if l.framed {
			l.end(partFramed)
		} else {
			l.end(partDropped)
		}
		l.framed = false
		return
	case loaderMark:
		return
	}
	l.add(line)
	if !l.framed && l.patterns.isStatistics(line) {
		l.end(partEnded)
	}
	l.closed = l.closed || nul >= 0
}

// add adds a cleaned line. The first lines wait until a line shows the indent of all.
func (l *logReader) add(line []byte) {
	if l.closed {
		return
	}
	if !l.known {
		l.waits = append(append(l.waits, line...), '\n')
		m := l.patterns.first.FindSubmatch(line)
		if m != nil {
			l.indent = bytes.Clone(m[1])
		}
		if m != nil || len(l.waits) > mostWaiting {
			l.release()
		}
		return
	}
	l.out = append(append(l.out, bytes.TrimPrefix(line, l.indent)...), '\n')
}

// release moves the lines that wait to those that can be read.
func (l *logReader) release() {
	l.known = true
	for line := range bytes.Lines(l.waits) {
		l.out = append(l.out, bytes.TrimPrefix(line, l.indent)...)
	}
	l.waits = l.waits[:0]
}

// logPatterns describe the lines of a log, and what other programs put before them.
type logPatterns struct {
	escapes *regexp.Regexp // escape sequences of terminals
	prefix  *regexp.Regexp // timestamps, names of programs, levels
	stats   *regexp.Regexp // the last line of a log
	first   *regexp.Regexp // a line that only a log has; the group is its indent
	loader  *regexp.Regexp // the loader's own lines
}

func newLogPatterns() logPatterns {
	return logPatterns{
		escapes: regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`),
		prefix: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`\[ *\d+\.\d+\] `, // dmesg
			`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[-+]\d\d:?\d\d)? `,           // ISO 8601, Go's log
			`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? `, // syslog
			`\S+ [\w./@-]+\[\d+\]: `,                           // the host and program of syslog
			`\[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\]?:? `, // levels
			`libbpf: `,
		}, "|") + `)`),
		stats:  regexp.MustCompile(`processed \d+ insns \(limit \d+\)`),
		first:  regexp.MustCompile(`^([ \t]*)(?:\d+: \([0-9a-f]{2}\) |\d+: R\d+=|func#\d+ @\d|processed \d+ insns )`),
		loader: regexp.MustCompile(`^(?:prog '[^']*': |failed to load |Error: failed|elf: |map '[^']*': )`),
	}
}

// clean cuts what other programs put before a line. The indent that is left belongs to the log.
func (p *logPatterns) clean(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) >= 0 {
		line = bytes.TrimRight(p.escapes.ReplaceAll(line, nil), "\r\n")
	}
	for mayHavePrefix(line) {
		at := p.prefix.FindIndex(line)
		if at == nil {
			break
		}
		line = line[at[1]:]
	}
	return line
}

// mayHavePrefix decides quickly for nearly all lines of a log that they do not have a prefix.
func mayHavePrefix(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch c := line[0]; {
	case c == '[', c == 'l' && bytes.HasPrefix(line, []byte("libbpf: ")):
		return true
	case c >= '0' && c <= '9':
		if len(line) > 4 && (line[4] == '-' || line[4] == '/') {
			return true
		}
	case strings.IndexByte("JFMASONDIWE", c) >= 0: // months and levels
		return true
	}
	return bytes.IndexByte(line, ']') >= 0 // of "host program[123]: "
}

// A mark is a line that is not part of a log.
type mark int

const (
	noMark mark = iota
	beginMark
	endMark
	loaderMark
)

func (p *logPatterns) markOf(line []byte) mark {
	if len(line) == 0 {
		return noMark
	}
	switch {
	case line[len(line)-1] == '-' && bytes.HasSuffix(line, []byte("-- BEGIN PROG LOAD LOG --")):
		return beginMark
	case line[len(line)-1] == '-' && bytes.HasSuffix(line, []byte("-- END PROG LOAD LOG --")):
		return endMark
	case strings.IndexByte("pfEem", line[0]) >= 0 && p.loader.Match(line):
		return loaderMark
	}
	return noMark
}

func (p *logPatterns) isStatistics(line []byte) bool {
	return bytes.Contains(line, []byte(" insns (limit ")) && p.stats.Match(line)
}
