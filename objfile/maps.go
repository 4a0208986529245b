package objfile

import (
	"debug/elf"
	"errors"
	"fmt"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A Map is a map that a loader creates for the object.
type Map struct {
	Name  string
	Type  linux.MapType
	Key   uint32 // bytes
	Value uint32 // bytes
	Max   uint32 // elements
	Flags uint32
	Extra uint64 // map_extra

	KeyType, ValueType cbtf.Type // nil if the object does not say them; of a section of variables, a *btf.Datasec with their offsets
	Inner              *Map      // of a map of maps: what the inner maps are like; nil if the object does not say it

	// Contents are the first values of a section of variables; nil if it has only zeros. Frozen says that they are the last ones too: the
	// loader freezes the map, and the kernel counts on what it holds.
	Contents []byte
	Frozen   bool

	number int32
	kernel []kernelSetting // of .kconfig
}

// A mapPlace is what a relocation to a map means: the map at an offset of .maps, or the variables of a section.
type mapPlace struct {
	section int
	offset  uint64 // 0 for a section of variables
}

// Names of sections with maps and variables.
const (
	mapsSection   = ".maps"
	legacySection = "maps"
	arenaSection  = ".addr_space.1" // variables in the arena
)

func (o *Object) addMap(m *Map, at mapPlace) {
	o.Maps = append(o.Maps, m)
	m.number = int32(len(o.Maps))
	o.mapOf[at] = m
	if m.Type == linux.MapTypeArena && o.arena == nil {
		o.arena = m
	}
}

func (o *Object) readMaps() error {
	for i, name := range o.tables.names {
		var err error
		switch {
		case name == mapsSection:
			err = o.readMapDefinitions(i)
		case name == legacySection:
			err = o.readLegacyMaps(i)
		}
		if err != nil {
			return err
		}
	}
	for i, name := range o.tables.names {
		if s := &o.tables.sections[i]; isVariables(name) && s.Size > 0 &&
			(s.Type == uint32(elf.SHT_PROGBITS) || s.Type == uint32(elf.SHT_NOBITS)) {
			if err := o.addVariables(i, name); err != nil {
				return err
			}
		}
	}
	return o.addKernelSettings()
}

// datasec is the type of a section.
func (o *Object) datasec(name string) *cbtf.Datasec {
	if o.decoded == nil {
		return nil
	}
	id, err := o.Types.Lookup(btf.KindDatasec, name)
	if err != nil {
		return nil
	}
	s, _ := o.decoded.Type(id).(*cbtf.Datasec)
	return s
}

// readMapDefinitions reads the section .maps.
func (o *Object) readMapDefinitions(section int) error {
	s := o.datasec(mapsSection)
	if s == nil {
		return errors.New("section .maps: its types are missing: compile with -g")
	}
	for _, info := range s.Vars {
		v, ok := info.Type.(*cbtf.Var)
		if !ok {
			return errors.New("section .maps: its type does not list variables")
		}
		at := o.symbolOf(section, v.Name)
		if at == nil {
			continue // it is in another object, with which this one must be linked first
		}
		m := &Map{Name: v.Name}
		if err := m.define(v.Type, false); err != nil {
			return fmt.Errorf("map %s: %w", v.Name, err)
		}
		o.addMap(m, mapPlace{section, at.value})
	}
	return nil
}

// define reads the definition of a map from the members of a struct.
func (m *Map) define(t cbtf.Type, inner bool) error {
	def, ok := btf.Underlying(t).(*cbtf.Struct)
	if !ok {
		return errors.New("its definition is not a struct")
	}
	for _, member := range def.Members {
		if err := m.set(&member, inner); err != nil {
			return fmt.Errorf("%s: %w", member.Name, err)
		}
	}
	return nil
}

// set reads a member of a definition. A pointer to an array has a number as its length.
func (m *Map) set(member *cbtf.Member, inner bool) error {
	switch member.Name {
	case "key", "value":
		p, ok := btf.Underlying(member.Type).(*cbtf.Pointer)
		if !ok {
			return errors.New("expected a pointer to a type")
		}
		size, err := cbtf.Sizeof(p.Target)
		if err != nil || size < 0 || size > mostVariables {
			return errors.Join(errors.New("the type has no size"), err)
		}
		if member.Name == "key" {
			m.KeyType, m.Key = p.Target, uint32(size)
		} else {
			m.ValueType, m.Value = p.Target, uint32(size)
		}
		return nil
	case "values":
		return m.setValues(member.Type, inner)
	}
	n, ok := number(member.Type)
	if !ok {
		return errors.New("expected a pointer to an array, or to an enum")
	}
	switch member.Name {
	case "type":
		m.Type = linux.MapType(n)
	case "key_size":
		m.Key = uint32(n)
	case "value_size":
		m.Value = uint32(n)
	case "max_entries":
		m.Max = uint32(n)
	case "map_flags":
		m.Flags = uint32(n)
	case "map_extra":
		m.Extra = n
	}
	return nil
}

// number is what a member of a definition says: int (*name)[16], or enum { x = 1ull << 44 } name.
func number(t cbtf.Type) (uint64, bool) {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Pointer:
		if array, ok := btf.Underlying(t.Target).(*cbtf.Array); ok {
			return uint64(array.Nelems), true
		}
	case *cbtf.Enum:
		if len(t.Values) == 1 {
			return t.Values[0].Value, true
		}
	}
	return 0, false
}

