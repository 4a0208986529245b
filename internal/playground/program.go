package playground

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
)

// mostCode is the most slots of a program: a page cannot show more.
const mostCode = 65536

// programRequest asks for a program: its text as code or its code as text, and what is wrong with it.
type programRequest struct {
	Text string `json:"text"` // in the notation of Linux's verifier, or of LLVM
	Hex  string `json:"hex"`  // used when Text is empty
	LLVM bool   `json:"llvm"` // whose notation it is
	Kind string `json:"kind"` // "" to check nothing
	Maps string `json:"maps"` // a line for each map, as verify.ParseMap reads it
}

// A program is text, code, and what is wrong with it.
type program struct {
	Text       string        `json:"text"`
	Hex        string        `json:"hex"`        // a line for each instruction
	Mistake    *inputMistake `json:"mistake"`    // why the input is not a program; nil if it is one
	Listing    []instruction `json:"listing"`    // as far as the input is a program
	MapMistake string        `json:"mapMistake"` // why the maps cannot be read
	Checked    bool          `json:"checked"`
	Complete   bool          `json:"complete"` // all paths were checked
	Findings   []finding     `json:"findings"`
}

// An inputMistake is a place in the input that is wrong. Line and column count from 1, and are 0 if the place is not known. Columns count
// bytes.
type inputMistake struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Detail string `json:"detail"`
}

// An instruction is a line of the listing.
type instruction struct {
	Slot int    `json:"slot"`
	Hex  string `json:"hex"`
	Text string `json:"text"`
}

// A finding is what the kernel would refuse.
type finding struct {
	Slot   int    `json:"slot"` // -1: no instruction is meant
	Again  []int  `json:"again,omitempty"`
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	Note   string `json:"note,omitempty"`
	Help   string `json:"help,omitempty"`
}

func (p *Playground) program(r programRequest) (*program, error) {
	dialect := isa.Kernel
	if r.LLVM {
		dialect = isa.LLVM
	}
	out := new(program)
	var code []isa.Instruction
	var bytes []byte
	if strings.TrimSpace(r.Text) != "" {
		code, bytes, out.Mistake = assemble(r.Text, dialect)
	} else {
		code, bytes, out.Mistake = disassemble(r.Hex)
	}
	if len(bytes) > 8*mostCode {
		return nil, fmt.Errorf("the program has %d slots; at most %d are taken here", len(bytes)/8, mostCode)
	}
	out.list(code, bytes, dialect)
	if out.Mistake != nil || len(code) == 0 {
		return out, nil
	}
	return out, out.check(code, r)
}

// assemble makes code of text.
func assemble(text string, dialect isa.Dialect) ([]isa.Instruction, []byte, *inputMistake) {
	code, err := isa.Parse(text, dialect)
	var wrong *isa.SyntaxError
	if errors.As(err, &wrong) {
		return nil, nil, &inputMistake{wrong.Line, wrong.Column, wrong.Message()}
	}
	if err != nil {
		return nil, nil, &inputMistake{Detail: err.Error()}
	}
	bytes, err := isa.Append(nil, isa.LittleEndian, code...)
	if err != nil {
		return nil, nil, &inputMistake{Detail: err.Error()}
	}
	return code, bytes, nil
}

// disassemble reads hex, and returns the code before the first mistake.
func disassemble(text string) ([]isa.Instruction, []byte, *inputMistake) {
	hex := hextext.Text{Text: []byte(text)}
	if wrong := hex.Read(); wrong != nil {
		line, column := hextext.LineAndColumn(hex.Text, wrong.Offset)
		return nil, nil, &inputMistake{line, column, wrong.Detail}
	}
	code, err := isa.Decode(hex.Code, isa.LittleEndian)
	var wrong *isa.EncodingError
	switch {
	case err == nil:
		return code, hex.Code, nil
	case errors.As(err, &wrong) && wrong.Slot >= 0:
		at := min(8*wrong.Slot, len(hex.Places)-1) // the last byte, when code is missing
		line, column := hextext.LineAndColumn(hex.Text, hex.Places[at])
		return code, hex.Code, &inputMistake{line, column, err.Error()}
	}
	return code, hex.Code, &inputMistake{Detail: err.Error()}
}

// list fills the listing, and both forms of the program.
func (out *program) list(code []isa.Instruction, bytes []byte, dialect isa.Dialect) {
	out.Text = isa.Format(code, dialect)
	var hex strings.Builder
	slot := 0
	for _, ins := range code {
		one := fmt.Sprintf("% x", bytes[8*slot:8*(slot+ins.Slots())])
		hex.WriteString(one + "\n")
		out.Listing = append(out.Listing, instruction{slot, one, string(isa.AppendText(nil, ins, isa.Kernel))})
		slot += ins.Slots()
	}
	out.Hex = hex.String()
}

// check fills the findings.
func (out *program) check(code []isa.Instruction, r programRequest) error {
	k, err := kindNamed(r.Kind)
	if err != nil {
		return err
	}
	about := verify.Program{Place: k.place, Code: code, Strict: true, Sleepable: k.place.Type.Info().Sleeps}
	if about.Maps, err = readMaps(r.Maps); err != nil {
		out.MapMistake = err.Error()
		return nil
	}
	if r.Kind == "" {
		return nil
	}
	findings, complete := verify.Check(about)
	out.Checked, out.Complete = true, complete
	for _, d := range verify.Defects(findings) {
		out.Findings = append(out.Findings, finding{d.Insn, d.Again, d.Kind.String(), d.Detail, d.Note, d.Help})
	}
	return nil
}

// readMaps reads a line for each map; the result is nil if there is none.
func readMaps(text string) (map[int32]verify.Map, error) {
	var maps map[int32]verify.Map
	for n, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		fd, m, err := verify.ParseMap(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if maps == nil {
			maps = map[int32]verify.Map{}
		}
		if _, again := maps[fd]; again {
			return nil, fmt.Errorf("line %d: there are two maps with descriptor %d", n+1, fd)
		}
		maps[fd] = m
	}
	return maps, nil
}
