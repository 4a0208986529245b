package isa

import (
	"strconv"
	"strings"
)

// A SyntaxError is the reason why text is not a program.
type SyntaxError struct {
	Line, Column int    // where the mistake is, both from 1; columns count bytes
	Detail       string // what is wrong
	Help         string // what would be right, "" if Detail says it

	rule  Rule
	cause *EncodingError
}

// Error returns the place, what is wrong and what would be right.
func (e *SyntaxError) Error() string {
	return strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column) + ": " + e.Message()
}

// Message is Error without the place.
func (e *SyntaxError) Message() string {
	if e.Help != "" {
		return e.Detail + "; " + e.Help
	}
	return e.Detail
}

// Unwrap returns the broken rule of the instruction set, such as RuleRange or RuleRegister, or the *EncodingError that
// has it, and nil if none is broken.
func (e *SyntaxError) Unwrap() error {
	switch {
	case e.cause != nil:
		return e.cause
	case e.rule != 0:
		return e.rule
	}
	return nil
}

// Parse reads a program: instructions, one on a line, written as Linux or as LLVM writes them. Some text means different things
// to the two: there the dialect decides; see Dialect.
//
//	again:                          // a label; several instructions may follow it
//		r1 += 1
//		if r1 < 10 goto again       // LLVM and Linux: goto -2, goto pc-2
//		call bpf_ktime_get_ns       // Linux: call bpf_ktime_get_ns#5, LLVM: call 5
//		exit
//
// Labels stand for places in the program; jumps, calls, may_goto and subprog[…] may name them. A comment begins with //, with #
// after a blank or, except in LLVM's dialect, with a semicolon. An instruction may have its slot and opcode before it, as in a
// listing or the verifier's log: 12: (b7) r0 = 0. They are then compared with the instruction.
//
// Numbers that are out of range are refused, never cut. The error, a *SyntaxError, is about the first mistake; the instructions
// before it are returned.
func Parse(text string, d Dialect) ([]Instruction, error) {
	// An instruction has a line, and four characters at least.
	most := min(strings.Count(text, "\n")+1, len(text)/4+1)
	return ParseAppend(make([]Instruction, 0, most), text, d)
}

// ParseAppend appends the instructions of the program to ins and returns the longer slice, as append does. It allocates only to make
// ins longer and, where there are any, for labels.
func ParseAppend(ins []Instruction, text string, d Dialect) ([]Instruction, error) {
	p := parser{dialect: d, ins: ins, colons: strings.Count(text, ":")}
	for text != "" {
		line := text
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = ""
		}
		p.line++
		if err := p.parseLine(line); err != nil {
			return p.ins, err
		}
	}
	err := p.resolve()
	return p.ins, err
}

// A parser is the state of reading a program.
type parser struct {
	dialect   Dialect
	ins       []Instruction
	line      int // from 1
	slot      int // of the next instruction
	colons    int // in the text: there are at most as many labels
	labels    map[string]label
	waiting   []reference // to labels
	statement statement
}

// A label is a place.
type label struct{ slot, line int }

// A reference is an instruction that names a label.
type reference struct {
	index, slot  int // of the instruction
	name         string
	line, column int
}

func (p *parser) parseLine(line string) error {
	rest, from := withoutComment(line, p.dialect), 0
	before := len(p.ins)
	for from <= len(rest) {
		end := len(rest)
		if p.dialect == LLVM {
			if n := strings.IndexByte(rest[from:], ';'); n >= 0 {
				end = from + n
			}
		}
		if err := p.parseStatement(rest[:end], from); err != nil {
			err.Line = p.line
			return err
		}
		from = end + 1
	}
	if len(p.ins) > before && len(rest) < len(line) && line[len(rest)] == ';' && p.isInstruction(line[len(rest)+1:]) {
		return &SyntaxError{Line: p.line, Column: len(rest) + 1,
			Detail: "a semicolon begins a comment, and this looks like an instruction",
			Help:   "write it in a line of its own, or choose LLVM's dialect"}
	}
	return nil
}

// isInstruction reports whether a comment looks like an instruction: in other assemblers a semicolon ends a statement. The
// verifier's comments are states of registers.
func (p *parser) isInstruction(comment string) bool {
	comment, _, _ = strings.Cut(withoutComment(comment, LLVM), ";")
	return p.statement.cut(comment, 0) == nil && lookup(&p.statement) != nil
}

// withoutComment returns the line up to the comment.
func withoutComment(line string, d Dialect) string {
	if n := strings.IndexByte(line, ';'); n >= 0 && d != LLVM {
		line = line[:n]
	}
	if n := strings.Index(line, "//"); n >= 0 {
		line = line[:n]
	}
	for from := 0; ; {
		n := strings.IndexByte(line[from:], '#')
		if n < 0 {
			return line
		}
		if n += from; n == 0 || chars[line[n-1]] == charBlank { // call bpf_ktime_get_ns#5 has no comment
			return line[:n]
		}
		from = n + 1
	}
}