// setValues reads what the values are: struct inner *values[], or the functions of a program array.
func (m *Map) setValues(t cbtf.Type, inner bool) error {
	list, ok := btf.Underlying(t).(*cbtf.Array)
	if !ok {
		return errors.New("expected an array")
	}
	p, ok := btf.Underlying(list.Type).(*cbtf.Pointer)
	if !ok {
		return errors.New("expected an array of pointers")
	}
	m.Value = 4 // a descriptor, or what stands for one
	if _, ok := btf.Underlying(p.Target).(*cbtf.FuncProto); ok {
		return nil
	}
	if inner {
		return errors.New("a map of maps of maps is not possible")
	}
	m.Inner = &Map{Name: m.Name + ".inner"}
	return m.Inner.define(p.Target, true)
}

// readLegacyMaps reads maps that are defined by numbers in the section maps, as before BTF (struct bpf_map_def).
func (o *Object) readLegacyMaps(section int) error {
	contents, ok := o.tables.contents(uint32(section))
	for n := range o.tables.symbols {
		s := &o.tables.symbols[n]
		if s.section != section || s.kind == elf.STT_SECTION {
			continue
		}
		const words = 5 // type, key, value, elements, flags
		def, whole := part(contents, s.value, 4*words)
		if !ok || !whole {
			return fmt.Errorf("map %s: its definition is cut off", s.name)
		}
		word := func(n int) uint32 { return o.tables.order.Uint32(def[4*n:]) }
		o.addMap(&Map{Name: s.name, Type: linux.MapType(word(0)), Key: word(1), Value: word(2), Max: word(3), Flags: word(4)},
			mapPlace{section, s.value})
	}
	return nil
}

// isVariables reports whether a section has variables for which the loader makes a map.
func isVariables(name string) bool {
	for _, kind := range []string{".data", ".rodata", ".bss"} {
		if rest, ok := strings.CutPrefix(name, kind); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// addVariables makes the map of a section of variables.
func (o *Object) addVariables(section int, name string) error {
	s := &o.tables.sections[section]
	m := &Map{Name: name, Type: linux.MapTypeArray, Key: 4, Value: uint32(s.Size), Max: 1} // checkSection limits the size
	m.Contents, _ = o.tables.contents(uint32(section))
	if strings.HasPrefix(name, ".rodata") {
		m.Flags |= uint32(linux.MapReadOnlyProg)
		m.Frozen = true
	}
	if t := o.datasec(name); t != nil {
		placed := &cbtf.Datasec{Name: t.Name, Size: m.Value}
		for _, info := range t.Vars {
			v, ok := info.Type.(*cbtf.Var)
			if !ok {
				return fmt.Errorf("section %s: its type does not list variables", name)
			}
			at := o.symbolOf(section, v.Name)
			if at == nil {
				continue // stripped: nothing in the code names it
			}
			placed.Vars = append(placed.Vars, cbtf.VarSecinfo{Type: v, Offset: uint32(at.value), Size: uint32(at.size)})
		}
		m.ValueType = placed
	}
	o.addMap(m, mapPlace{section, 0})
	return nil
}
