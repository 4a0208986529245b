package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
)

// Limits of objects. The objects of large projects (Cilium, sched_ext's schedulers) have a few MB and some thousand symbols.
const (
	mostInput     = 64 << 20  // bytes of an object, of code, or of raw BTF
	mostBTF       = 16 << 20  // bytes of .BTF (kernel: BTF_MAX_SIZE)
	mostVariables = 256 << 20 // bytes of sections without contents (.bss), and of all variables together
	mostNames     = 64 << 20  // bytes of the names of all sections and symbols
	mostLinked    = 16 << 20  // instructions of all programs, each with the functions of the whole object
)

// checkObject reads the tables of an ELF object and returns an error for what no compiler writes. The packages that read objects trust
// these tables: a size in them becomes memory, and a type of itself a loop.
func checkObject(data []byte) error {
	t, err := readTables(data)
	if err != nil {
		return err
	}
	for i := range t.sections {
		if err := t.checkSection(i); err != nil {
			return err
		}
	}
	if t.total > 2*uint64(len(data)) {
		return fmt.Errorf("its sections have %d bytes, and the file only %d: sections must not overlap", t.total, len(data))
	}
	for i, s := range t.sections {
		if s.Type == uint32(elf.SHT_SYMTAB) || s.Type == uint32(elf.SHT_DYNSYM) {
			if err := t.checkSymbols(i); err != nil {
				return err
			}
		}
	}
	if instructions := t.code / 8; t.entries*instructions > mostLinked {
		return fmt.Errorf("it has %d programs and %d instructions: with all that each program may call, the limit is %d instructions",
			t.entries, instructions, mostLinked)
	}
	return t.checkTypes()
}

// elfTables are the tables of an object, and what was counted in them.
type elfTables struct {
	data     []byte
	order    binary.ByteOrder
	sections []elf.Section64
	names    []string // of the sections

	total     uint64 // bytes of sections with contents
	variables uint64 // bytes of variables and of sections without contents
	named     uint64 // bytes of names
	code      uint64 // bytes of code
	entries   uint64 // functions that a loader may load
}

func readTables(data []byte) (*elfTables, error) {
	var head elf.Header64
	t := &elfTables{data: data}
	if len(data) < binary.Size(head) {
		return nil, fmt.Errorf("the object is cut off: it has %d bytes, and the header has %d", len(data), binary.Size(head))
	}
	switch class, order := elf.Class(data[elf.EI_CLASS]), elf.Data(data[elf.EI_DATA]); {
	case class != elf.ELFCLASS64:
		return nil, fmt.Errorf("an object of %v: expected %v, as all BPF objects have", class, elf.ELFCLASS64)
	case order == elf.ELFDATA2LSB:
		t.order = binary.LittleEndian
	case order == elf.ELFDATA2MSB:
		t.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("the object's byte order is %v", order)
	}
	if _, err := binary.Decode(data, t.order, &head); err != nil {
		return nil, err
	}
	if head.Shnum == 0 || int(head.Shentsize) != binary.Size(elf.Section64{}) || head.Shstrndx >= head.Shnum {
		return nil, fmt.Errorf("the table of sections is wrong: %d sections of %d bytes, and section %d has the names", head.Shnum,
			head.Shentsize, head.Shstrndx)
	}
	table, ok := part(data, head.Shoff, uint64(head.Shnum)*uint64(head.Shentsize))
	if !ok {
		return nil, fmt.Errorf("the object is cut off: its table of %d sections is at byte %d of %d", head.Shnum, head.Shoff, len(data))
	}
	t.sections = make([]elf.Section64, head.Shnum)
	if _, err := binary.Decode(table, t.order, t.sections); err != nil {
		return nil, err
	}
	for i, s := range t.sections {
		name, err := t.name(uint32(head.Shstrndx), s.Name)
		if err != nil {
			return nil, fmt.Errorf("section %d: %w", i, err)
		}
		t.names = append(t.names, name)
	}
	return t, nil
}

// part returns a part of data, and false when it is not all there.
func part(data []byte, offset, size uint64) ([]byte, bool) {
	if offset > uint64(len(data)) || size > uint64(len(data))-offset {
		return nil, false
	}
	return data[offset : offset+size], true
}

// contents returns the bytes of a section in the file.
func (t *elfTables) contents(section uint32) ([]byte, bool) {
	if section >= uint32(len(t.sections)) || t.sections[section].Type == uint32(elf.SHT_NOBITS) {
		return nil, false
	}
	return part(t.data, t.sections[section].Off, t.sections[section].Size)
}

