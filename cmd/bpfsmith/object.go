package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/verify"
)

func isELF(data []byte) bool { return bytes.HasPrefix(data, []byte(elf.ELFMAG)) }

// firstDescriptor is that of the first map of an object: they have none there.
const firstDescriptor = 1 << 20

// checkedObject reads the one program of an ELF object. Maps get descriptors, and nothing
// is known of them.
func checkedObject(data []byte, p *verify.Program) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var program *elf.Section
	index := 0
	for i, s := range f.Sections {
		if s.Type != elf.SHT_PROGBITS || s.Flags&elf.SHF_EXECINSTR == 0 || s.Size == 0 {
			continue
		}
		if program != nil {
			return nil, fmt.Errorf("the object has several sections with code, %s and %s: take the one apart with llvm-objcopy", program.Name, s.Name)
		}
		program, index = s, i
	}
	if program == nil {
		return nil, errors.New("the object has no section with code")
	}
	code, err := program.Data()
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_REL || int(s.Info) != index {
			continue
		}
		rels, err := s.Data()
		if err != nil {
			return nil, err
		}
		if err := relocate(code, rels, symbols, f.ByteOrder); err != nil {
			return nil, err
		}
	}
	p.Maps = nil
	return code, nil
}

// relocate marks the loads of maps' addresses.
func relocate(code, rels []byte, symbols []elf.Symbol, order binary.ByteOrder) error {
	const entry = 16
	for ; len(rels) >= entry; rels = rels[entry:] {
		offset, info := order.Uint64(rels), order.Uint64(rels[8:])
		symbol := int(info>>32) - 1
		if offset+8 > uint64(len(code)) || symbol < 0 || symbol >= len(symbols) {
			return errors.New("a relocation leads outside")
		}
		const load, call = 0x18, 0x85
		switch ins := code[offset:]; ins[0] {
		case load:
			ins[1] = ins[1]&0x0f | 1<<4 // a map by descriptor
			order.PutUint32(ins[4:], uint32(firstDescriptor+symbol))
		case call:
			return fmt.Errorf("the call of %s is not resolved: link the object first", symbols[symbol].Name)
		}
	}
	return nil
}
