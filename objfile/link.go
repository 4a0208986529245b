package objfile

import (
	"debug/elf"
	"errors"
	"fmt"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Kernel is what linking asks about the kernel that will run the program.
type Kernel struct {
	Types   *btf.Types // nil if not known: then names of the kernel stay unresolved
	Version uint32     // as LINUX_KERNEL_VERSION: 6.18.0 is 0x061200

	// Config is a line of the kernel's configuration, such as "y" for "CONFIG_NET". If it is nil, the configuration is not known.
	Config func(name string) (value string, ok bool)
	// Symbol is the address of a symbol of the kernel. If it is nil, all symbols exist somewhere.
	Symbol func(name string) (address uint64, ok bool)

	core coreTypes
}

// Code is a program as a loader passes it to the kernel: its own code, and after it the functions that it calls, in the order of libbpf.
type Code struct {
	Raw       []byte         // in the order of the object
	Functions []CodeFunction // by slot; nil if the object does not describe its functions
	Lines     map[int]Line   // by slot
	Exception string         // the function that bpf_throw ends in, from the tag "exception_callback:"; "" if there is none
}

// A CodeFunction is a function within the code of a program.
type CodeFunction struct {
	Name   string
	Slot   int
	Type   *cbtf.Func
	Global bool          // it is checked by its prototype, for all callers
	Tags   []btf.DeclTag // of the function and its parameters
}

// A MissingError says that the kernel does not have what a program names. A loader then refuses the program.
type MissingError struct {
	Slot int
	What string // "kernel function", "kernel variable", "setting"
	Name string
	Line Line // of the instruction; the zero Line if it is not known
}

// Error says which instruction needs what.
func (e *MissingError) Error() string {
	return fmt.Sprintf("instruction %d: this kernel has no %s %s", e.Slot, e.What, e.Name)
}

// ErrNeedsTypes says that a program depends on the kernel's types, and that these are not known.
var ErrNeedsTypes = errors.New("it uses fields of the kernel's structs: the kernel's types are needed for their offsets")

// Link makes the code of a program for a kernel. Errors about something that the kernel does not have are a *MissingError.
func (o *Object) Link(p *Program, k *Kernel) (*Code, error) {
	l := linker{Object: o, kernel: k, placed: map[*function]int{}}
	if err := l.place(p.function); err != nil {
		return nil, err
	}
	exception := o.exceptions[p.function.name]
	if f := o.functionNamed(exception); exception != "" && f != nil {
		if err := l.place(f); err != nil {
			return nil, err
		}
	}
	lines := l.lines()
	for _, f := range l.order {
		err := l.resolve(f)
		var missing *MissingError
		if errors.As(err, &missing) {
			missing.Line = lineAt(lines, missing.Slot)
		}
		if err != nil {
			return nil, err
		}
	}
	code := &Code{Raw: l.code, Lines: lines, Exception: exception}
	return code, l.describe(code)
}

// A linker makes the code of one program.
type linker struct {
	*Object
	kernel *Kernel
	code   []byte
	order  []*function
	placed map[*function]int // the slot at which each begins
}

// place appends the code of a function, and after it the code of what it refers to, unless that is there already.
func (l *linker) place(f *function) error {
	if _, ok := l.placed[f]; ok {
		return nil
	}
	code := l.Object.code(f)
	if len(code)%slotSize != 0 || f.begin%slotSize != 0 {
		return fmt.Errorf("function %s has %d bytes at byte %d, which are not multiples of %d", f.name, len(code), f.begin, slotSize)
	}
	if len(l.code)+len(code) > slotSize*mostReferred {
		return fmt.Errorf("with the functions that it calls, it has more than %d instructions", mostReferred)
	}
	l.placed[f] = len(l.code) / slotSize
	l.order = append(l.order, f)
	l.code = append(l.code, code...)
	for at := 0; at < len(code); at += slotSize {
		s := readSlot(code[at:], l.Order)
		to, err := l.target(f, s, uint64(at))
		if err != nil {
			return err
		}
		if to != nil {
			if err := l.place(to); err != nil {
				return err
			}
		}
		if s.isWide() {
			at += slotSize
		}
	}
	return nil
}

// target is the function that an instruction calls or loads the address of; nil if it does neither.
func (l *linker) target(f *function, s slot, at uint64) (*function, error) {
	r, relocated := l.relocations[f.section][f.begin+at]
	var section int
	var offset int64
	switch {
	case s.callsFunction() && !relocated: // within its section
		section, offset = f.section, int64(f.begin+at)+slotSize*(int64(s.imm)+1)
	case !relocated || r.symbol.section < 0 || !l.tables.hasCode(r.symbol.section):
		return nil, nil
	case s.callsFunction() && r.symbol.kind == elf.STT_SECTION:
		section, offset = r.symbol.section, int64(r.symbol.value)+slotSize*(int64(s.imm)+1)
	case s.callsFunction():
		section, offset = r.symbol.section, int64(r.symbol.value)
	case s.isWide() && r.symbol.kind == elf.STT_SECTION:
		section, offset = r.symbol.section, int64(r.symbol.value)+int64(s.imm)
	case s.isWide():
		section, offset = r.symbol.section, int64(r.symbol.value)
	default:
		return nil, nil
	}
	if offset >= int64(f.begin) && offset < int64(f.begin+f.size) && section == f.section && uint64(offset) != f.begin {
		return nil, fmt.Errorf("function %s, instruction %d: it calls into the middle of its own function", f.name, at/slotSize)
	}
	to := l.functionAt(section, uint64(offset))
	if to == nil {
		return nil, fmt.Errorf("function %s, instruction %d: no function begins at byte %d of section %s", f.name, at/slotSize, offset,
			l.tables.names[section])
	}
	return to, nil
}

// resolve resolves the names in a function that is placed.
func (l *linker) resolve(f *function) error {
	begin := l.placed[f]
	info := l.info[l.tables.names[f.section]]
	for n := 0; n < int(f.size/slotSize); n++ {
		at := begin + n
		s := readSlot(l.code[slotSize*at:], l.Order)
		wide := s.isWide()
		if wide && n+1 == int(f.size/slotSize) {
			return nil // cut off: the decoder says so
		}
		if info != nil {
			if r, ok := info.fields[uint32(f.begin)+uint32(slotSize*n)]; ok {
				if err := l.relocateField(at, s, r); err != nil {
					return fmt.Errorf("instruction %d: %w", at, err)
				}
			}
		}
		to, err := l.target(f, s, uint64(slotSize*n))
		if err != nil {
			return err
		}
		if to != nil {
			if wide {
				s.src = isa.PseudoFunc
			}
			s.imm = int32(l.placed[to] - at - 1)
			l.put(at, s)
		} else if r, ok := l.relocations[f.section][f.begin+uint64(slotSize*n)]; ok {
			if err := l.resolveName(at, s, r.symbol); err != nil {
				return err
			}
		}
		if wide {
			n++
		}
	}
	return nil
}

func (l *linker) put(at int, s slot) { s.write(l.code[slotSize*at:], l.Order) }

// putWide writes a 64-bit load: what its number means, and its two halves.
func (l *linker) putWide(at int, s slot, kind uint8, low, high int32) {
	s.src, s.imm = kind, low
	l.put(at, s)
	l.put(at+1, slot{imm: high})
}

// resolveName resolves a map, a variable, or something of the kernel.
func (l *linker) resolveName(at int, s slot, name *symbol) error {
	if name.section < 0 {
		return l.resolveExtern(at, s, name)
	}
	if !s.isWide() {
		return fmt.Errorf("instruction %d: a relocation to %s in section %s: expected a 64-bit load", at, name.name,
			l.tables.names[name.section])
	}
	offset := int32(name.value) // sections have at most mostVariables
	if name.kind == elf.STT_SECTION {
		offset += s.imm
	} else if section := l.tables.names[name.section]; section != mapsSection && section != legacySection {
		offset += s.imm
	}
	if m := l.mapOf[mapPlace{name.section, uint64(offset)}]; m != nil && !isVariables(l.tables.names[name.section]) {
		l.putWide(at, s, isa.PseudoMapFD, m.number, 0)
		return nil
	}
	m := l.mapOf[mapPlace{name.section, 0}]
	if l.tables.names[name.section] == arenaSection {
		m = l.arena
	}
	if m == nil {
		return fmt.Errorf("instruction %d uses %s in section %s, for which no map is made", at, name.name, l.tables.names[name.section])
	}
	l.putWide(at, s, isa.PseudoMapValue, m.number, offset)
	return nil
}

// lines are the lines of all slots that have one.
func (l *linker) lines() map[int]Line {
	all := map[int]Line{}
	for _, f := range l.order {
		info := l.info[l.tables.names[f.section]]
		if info == nil {
			continue
		}
		for n := range f.size / slotSize {
			if line, ok := info.lines[uint32(f.begin+slotSize*n)]; ok {
				all[l.placed[f]+int(n)] = line
			}
		}
	}
	return all
}

// lineAt is the last line that is given at or before a slot.
func lineAt(lines map[int]Line, slot int) Line {
	for ; slot >= 0; slot-- {
		if line, ok := lines[slot]; ok {
			return line
		}
	}
	return Line{}
}

// describe adds what func_info says.
func (l *linker) describe(code *Code) error {
	for _, f := range l.order {
		info := l.info[l.tables.names[f.section]]
		if info == nil {
			return nil
		}
		id, ok := info.functions[uint32(f.begin)]
		if !ok {
			code.Functions = nil
			return nil
		}
		t, ok := l.decoded.Type(id).(*cbtf.Func)
		if !ok {
			return fmt.Errorf("function %s: its func_info names type %d, which is not a function", f.name, id)
		}
		code.Functions = append(code.Functions, CodeFunction{Name: t.Name, Slot: l.placed[f], Type: t,
			Global: l.placed[f] > 0 && t.Linkage == cbtf.GlobalFunc && !f.hidden, Tags: l.tags[id]})
	}
	return nil
}
