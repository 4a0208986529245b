package verifierlog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A row is a line of a log as it is shown. Rows are for the eye: they keep each line as it was printed, and know just enough of it to tell how
// the walk came there. What a program may rely on is in Report.
type row struct {
	kind   rowKind
	text   string // the line, as printed
	pc     int    // rowInsn: its slot; rowBranch: where the branch left; else -1
	insn   string // rowInsn: "(bf) r6 = r1", without the state behind it
	state  string // what the verifier knew afterwards, as printed; "" for nothing
	whole  bool   // state is all that is known, not only what changed
	source Source // rowInsn, rowSource: the line of Go in force
	from   int    // rows with a state: the one before it on its path, -1 for the first
	path   bool   // on the path that failed, or about it
}

type rowKind uint8

const (
	rowInsn rowKind = iota
	rowSource
	rowState   // a state on a line of its own
	rowBranch  // "from 2 to 5: …": the walk goes on elsewhere
	rowNoise   // how the verifier thinks: states compared, marks of precision
	rowMessage // everything else, the reason among it
	rowKernel  // the kernel's own explanation
	rowStats
	rowBlank
)

// String returns the name of the kind, which page.css knows.
func (k rowKind) String() string {
	return [...]string{"insn", "source", "state", "branch", "noise", "message", "kernel", "stats", "blank"}[k]
}

// A rowReader makes rows of lines.
type rowReader struct {
	patterns
	insnLine *regexp.Regexp
	rows     []row
	visits   map[int][]int // rows of an instruction whose other branch may still be to come
	last     int           // the last row of the path so far, -1 for none
	source   Source
	kernel   bool
}

// readRows reads a log, and marks the path to the instruction that the report blames.
func readRows(log string, r Report) []row {
	log, _, _ = strings.Cut(log, "\x00")
	reader := rowReader{
		patterns: newPatterns(),
		insnLine: regexp.MustCompile(`^(\d{1,9}): (\([0-9a-f]{2}\) .*)$`),
		visits:   map[int][]int{},
		last:     -1,
	}
	for line := range strings.Lines(log) {
		reader.read(strings.TrimRight(line, "\r\n"))
	}
	markPath(reader.rows, r)
	return reader.rows
}

func (rr *rowReader) read(line string) {
	r := row{kind: rowMessage, text: line, pc: -1, from: -1}
	stats := rr.statsLine.FindStringIndex(line)
	switch m := rr.insnLine.FindStringSubmatch(line); {
	case line == "":
		r.kind = rowBlank
	case stats != nil && stats[0] == 0:
		r.kind, rr.kernel = rowStats, false
	case rr.kernel || strings.HasPrefix(line, "Verification failed: "):
		r.kind, rr.kernel = rowKernel, true
	case m != nil:
		rr.instruction(&r, m[1], m[2])
	case strings.HasPrefix(line, "; "):
		rr.source = parseSource(line[len("; "):])
		r.kind, r.source = rowSource, rr.source
	case strings.HasPrefix(line, "from "):
		rr.branch(&r)
	case rr.isNoise(line):
		r.kind = rowNoise
	default:
		rr.stateAlone(&r)
	}
	rr.rows = append(rr.rows, r)
}

// instruction reads "7: (bf) r6 = r1   ; R1=ctx() R6=ctx()" and the form of a branch that was taken.
func (rr *rowReader) instruction(r *row, pc, rest string) {
	r.kind, r.source, r.from = rowInsn, rr.source, rr.last
	r.pc, _ = strconv.Atoi(pc) // nine digits at most
	r.insn = rest
	if text, state, ok := strings.Cut(rest, ";"); ok {
		r.insn, r.state = text, strings.TrimSpace(state)
	} else if m := rr.branchGlue.FindStringIndex(rest); m != nil {
		r.insn, r.whole = rest[:m[0]], true
		_, r.state, _ = strings.Cut(rest[m[0]+1:], ": ")
	}
	r.insn = strings.TrimSpace(r.insn)
	rr.last = len(rr.rows)
	rr.visits[r.pc] = append(rr.visits[r.pc], rr.last)
}

