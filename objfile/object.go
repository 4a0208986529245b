package objfile

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// An Object is a BPF object. It may be linked for several kernels, by several goroutines at once.
type Object struct {
	Order    isa.ByteOrder
	License  string     // "" if it has no licence, which the kernel takes for one that is not compatible with the GPL
	Programs []*Program // in the order of the file
	Maps     []*Map     // those of .maps, then one for each section of variables; instructions name them by their number, from 1
	Types    *btf.Types // nil if it has none

	tables      *tables
	functions   []*function
	relocations map[int]map[uint64]relocation // by section and offset
	info        map[string]*extInfo           // by section
	decoded     *btf.Set                      // all of Types; nil if there are none
	tags        map[btf.ID][]btf.DeclTag      // by what has them
	exceptions  map[string]string             // by function: what bpf_throw ends in, from its tag
	variables   map[variable]*symbol
	externs     map[string]cbtf.Type // declarations in .ksyms, by name
	mapOf       map[mapPlace]*Map
	arena       *Map // nil if there is none
}

// A Program is a function that a loader may load.
type Program struct {
	Name     string
	Section  string // of ELF, without the "?" that stands before those that are loaded only on demand
	OnDemand bool   // the section's name begins with "?"

	// Struct and Member are the interface and the member that the program is set for in .struct_ops; "" if it is for none.
	Struct, Member string

	function *function
}

// A variable is a name in a section; several sections may have one name.
type variable struct {
	section int
	name    string
}

// A function is a piece of a section of code.
type function struct {
	name    string
	section int
	begin   uint64 // bytes
	size    uint64
	hidden  bool // callers outside of the object do not exist, so that it counts as static (bpf_object__sanitize_prog)
}

// textSection has the functions that programs call.
const textSection = ".text"

// Read reads an object. The bytes are kept, and must not be changed afterwards.
func Read(data []byte) (*Object, error) {
	t, err := checkedTables(data)
	if err != nil {
		return nil, err
	}
	o := &Object{tables: t, mapOf: map[mapPlace]*Map{}, tags: map[btf.ID][]btf.DeclTag{}, exceptions: map[string]string{},
		variables: map[variable]*symbol{}, externs: map[string]cbtf.Type{}}
	for n := range t.symbols {
		s := &t.symbols[n]
		o.variables[variable{s.section, s.name}] = s
	}
	if t.order == binary.ByteOrder(binary.BigEndian) {
		o.Order = isa.BigEndian
	}
	if o.relocations, err = t.relocations(); err != nil {
		return nil, err
	}
	if err := o.readTypes(); err != nil {
		return nil, err
	}
	o.readLicense()
	o.readFunctions()
	if len(o.Programs) == 0 {
		return nil, errors.New("the object does not have a program")
	}
	if err := o.readMaps(); err != nil {
		return nil, err
	}
	return o, o.readInterfaces()
}

// readTypes reads .BTF and .BTF.ext.
func (o *Object) readTypes() error {
	var err error
	if o.Types, err = o.tables.types(); err != nil || o.Types == nil {
		return err
	}
	n, err := o.Types.Len()
	if err != nil {
		return err
	}
	var ids []btf.ID
	for id := btf.ID(1); id < btf.ID(n); id++ {
		if kind, err := o.Types.Kind(id); err != nil {
			return err
		} else if kind != btf.KindDeclTag {
			ids = append(ids, id)
		}
	}
	if o.decoded, err = o.Types.Decode(ids...); err != nil {
		return fmt.Errorf("section .BTF: %w", err)
	}
	for tag := range o.Types.DeclTags() {
		o.tags[tag.Target] = append(o.tags[tag.Target], tag)
		if name, ok := strings.CutPrefix(tag.Tag, "exception_callback:"); ok && tag.Component < 0 {
			o.exceptions[o.Types.Name(tag.Target)] = name
		}
	}
	if s := o.datasec(kernelSection); s != nil {
		for _, info := range s.Vars {
			if t := info.Type; t != nil {
				o.externs[t.TypeName()] = t
			}
		}
	}
	i, ok := o.tables.section(".BTF.ext")
	if !ok {
		return nil
	}
	btfSection, _ := o.tables.section(".BTF")
	raw, _ := o.tables.contents(uint32(btfSection))
	begin := uint64(o.tables.order.Uint32(raw[4:])) + uint64(o.tables.order.Uint32(raw[16:])) // hdr_len, str_off: Types has checked them
	strings, _ := part(raw, begin, uint64(o.tables.order.Uint32(raw[20:])))
	ext, _ := o.tables.contents(uint32(i))
	o.info, err = readExtInfo(ext, strings, o.tables.order)
	return err
}

