package loaderlog

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
// It removes what other programs put before the lines, escape sequences of terminals, and an indent that all lines have. It opens the
// strings of structured logs (quotedlog.go) and the errors of one line (wrapping.go).
type logReader struct {
	source   *bufio.Reader
	patterns logPatterns
	types    bool // a log of a BTF load, in which indents have a meaning: only prefixes are cut

	buffer []byte // memory for out
	out    []byte // cleaned lines that were not read yet
	waits  []byte // the part's first lines, until the lead is known
	lead   lead
	known  bool    // the lead
	framed bool    // inside a frame of libbpf
	begins wrapped // what the next part begins with
	facts  facts   // of the part
	before facts   // of the part before it, when that was not a log
	after  *facts  // gets those of the next part that is not a log
	logs   int     // that were found
	closed bool    // the part: a NUL ended it, and only the end of the part is searched

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
	partShort                   // the last lines of a log, in an error of one line
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
	l.types = bytes.HasPrefix(begin, []byte(typesBegin))
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
		l.keepFacts()
		if l.ended && l.begun && len(l.begins.lines) == 0 {
			return false
		}
		l.begun, l.kind = true, partOpen
		l.out, l.waits, l.known, l.closed = nil, l.waits[:0], l.types, false
		l.lead = lead{}
		l.beginWith(l.begins)
		if l.fill(); l.kind != partDropped {
			return true
		}
	}
}

// keepFacts ends the facts of a part.
func (l *logReader) keepFacts() {
	isText := l.kind == partDropped || l.kind == partRest
	switch {
	case !l.begun:
		return
	case !isText:
		l.before = facts{}
		l.logs++
	default:
		if l.after != nil {
			*l.after, l.after = l.facts, nil
		}
		l.before = l.facts
	}
	l.facts = facts{}
}

// beginWith adds the lines that were in the middle of another line. They do not have the indent of the others.
func (l *logReader) beginWith(w wrapped) {
	l.begins = wrapped{}
	for _, line := range w.lines {
		if l.patterns.markOf(line) == typesMark {
			l.types, l.known = true, true
		}
		l.waits = append(append(l.waits, line...), '\n')
	}
	if w.complete {
		l.end(partShort)
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
	if l.kind != partOpen {
		return
	}
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
	l.kind, l.types = kind, false
}

// line adds a line of the text: cleaned, and without what wraps the log.
func (l *logReader) line(line []byte) {
	if plain, ok := l.plain(line); ok {
		l.add(plain)
		return
	}
	nul, whole := bytes.IndexByte(line, 0), bytes.HasSuffix(line, []byte("\n"))
	if nul >= 0 {
		line = line[:nul]
	}
	line = l.patterns.clean(bytes.TrimRight(line, "\r\n"))
	if l.types {
		l.mark(line)
		if !whole { // some messages of the kernel have no end of the line
			l.out = bytes.TrimSuffix(l.out, []byte("\n"))
		}
	} else if value, ok := l.patterns.quotedLog(line); ok {
		for part := range bytes.Lines(value) {
			part = l.patterns.clean(bytes.TrimRight(part, "\r\n"))
			if l.kind != partOpen { // a log began in the middle of the string
				l.begins.lines = append(l.begins.lines, bytes.Clone(part))
				continue
			}
			l.unwrap(part)
		}
	} else {
		l.unwrap(line)
	}
	l.closed = l.closed || nul >= 0
}

// plain is the fast way of nearly all lines of a large log: they have only an indent in front, or nothing, and are of the walk.
func (l *logReader) plain(line []byte) (plain []byte, ok bool) {
	if !l.known || l.types || l.lead.prefix != nil || bytes.IndexByte(line, 0) >= 0 || bytes.IndexByte(line, 0x1b) >= 0 {
		return nil, false
	}
	line = bytes.TrimRight(line, "\r\n")
	return line, OfWalk(l.trim(line))
}

// unwrap adds a line, or the lines of an error that has the end of a log.
func (l *logReader) unwrap(line []byte) {
	if l.known && OfWalk(l.trim(line)) {
		l.add(line)
		return
	}
	l.facts.read(line, &l.patterns)
	w, ok := l.patterns.wrappedLog(line)
	if !ok {
		l.mark(line)
		return
	}
	if l.framed {
		l.end(partFramed) // the log before it
	} else {
		l.end(partDropped) // what was before belongs to the loader
	}
	l.begins, l.framed = w, w.framed
}

// mark adds a line to the part. A frame marks the beginning and end of a log; without a frame, the statistics end a log. Lines after the
// last log belong to the loader. When there are no statistics at all, the end of the log is missing.
func (l *logReader) mark(line []byte) {
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
		l.facts.say(line, &l.patterns)
		return
	case typesMark: // what was before belongs to the loader
		l.waits = l.waits[:0]
		l.types, l.known = true, true
	}
	l.add(line)
	if !l.framed && l.patterns.isStatistics(line) {
		l.end(partEnded)
	}
}

