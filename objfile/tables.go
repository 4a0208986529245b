package objfile

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
)

// Limits of objects. The objects of large projects (Cilium, sched_ext's schedulers) have a few MB and some thousand symbols.
const (
	MostBytes     = 64 << 20  // bytes of an object
	mostBTF       = 16 << 20  // bytes of .BTF (kernel: BTF_MAX_SIZE)
	mostVariables = 256 << 20 // bytes of sections without contents (.bss), and of all variables together
	mostNames     = 64 << 20  // bytes of the names of all sections and symbols
	mostLinked    = 16 << 20  // instructions of all programs, each with the functions of the whole object
	mostReferred  = 1 << 20   // instructions of one program; the kernel follows no more (BPF_COMPLEXITY_LIMIT_INSNS)
)

// checkedTables reads the tables of an ELF object and returns an error for what no compiler writes. The rest of the package trusts them:
// a size in them becomes memory, and a type of itself a loop.
func checkedTables(data []byte) (*tables, error) {
	if len(data) > MostBytes {
		return nil, fmt.Errorf("the object has %d bytes: the limit is %d", len(data), MostBytes)
	}
	t, err := readTables(data)
	if err != nil {
		return nil, err
	}
	for i := range t.sections {
		if err := t.checkSection(i); err != nil {
			return nil, err
		}
	}
	if t.total > 2*uint64(len(data)) {
		return nil, fmt.Errorf("its sections have %d bytes, and the file only %d: sections must not overlap", t.total, len(data))
	}
	for i, s := range t.sections {
		if s.Type == uint32(elf.SHT_SYMTAB) {
			if err := t.readSymbols(i); err != nil {
				return nil, err
			}
		}
	}
	if instructions := t.code / slotSize; t.entries*instructions > mostLinked {
		return nil, fmt.Errorf("it has %d programs and %d instructions: with all that each program may call, the limit is %d instructions",
			t.entries, instructions, mostLinked)
	}
	return t, nil
}

// tables are the tables of an object, and what was counted in them.
type tables struct {
	data     []byte
	order    binary.ByteOrder
	sections []elf.Section64
	names    []string // of the sections
	symtab   int      // the section with the symbols
	symbols  []symbol

	total     uint64 // bytes of sections with contents
	variables uint64 // bytes of variables and of sections without contents
	named     uint64 // bytes of names
	code      uint64 // bytes of code
	entries   uint64 // functions that a loader may load
}

// A symbol is a name for a place in a section.
type symbol struct {
	name    string
	kind    elf.SymType
	bind    elf.SymBind
	hidden  bool // other objects do not see it (STV_HIDDEN, STV_INTERNAL)
	section int  // -1: none, as for a symbol of the kernel
	value   uint64
	size    uint64
}

func (s *symbol) weak() bool { return s.bind == elf.STB_WEAK }