// parseStatement reads labels and at most one instruction, from the place to the end of the text. The error lacks the line.
func (p *parser) parseStatement(text string, at int) *SyntaxError {
	at, err := p.parseLabels(text, at)
	if err != nil {
		return err
	}
	opcode, at, err := listedOpcode(text, at)
	if err != nil {
		return err
	}
	if at == len(text) {
		if opcode >= 0 {
			return &SyntaxError{Column: at + 1, Detail: "an opcode without an instruction"}
		}
		return nil
	}
	p.ins = append(p.ins, Instruction{})
	i := &p.ins[len(p.ins)-1]
	if err = p.statement.cut(text, at); err == nil {
		err = p.build(i, text)
	}
	if err == nil && opcode >= 0 && i.Op != Opcode(opcode) {
		err = &SyntaxError{Column: at + 1,
			Detail: "this has opcode " + hex(uint64(i.Op)) + ", but the opcode before it is " + hex(uint64(opcode))}
	}
	if err != nil {
		p.ins = p.ins[:len(p.ins)-1]
		return err
	}
	p.slot += i.Slots()
	return nil
}

// parseLabels reads the labels, or the slot of a listing, at the beginning of a statement.
func (p *parser) parseLabels(text string, at int) (int, *SyntaxError) {
	for {
		at = skipBlanks(text, at)
		end := wordEnd(text, at)
		if end == len(text) || text[end] != ':' || end == at {
			return at, nil
		}
		name := text[at:end]
		if chars[name[0]] == charDigit {
			if slot, err := strconv.Atoi(name); err != nil {
				return at, &SyntaxError{Column: at + 1, Detail: "neither a slot nor a label: " + name, Help: "labels begin with a letter"}
			} else if slot != p.slot {
				return at, &SyntaxError{Column: at + 1,
					Detail: "slot " + name + " is written before the instruction at slot " + strconv.Itoa(p.slot)}
			}
			at = end + 1
			continue
		}
		if _, _, isRegister := register(name); isRegister || name == "pc" {
			return at, &SyntaxError{Column: at + 1, Detail: name + " cannot be a label"}
		}
		if old, twice := p.labels[name]; twice {
			return at, &SyntaxError{Column: at + 1, Detail: "the label " + name + " is defined twice",
				Help: "the first is in line " + strconv.Itoa(old.line)}
		}
		if p.labels == nil {
			p.labels = make(map[string]label, p.colons)
		}
		p.labels[name] = label{p.slot, p.line}
		at = end + 1
	}
}

// listedOpcode reads the opcode before an instruction of a listing, (b7), and returns -1 if there is none.
func listedOpcode(text string, at int) (opcode, end int, err *SyntaxError) {
	at = skipBlanks(text, at)
	if at == len(text) || text[at] != '(' {
		return -1, at, nil
	}
	if at+3 < len(text) && text[at+3] == ')' {
		if high, low := hexDigit(text[at+1]), hexDigit(text[at+2]); high < 16 && low < 16 {
			return int(high)<<4 | int(low), skipBlanks(text, at+4), nil
		}
	}
	return 0, at, &SyntaxError{Column: at + 1, Detail: "no instruction begins with a parenthesis",
		Help: "the opcode of a listing has two digits: (b7)"}
}

// refer sets the distance of an instruction that names a label, or puts it on the list of those that wait for the label.
func (p *parser) refer(i *Instruction, name string, column int) *SyntaxError {
	r := reference{index: len(p.ins) - 1, slot: p.slot, name: name, line: p.line, column: column}
	if at, known := p.labels[name]; known {
		return r.reach(i, at)
	}
	p.waiting = append(p.waiting, r)
	return nil
}

// resolve sets the distances of the instructions that wait for labels.
func (p *parser) resolve() error {
	for _, r := range p.waiting {
		i := &p.ins[r.index]
		at, known := p.labels[r.name]
		if known {
			if err := r.reach(i, at); err != nil {
				p.ins = p.ins[:r.index]
				return err
			}
			continue
		}
		if id, ok := HelperID(r.name); ok && i.IsSubprogramCall() {
			*i = CallHelper(id)
			continue
		}
		e := &SyntaxError{Line: r.line, Column: r.column, Detail: "there is no label " + r.name}
		if i.IsSubprogramCall() {
			e.Detail = "there is neither a label nor a helper " + r.name
		}
		p.ins = p.ins[:r.index]
		return e
	}
	return nil
}

// reach sets the distance from the instruction to the label.
func (r *reference) reach(i *Instruction, at label) *SyntaxError {
	distance := at.slot - r.slot - 1
	out, err := i.WithDisplacement(int64(distance))
	if err == nil {
		*i = out
		return nil
	}
	e := &SyntaxError{Line: r.line, Column: r.column, rule: RuleRange,
		Detail: "the label " + r.name + " in line " + strconv.Itoa(at.line) + " is " + strconv.Itoa(distance) +
			" slots away, and this jump reaches -32768 to 32767"}
	if i.IsConditional() {
		e.Help = "jump to a gotol nearby"
	} else if i.Op != opLong {
		e.Help = "gotol reaches it (ISA v4, Linux 6.6)"
	}
	return e
}
