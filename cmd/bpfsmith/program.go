package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// readProgram returns the instructions of --prog, which is hex, or a file with hex, bytes, or an ELF object. The opcodes are those of the
// log, by slot.
func readProgram(arg string, opcodes map[int]byte) ([]byte, error) {
	if _, err := os.Stat(arg); err != nil {
		text := hexText{text: []byte(arg)}
		if text.read() == nil && len(text.code) > 0 {
			return wholeSlots("--prog", text.code)
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
	case looksLikeHex(data):
		text := hexText{text: data}
		if err := text.read(); err != nil {
			line, column := lineAndColumn(data, err.offset)
			return nil, fmt.Errorf("%s:%d:%d: %s", arg, line, column, err.detail)
		}
		data = text.code
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
	if err := checkObject(data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	err = withoutPanic(func() (err error) {
		code, err = functionOfLog(name, data, opcodes)
		return err
	})
	return code, err
}

func functionOfLog(name string, data []byte, opcodes map[int]byte) ([]byte, error) {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if file.Machine != elf.EM_BPF || file.Data != elf.ELFDATA2LSB {
		return nil, fmt.Errorf("%s: an object for %v, %v: expected one for BPF, little-endian", name, file.Machine, file.Data)
	}
	symbols, err := file.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var fits [][]byte
	var seen []string
	for index, section := range file.Sections {
		if section.Type != elf.SHT_PROGBITS || section.Flags&elf.SHF_EXECINSTR == 0 || section.Size == 0 {
			continue
		}
		seen = append(seen, section.Name)
		code, err := section.Data()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, section.Name, err)
		}
		candidates := [][]byte{code}
		for _, symbol := range symbols {
			if elf.ST_TYPE(symbol.Info) != elf.STT_FUNC || int(symbol.Section) != index || symbol.Size == 0 {
				continue
			}
			size := uint64(len(code))
			if symbol.Value <= size && symbol.Size <= size-symbol.Value && symbol.Size < size {
				candidates = append(candidates, code[symbol.Value:symbol.Value+symbol.Size])
			}
		}
		for _, candidate := range candidates {
			if fit(candidate, opcodes) {
				fits = append(fits, candidate)
			}
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