func readTables(data []byte) (*tables, error) {
	var head elf.Header64
	t := &tables{data: data}
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
	if machine := elf.Machine(head.Machine); machine != elf.EM_BPF {
		return nil, fmt.Errorf("an object for %v: expected one for %v", machine, elf.EM_BPF)
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
func (t *tables) contents(section uint32) ([]byte, bool) {
	if section >= uint32(len(t.sections)) || t.sections[section].Type == uint32(elf.SHT_NOBITS) {
		return nil, false
	}
	return part(t.data, t.sections[section].Off, t.sections[section].Size)
}

// name returns a string of a section of strings.
func (t *tables) name(section, at uint32) (string, error) {
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

func (t *tables) checkSection(i int) error {
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

func (t *tables) addVariables(what string, size uint64) error {
	if size > mostVariables-t.variables {
		return fmt.Errorf("%s has %d bytes: all variables of the object may have %d together", what, size, mostVariables)
	}
	t.variables += size
	return nil
}

func (t *tables) readSymbols(table int) error {
	if t.symbols != nil {
		return errors.New("it has several tables of symbols: expected one")
	}
	var raw elf.Sym64
	size := binary.Size(raw)
	contents, _ := t.contents(uint32(table)) // checkSection has seen it
	if t.sections[table].Entsize != uint64(size) || len(contents)%size != 0 {
		return fmt.Errorf("section %s has %d bytes, and symbols of %d bytes: expected %d bytes for each", t.names[table], len(contents),
			t.sections[table].Entsize, size)
	}
	t.symtab, t.symbols = table, make([]symbol, 0, len(contents)/size)
	for at := 0; at < len(contents); at += size {
		if _, err := binary.Decode(contents[at:], t.order, &raw); err != nil {
			return err
		}
		name, err := t.name(t.sections[table].Link, raw.Name)
		if err != nil {
			return fmt.Errorf("symbol %d: %w", at/size, err)
		}
		visible := elf.ST_VISIBILITY(raw.Other)
		s := symbol{name: name, kind: elf.ST_TYPE(raw.Info), bind: elf.ST_BIND(raw.Info), section: int(raw.Shndx), value: raw.Value,
			size: raw.Size, hidden: visible == elf.STV_HIDDEN || visible == elf.STV_INTERNAL}
		if err := t.checkSymbol(&s); err != nil {
			return err
		}
		t.symbols = append(t.symbols, s)
	}
	return nil
}

// checkSymbol checks that a symbol is within its section. The section of symbols without one becomes -1.
func (t *tables) checkSymbol(s *symbol) error {
	if s.section == int(elf.SHN_UNDEF) || s.section >= int(elf.SHN_LORESERVE) || s.kind == elf.STT_FILE {
		s.section = -1
		return nil
	}
	if s.section >= len(t.sections) {
		return fmt.Errorf("symbol %s is in section %d, and the object has %d", s.name, s.section, len(t.sections))
	}
	section := &t.sections[s.section]
	if s.value > section.Size || s.size > section.Size-s.value {
		return fmt.Errorf("symbol %s is at byte %d of section %s and has %d bytes, but the section has %d", s.name, s.value,
			t.names[s.section], s.size, section.Size)
	}
	switch {
	case !t.hasCode(s.section):
		return t.addVariables("the variable "+s.name, s.size)
	case s.kind == elf.STT_FUNC && t.names[s.section] != textSection:
		t.entries++
	}
	return nil
}

// hasCode reports whether a section has instructions.
func (t *tables) hasCode(section int) bool {
	s := &t.sections[section]
	return s.Type == uint32(elf.SHT_PROGBITS) && s.Flags&uint64(elf.SHF_EXECINSTR) != 0
}

// section finds a section by its name.
func (t *tables) section(name string) (index int, ok bool) {
	index = slices.Index(t.names, name)
	return index, index >= 0
}

// A relocation says that the bytes at an offset of a section mean a symbol.
type relocation struct {
	kind   uint32 // R_BPF_64_64, R_BPF_64_32, …
	symbol *symbol
}

// relocations reads the relocations of each section, by offset.
func (t *tables) relocations() (map[int]map[uint64]relocation, error) {
	all := map[int]map[uint64]relocation{}
	var raw elf.Rel64
	size := binary.Size(raw)
	for i, s := range t.sections {
		if s.Type != uint32(elf.SHT_REL) {
			continue
		}
		contents, _ := t.contents(uint32(i)) // checkSection has seen it
		if int(s.Info) >= len(t.sections) || int(s.Link) != t.symtab || len(contents)%size != 0 {
			return nil, fmt.Errorf("section %s: relocations of section %d with the symbols of section %d do not make sense", t.names[i],
				s.Info, s.Link)
		}
		of := all[int(s.Info)]
		if of == nil {
			of = map[uint64]relocation{}
			all[int(s.Info)] = of
		}
		for at := 0; at < len(contents); at += size {
			if _, err := binary.Decode(contents[at:], t.order, &raw); err != nil {
				return nil, err
			}
			n := elf.R_SYM64(raw.Info)
			if uint64(n) >= uint64(len(t.symbols)) {
				return nil, fmt.Errorf("section %s: a relocation names symbol %d, and there are %d", t.names[i], n, len(t.symbols))
			}
			of[raw.Off] = relocation{elf.R_TYPE64(raw.Info), &t.symbols[n]}
		}
	}
	return all, nil
}

// types reads the types of the object; nil if it has none.
func (t *tables) types() (*btf.Types, error) {
	i, ok := t.section(".BTF")
	if !ok {
		return nil, nil
	}
	raw, _ := t.contents(uint32(i)) // checkSection has seen it
	if len(raw) > mostBTF {
		return nil, fmt.Errorf("section .BTF has %d bytes: the kernel takes %d", len(raw), mostBTF)
	}
	types, err := btf.Parse(raw)
	if err == nil {
		err = types.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("section .BTF: %w", err)
	}
	return types, nil
}