// add adds a cleaned line. The first lines wait until a line shows what stands before all lines.
func (l *logReader) add(line []byte) {
	if l.closed {
		return
	}
	if !l.known {
		l.waits = append(append(l.waits, line...), '\n')
		var found bool
		if l.lead, found = l.patterns.leadOf(line); found || len(l.waits) > mostWaiting {
			l.release()
		}
		return
	}
	l.out = append(append(l.out, l.trim(line)...), '\n')
}

// trim cuts what stands before each line. The verifier begins only members of types with a tab: other tabs are of an indent that not all
// lines have.
func (l *logReader) trim(line []byte) []byte {
	line = l.lead.trim(line)
	if !l.types {
		line = bytes.TrimLeft(line, "\t")
	}
	return line
}

// release moves the lines that wait to those that can be read.
func (l *logReader) release() {
	l.known = true
	for line := range bytes.Lines(l.waits) {
		l.out = append(l.out, l.trim(line)...)
	}
	l.waits = l.waits[:0]
}

// OfWalk reports whether the verifier prints lines like this one on its walk, by how it begins. Most lines of a log do, and they are
// nothing else: the patterns for what is around a log take fifty times as long as this.
func OfWalk(line []byte) bool {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	line = line[n:]
	for n = 0; n < len(line) && '0' <= line[n] && line[n] <= '9'; n++ {
	}
	if n == 0 {
		return hasWalkWord(line)
	}
	if row := line[n:]; len(row) > 2 && row[0] == ':' && row[1] == ' ' {
		switch row = row[2:]; row[0] {
		case '(', 'R':
			return true
		case 'f':
			return bytes.HasPrefix(row, []byte("frame"))
		case 's':
			return string(row) == "safe"
		}
		// a row of "Live regs before insn:"
		return len(row) > 10 && row[10] == ' ' && len(bytes.Trim(row[:10], ".0123456789")) == 0
	}
	return false
}

// hasWalkWord reports whether a line begins with a word of the verifier.
func hasWalkWord(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	for _, word := range walkWords[line[0]&0x3f] {
		if len(word) <= len(line) && string(line[:len(word)]) == word {
			return true
		}
	}
	return false
}

// walkWords are such words, by the lower six bits of their first letter.
var walkWords = [1 << 6][]string{
	';' & 0x3f: {"; "}, 'f' & 0x3f: {"from ", "frame"}, 'm' & 0x3f: {"mark_precise: "}, 'r' & 0x3f: {"regs=", "returning from callee:"},
	'p' & 0x3f: {"parent ", "propagating "}, 'l' & 0x3f: {"last_idx "}, 'L' & 0x3f: {"Live regs "}, 'c' & 0x3f: {"caller:", "callee:"},
	't' & 0x3f: {"to caller at "}, 'S' & 0x3f: {"SCC enter ", "SCC exit "},
}

// A lead is what stands before each line of a log: an indent, or the prefix of a program that is not known.
type lead struct {
	indent []byte
	prefix *regexp.Regexp // nil for an indent
}

func (d lead) trim(line []byte) []byte {
	if d.prefix == nil {
		return bytes.TrimPrefix(line, d.indent)
	}
	if at := d.prefix.FindIndex(line); at != nil {
		return line[at[1]:]
	}
	return line
}

// leadOf returns what stands before a line that only a log has. Digits of a prefix may differ in other lines: they are a time or a number.
func (p *logPatterns) leadOf(line []byte) (lead, bool) {
	if m := p.first.FindSubmatch(line); m != nil {
		return lead{indent: bytes.Clone(m[1])}, true
	}
	m := p.inside.FindSubmatch(line)
	if m == nil || hasWalkWord(line) {
		return lead{}, false
	}
	prefix := p.digits.ReplaceAllString(regexp.QuoteMeta(string(m[1])), `\d+`)
	return lead{prefix: regexp.MustCompile("^" + prefix)}, true
}