// name returns a string of a section of strings.
func (t *elfTables) name(section, at uint32) (string, error) {
	text, ok := t.contents(section)
	if !ok || uint64(at) > uint64(len(text)) || at > 0 && uint64(at) == uint64(len(text)) {
		return "", fmt.Errorf("its name is at byte %d of section %d, which does not have it", at, section)
	}
	text = text[at:]
	if n := bytes.IndexByte(text[:min(uint64(len(text)), mostNames-t.named)], 0); n >= 0 {
		text = text[:n]
	}
	if t.named += uint64(len(text)); t.named >= mostNames {
		return "", fmt.Errorf("the names of sections and symbols have more than %d bytes", mostNames)
	}
	return string(text), nil
}

func (t *elfTables) checkSection(i int) error {
	s, name := &t.sections[i], t.names[i]
	switch {
	case s.Type == uint32(elf.SHT_NULL):
		return nil
	case s.Type == uint32(elf.SHT_NOBITS):
		return t.addVariables("section "+name, s.Size)
	case s.Flags&uint64(elf.SHF_COMPRESSED) != 0 && !strings.HasPrefix(name, ".debug"):
		return fmt.Errorf("section %s is compressed: loaders of BPF objects read only plain sections", name)
	}
	if _, ok := t.contents(uint32(i)); !ok {
		return fmt.Errorf("section %s has %d bytes at byte %d, and the file has %d", name, s.Size, s.Off, len(t.data))
	}
	t.total += s.Size
	if s.Flags&uint64(elf.SHF_EXECINSTR) != 0 {
		t.code += s.Size
	}
	return nil
}

func (t *elfTables) addVariables(what string, size uint64) error {
	if size > mostVariables-t.variables {
		return fmt.Errorf("%s has %d bytes: all variables of the object may have %d together", what, size, mostVariables)
	}
	t.variables += size
	return nil
}

func (t *elfTables) checkSymbols(table int) error {
	var symbol elf.Sym64
	size := binary.Size(symbol)
	raw, _ := t.contents(uint32(table)) // checkSection has seen it
	if t.sections[table].Entsize != uint64(size) || len(raw)%size != 0 {
		return fmt.Errorf("section %s has %d bytes, and symbols of %d bytes: expected %d bytes for each", t.names[table], len(raw),
			t.sections[table].Entsize, size)
	}
	for at := 0; at < len(raw); at += size {
		if _, err := binary.Decode(raw[at:], t.order, &symbol); err != nil {
			return err
		}
		name, err := t.name(t.sections[table].Link, symbol.Name)
		if err != nil {
			return fmt.Errorf("symbol %d: %w", at/size, err)
		}
		if err := t.checkSymbol(name, symbol); err != nil {
			return err
		}
	}
	return nil
}

func (t *elfTables) checkSymbol(name string, s elf.Sym64) error {
	kind := elf.ST_TYPE(s.Info)
	if s.Shndx == uint16(elf.SHN_UNDEF) || s.Shndx >= uint16(elf.SHN_LORESERVE) || kind == elf.STT_FILE {
		return nil
	}
	if int(s.Shndx) >= len(t.sections) {
		return fmt.Errorf("symbol %s is in section %d, and the object has %d", name, s.Shndx, len(t.sections))
	}
	section := &t.sections[s.Shndx]
	if s.Value > section.Size || s.Size > section.Size-s.Value {
		return fmt.Errorf("symbol %s is at byte %d of section %s and has %d bytes, but the section has %d", name, s.Value,
			t.names[s.Shndx], s.Size, section.Size)
	}
	switch code := section.Flags&uint64(elf.SHF_EXECINSTR) != 0; {
	case !code:
		return t.addVariables("the variable "+name, s.Size)
	case kind == elf.STT_FUNC && t.names[s.Shndx] != ".text":
		t.entries++
	}
	return nil
}

// checkTypes checks the types of the object.
func (t *elfTables) checkTypes() error {
	for i, name := range t.names {
		if name != ".BTF" {
			continue
		}
		raw, _ := t.contents(uint32(i)) // checkSection has seen it
		if len(raw) > mostBTF {
			return fmt.Errorf("section .BTF has %d bytes: the kernel takes %d", len(raw), mostBTF)
		}
		types, err := btf.Parse(raw)
		if err == nil {
			err = types.Check()
		}
		if err != nil {
			return fmt.Errorf("section .BTF: %w", err)
		}
	}
	return nil
}

// withoutPanic calls a package that reads objects. Such packages are made for the output of compilers, and may panic when an object is
// broken in a way that checkObject does not know.
func withoutPanic(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("the object is broken: it cannot be read: %v", p))
		}
	}()
	return f()
}