func (o *Object) readLicense() {
	if i, ok := o.tables.section("license"); ok {
		text, _ := o.tables.contents(uint32(i))
		o.License, _, _ = strings.Cut(string(text), "\x00")
	}
}

// readFunctions reads the functions from the symbols. Those outside of .text are programs. An object with nothing outside of it has its
// programs there.
func (o *Object) readFunctions() {
	for n := range o.tables.symbols {
		s := &o.tables.symbols[n]
		if s.kind == elf.STT_FUNC && s.section >= 0 && o.tables.hasCode(s.section) && s.size > 0 {
			o.functions = append(o.functions, &function{s.name, s.section, s.value, s.size, s.hidden})
		}
	}
	slices.SortStableFunc(o.functions, func(a, b *function) int {
		return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.begin, b.begin))
	})
	onlyText := !slices.ContainsFunc(o.functions, func(f *function) bool { return o.tables.names[f.section] != textSection })
	for _, f := range o.functions {
		name := o.tables.names[f.section]
		if name == textSection && !onlyText {
			continue
		}
		section, onDemand := strings.CutPrefix(name, "?")
		o.Programs = append(o.Programs, &Program{Name: f.name, Section: section, OnDemand: onDemand, function: f})
	}
}

// functionAt is the function that begins at an offset of a section.
func (o *Object) functionAt(section int, offset uint64) *function {
	n, ok := slices.BinarySearchFunc(o.functions, offset, func(f *function, offset uint64) int {
		return cmp.Or(cmp.Compare(f.section, section), cmp.Compare(f.begin, offset))
	})
	if !ok {
		return nil
	}
	return o.functions[n]
}

// functionNamed finds a function by its name.
func (o *Object) functionNamed(name string) *function {
	n := slices.IndexFunc(o.functions, func(f *function) bool { return f.name == name })
	if n < 0 {
		return nil
	}
	return o.functions[n]
}

// symbolOf finds the variable with a name in a section.
func (o *Object) symbolOf(section int, name string) *symbol {
	return o.variables[variable{section, name}]
}

// Type is a type of the object by its id; nil if there is none.
func (o *Object) Type(id btf.ID) cbtf.Type {
	if o.decoded == nil {
		return nil
	}
	return o.decoded.Type(id)
}

// ID is the id of a type of the object in its section .BTF; false for types that are not there as they are.
func (o *Object) ID(t cbtf.Type) (btf.ID, bool) {
	if o.decoded == nil {
		return 0, false
	}
	return o.decoded.ID(t)
}

// Tags are the tags of the declaration of a type of the object.
func (o *Object) Tags(t cbtf.Type) []btf.DeclTag {
	if o.decoded == nil {
		return nil
	}
	id, ok := o.decoded.ID(t)
	if !ok {
		return nil
	}
	return o.tags[id]
}

// A FunctionCode is the code of a function before it is linked: names in it are not resolved.
type FunctionCode struct {
	Name, Section string
	Code          []byte
}

// Functions are all functions of the object, by section and place.
func (o *Object) Functions() []FunctionCode {
	var all []FunctionCode
	for _, f := range o.functions {
		all = append(all, FunctionCode{f.name, o.tables.names[f.section], o.code(f)})
	}
	return all
}

// code is the code of a function in the file.
func (o *Object) code(f *function) []byte {
	contents, _ := o.tables.contents(uint32(f.section)) // checkSection has seen it
	code, _ := part(contents, f.begin, f.size)          // and checkSymbol this
	return code
}