// logPatterns describe the lines of a log, and what other programs put before them.
type logPatterns struct {
	escapes *regexp.Regexp // escape sequences of terminals
	prefix  *regexp.Regexp // timestamps, names of programs, levels
	stats   *regexp.Regexp // the last line of a log
	first   *regexp.Regexp // a line that only a log has; the group is its indent
	loader  []loaderLine   // the loader's own lines
	frame   *regexp.Regexp // the beginning and end of a log

	inside *regexp.Regexp // an instruction after a prefix, the group
	digits *regexp.Regexp

	short   *regexp.Regexp // an error with the last lines of a log
	omitted *regexp.Regexp // the end of such an error
	nothing *regexp.Regexp // such an error without a line of the log
	reason  *regexp.Regexp // the last of two lines in it

	errno   *regexp.Regexp // what libbpf says of the load: its error, by number or name
	words   *regexp.Regexp // and what all loaders say: its error in words
	typ     *regexp.Regexp // the type of the program, by its number
	program *regexp.Regexp // the name of the program before a line
}

func newLogPatterns() logPatterns {
	return logPatterns{
		escapes: regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`),
		prefix: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`\[ *\d+\.\d+\] `, // dmesg
			`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[-+]\d\d:?\d\d)?\]?:? +`, // ISO 8601, Go's log
			`\d\d:\d\d:\d\d(?:[.,]\d+)? +`,
			`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? `, // syslog
			`\S+ [\w./@-]+\[\d+\]: `,                           // the host and program of syslog
			`\[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\]?:? `, // levels
			`(?:DEBU|INFO|WARN|ERRO|FATA)\[\d+\] +`,            // levels of logrus, with seconds
			`(?:[\w.-]+: )?kern: *\w+: `,                       // Talos and others that forward the kernel's messages
			`libbpf: `, `libbpf:$`,
			`> ?`, // quoted in a letter
		}, "|") + `)`),
		stats:  regexp.MustCompile(`processed \d+ insns(?: \(limit \d+\)|, stack depth |$)`),
		first:  regexp.MustCompile(`^([ \t]*)(?:\d+: \([0-9a-f]{2}\) |\d+: R\d+=|func#\d+ @\d|processed \d+ insns )`),
		loader: newLoaderLines(),
		frame:  regexp.MustCompile(`-- (BEGIN|END) (?:[A-Z]+ )*LOG --+$`),

		inside: regexp.MustCompile(`^(.{0,200}?[\]:>|)] ?[ \t]*)\d+: \([0-9a-f]{2}\) `),
		digits: regexp.MustCompile(`\d+`),

		short:   regexp.MustCompile(`\bload (?:program|BTF|btf): ([a-z ]+)(?: \([^)]*\))?: `), // with a hint
		nothing: regexp.MustCompile(`^\(\d+ line\(s\) omitted\)`),
		omitted: regexp.MustCompile(` \((truncated)?(?:, )?(?:\d+ line\(s\) omitted)?\)`),
		reason:  regexp.MustCompile(`^(.*): (R\d+ .*|R\d+)$`),

		errno: regexp.MustCompile(`failed to load: (-\d+|-E[A-Z0-9]+)$`),
		// "load program: permission denied", "BPF program load failed: Permission denied", "rejected: Permission denied (13)!",
		// "Permission denied (os error 13)"
		words: regexp.MustCompile(`(?:load (?:program|BTF): |(?:failed|rejected|program): |^\s*(?:\d: )?)` +
			`((?i:p)ermission denied|(?i:i)nvalid argument|(?i:o)peration not permitted|(?i:a)rgument list too long|` +
			`(?i:n)o space left on device|(?i:o)peration not supported)`),
		typ:     regexp.MustCompile(`^ - Type: +(\d{1,3})$`),
		program: regexp.MustCompile(`^prog '[^']*': `),
	}
}

// typesBegin begins a log of types.
const typesBegin = "magic: "

