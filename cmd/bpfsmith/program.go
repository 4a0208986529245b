package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// readProgram returns the instructions of --prog, which is hex, or a file with hex, bytes, or an ELF object. The opcodes are those of the
// log, by slot.
func readProgram(arg string, opcodes map[int]byte) ([]byte, error) {
	if _, err := os.Stat(arg); err != nil {
		text := hextext.Text{Text: []byte(arg)}
		if text.Read() == nil && len(text.Code) > 0 {
			return wholeSlots("--prog", text.Code)
		}
		return nil, fmt.Errorf("--prog %s: this is neither hex nor a file", arg)
	}
	data, err := readFile(arg)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(data, []byte(elf.ELFMAG)):
		return codeOfObject(arg, data, opcodes)
	case hextext.IsText(data):
		text := hextext.Text{Text: data}
		if err := text.Read(); err != nil {
			line, column := hextext.LineAndColumn(data, err.Offset)
			return nil, fmt.Errorf("%s:%d:%d: %s", arg, line, column, err.Detail)
		}
		data = text.Code
	}
	return wholeSlots(arg, data)
}

func wholeSlots(name string, code []byte) ([]byte, error) {
	if len(code)%8 != 0 {
		return nil, fmt.Errorf("%s: the code has %d bytes, which is not a multiple of 8", name, len(code))
	}
	return code, nil
}

// codeOfObject returns the function that the log is about: the one with the opcodes of the log. Names of maps and functions are not
// resolved: only a loader does that. A program with functions from several sections is put together by the loader, so it is not found.
func codeOfObject(name string, data []byte, opcodes map[int]byte) (code []byte, err error) {
	candidates, seen, err := codeOfFunctions(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var fits [][]byte
	for _, candidate := range candidates {
		if fit(candidate, opcodes) {
			fits = append(fits, candidate)
		}
	}
	switch {
	case len(opcodes) == 0:
		return nil, fmt.Errorf("%s: the log has no instructions, so its function cannot be found in the object: give it as hex", name)
	case len(fits) == 0:
		return nil, fmt.Errorf("%s: no function in %s has the instructions of the log; the loader may have joined functions of several "+
			"sections: give it as hex",
			name, strings.Join(seen, ", "))
	}
	best := fits[0]
	for _, code := range fits { // a function is more exact than its section
		if len(code) < len(best) {
			best = code
		}
	}
	return wholeSlots(name, best)
}

// opcodesOf returns the opcodes of instructions of a log, by slot.
func opcodesOf(instructions []verifierlog.Step) map[int]byte {
	opcodes := map[int]byte{}
	for _, step := range instructions { // "(bf) r6 = r1"
		if len(step.Text) < len("(bf)") {
			continue
		}
		if opcode, err := strconv.ParseUint(step.Text[1:3], 16, 8); err == nil {
			opcodes[step.Insn] = byte(opcode)
		}
	}
	return opcodes
}

func fit(code []byte, opcodes map[int]byte) bool {
	for slot, opcode := range opcodes {
		if 8*slot >= len(code) || code[8*slot] != opcode {
			return false
		}
	}
	return len(opcodes) > 0
}