// branch reads "from 2 to 5: R0=…". Of several visits of the branch the last has its other side looked at first.
func (rr *rowReader) branch(r *row) {
	var digits string
	digits, _, _ = strings.Cut(r.text[len("from "):], " ")
	pc, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	r.kind, r.pc = rowBranch, pc
	if n := len(rr.visits[pc]); n > 0 {
		r.from = rr.visits[pc][n-1]
		rr.visits[pc] = rr.visits[pc][:n-1]
	}
	rr.last = len(rr.rows)
	if _, state, ok := strings.Cut(r.text, ":"); ok && rr.isState(state) {
		r.state, r.whole = strings.TrimSpace(state), true
	}
}

// stateAlone reads lines with a state and no instruction: "5: R0=…", and those about calls. Others stay messages.
func (rr *rowReader) stateAlone(r *row) {
	if _, rest, ok := cutPC(r.text); ok && rr.isState(rest) {
		r.kind, r.state = rowState, rest
		r.whole = strings.Contains(rest, "R1=ctx()") && strings.Contains(rest, "R10=fp0")
	} else if strings.HasPrefix(r.text, " ") && rr.isState(r.text) {
		r.kind, r.state, r.whole = rowState, strings.TrimSpace(r.text), true
	}
	if r.kind == rowState {
		r.from = rr.last
		rr.last = len(rr.rows)
	}
}

// markPath marks what belongs to the path that failed. In a log without a reason, or of a mistake that no path leads to, that is everything.
func markPath(rows []row, r Report) {
	at := -1
	if r.Refused() && r.Insn >= 0 {
		at = lastVisit(rows, r.Insn)
	}
	if at < 0 {
		for i := range rows {
			rows[i].path = true
		}
		return
	}
	for i := at; i >= 0; i = rows[i].from { // always to an earlier row
		rows[i].path = true
	}
	// A line of source goes with the instruction below it, the message and what follows with the last.
	near := false
	for i := len(rows) - 1; i >= 0; i-- {
		switch rows[i].kind {
		case rowInsn:
			near = rows[i].path
		case rowSource:
			rows[i].path = near
		case rowMessage, rowStats, rowKernel:
			rows[i].path = i > at
		}
	}
}

// lastVisit returns the last row of an instruction, -1 when there is none.
func lastVisit(rows []row, pc int) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].kind == rowInsn && rows[i].pc == pc {
			return i
		}
	}
	return -1
}

// A change is what an instruction did to a register or a slot of the stack: "R6" became "ctx()". An empty value means that nothing is known.
type change struct{ name, value string }

// changesOf returns what a state tells, in its order, without the marks of liveness that kernels up to 6.17 print.
func changesOf(state string) []change {
	var changes []change
	for _, token := range splitState(state) {
		name, value, ok := strings.Cut(token, "=")
		if !ok {
			continue
		}
		if i := strings.IndexByte(name, '_'); i > 0 {
			name = name[:i]
		}
		changes = append(changes, change{name, value})
	}
	return changes
}

// splitState splits at blanks outside of parentheses: "R1=scalar(var_off=(0x0; 0xff)) R10=fp0".
func splitState(state string) []string {
	var tokens []string
	depth, start := 0, 0
	for i := 0; i < len(state); i++ {
		switch c := state[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ' ' && depth == 0:
			if start < i {
				tokens = append(tokens, state[start:i])
			}
			start = i + 1
		}
	}
	if start < len(state) {
		tokens = append(tokens, state[start:])
	}
	return tokens
}

// registersIn returns the registers that a text names, r1 or R1 or w1, each once and in its order.
func registersIn(text string) []int {
	var found []int
	for i := 0; i+1 < len(text); i++ {
		if c := text[i]; c != 'r' && c != 'R' && c != 'w' || i > 0 && isWord(text[i-1]) {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end < len(text) && isWord(text[end]) {
			continue
		}
		if n, err := strconv.Atoi(text[i+1 : end]); err == nil && n <= 10 && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '%'
}