// loaderLines are the beginnings of lines that loaders and shells print before or after a log. Each begins with letters that are always
// the same.
var loaderLines = [...]string{
	// libbpf, and the tools that use it
	`prog '[^']*': `, `map '[^']*': `, `elf: `, `failed to (?:load|guess|find|prepare|create|open|pin|init)\b`,
	`supported section`, `extern `, `struct_ops init_kern`, `missing BPF prog type`,
	`Error in bpf_object`, `Error loading `, `kernel BTF is missing`,
	`load bpf program failed`, `Error: `,
	// iproute2
	`Prog section '`, ` - (?:Type|Attach Type|Instructions|License|Maps?):`,
	`Verifier analysis:`, `Error fetching `, `Unable to load program`,
	// bcc
	`HINT: `, `bpf: `, `Traceback `, `Exception: `,
	// Rust
	`Caused by:`, `Stack backtrace:`,
	// shells, and errors without more
	`# `, `\$ `, `exit status \d`,
	`panic: `, `goroutine \d`, `Permission denied$`, `Invalid argument$`, `Operation not permitted$`,
}

// loaderShapes are such lines that begin with anything, by a part that they all have.
var loaderShapes = [...]struct{ part, pattern string }{
	{"load ", `.*\bload (?:program|BTF|btf): [a-z ]+:$`},
	// Rust
	{"(os error ", ` *(?:\d+: )?[A-Z][a-z]+(?: [a-z]+)+ \(os error \d+\)`},
	{": failed ", ` *\d+: failed `}, {": the BPF_", ` *\d+: the BPF_`},
	// shells
	{"@", `\[?\w+@\S+ ?\S*\]?[#$] `}, {"=", `(?:\w+=\S+ ?)+$`},
}

// A loaderLine describes a line of a loader. The pattern is tried only on lines with its beginning and its part: messages of the kernel
// have neither, and a log may have millions of them.
type loaderLine struct {
	begin   []byte
	part    []byte
	pattern *regexp.Regexp
}

func newLoaderLines() []loaderLine {
	var lines []loaderLine
	for _, pattern := range loaderLines {
		re := regexp.MustCompile("^(?:" + pattern + ")")
		begin, _ := regexp.MustCompile(pattern).LiteralPrefix()
		lines = append(lines, loaderLine{begin: []byte(begin), pattern: re})
	}
	for _, s := range loaderShapes {
		lines = append(lines, loaderLine{part: []byte(s.part), pattern: regexp.MustCompile("^(?:" + s.pattern + ")")})
	}
	return lines
}

// ofLoader reports whether a loader or a shell prints lines like this one.
func (p *logPatterns) ofLoader(line []byte) bool {
	for i := range p.loader {
		l := &p.loader[i]
		if bytes.HasPrefix(line, l.begin) && bytes.Contains(line, l.part) && l.pattern.Match(line) {
			return true
		}
	}
	return false
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
	case c == '[', c == '>', c == 'l' && bytes.HasPrefix(line, []byte("libbpf:")):
		return true
	case c >= '0' && c <= '9':
		if len(line) > 5 && (line[4] == '-' || line[4] == '/' || line[2] == ':' && line[5] == ':') {
			return true
		}
	case strings.IndexByte("JFMASONDIWE", c) >= 0: // months and levels
		return true
	}
	return bytes.IndexByte(line, ']') >= 0 || // of "host program[123]: "
		bytes.Contains(line, []byte("kern: "))
}

// A mark is a line that is not part of a log.
type mark int

const (
	noMark mark = iota
	beginMark
	endMark
	loaderMark
	typesMark // the first line of a log of types
)

func (p *logPatterns) markOf(line []byte) mark {
	if len(line) == 0 {
		return noMark
	}
	if c := line[len(line)-1]; c == '-' || c == ' ' {
		if m := p.frame.FindSubmatch(bytes.TrimRight(line, " ")); m != nil && m[1][0] == 'B' {
			return beginMark
		} else if m != nil {
			return endMark
		}
	}
	switch {
	case bytes.HasPrefix(line, []byte(typesBegin)):
		return typesMark
	case line[0] >= '0' && line[0] <= '9', line[0] == ';', line[0] == 'R': // most lines of a log
	case p.ofLoader(line):
		return loaderMark
	}
	return noMark
}

func (p *logPatterns) isStatistics(line []byte) bool {
	return bytes.Contains(line, []byte(" insns")) && p.stats.Match(line)
}
