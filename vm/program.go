package vm

import (
	"fmt"
	"slices"
	"sort"
	"sync"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Mode is whose rules a machine follows where the standard and Linux differ.
type Mode uint8

const (
	// Conformant follows RFC 9669. Constant divisors may be 0, and constant shifts are masked. callx calls a function of the program, or
	// a helper whose number is in the register. R2 has the length of the memory that R1 points to.
	Conformant Mode = iota

	// Linux gives the results of Linux. Instructions that no Linux has are refused when the program is loaded: callx. Constants that its
	// verifier refuses where a path reaches them are faults: a divisor of 0, a shift by the width or more. Only R1 is set when a program
	// starts.
	Linux
)

// String returns the mode as the tool's flag has it: conformant or linux.
func (m Mode) String() string {
	if m == Linux {
		return "linux"
	}
	return "conformant"
}

// Options say how code is read. The zero value takes all of the instruction set, and follows the standard.
type Options struct {
	Mode  Mode
	Level isa.Level // instructions above it are refused; 0 allows all

	// Pos gives the line that the instruction at a slot comes from, for messages. It may be nil.
	Pos func(slot int) mistake.Position

	// Kernel gives the name of the function or variable of the kernel with a BTF id; "" if there is none. If it is nil, the program must
	// not name any.
	Kernel func(id btf.ID) string

	// Maps are the maps that the program uses, by the descriptors or indexes in its 64-bit loads. They are created in this process.
	Maps map[int32]*maps.Map

	// mapAt gives the map that the load at a slot names, in objects.
	mapAt func(slot int) *dsl.MapSpec
}

// mapOf is the map that the load at a slot names; nil if it is not known.
func (o *Options) mapOf(slot int, i isa.Instruction) *dsl.MapSpec {
	if o.mapAt != nil {
		return o.mapAt(slot)
	}
	if handle := o.Maps[int32(i.Imm)]; handle != nil {
		return handle.Spec()
	}
	return nil
}

// A Program is decoded code. It does not change, so any number of machines may run it at the same time.
type Program struct {
	mode      Mode
	steps     []instr           // one for each instruction, and opEnd after the last one
	source    []isa.Instruction // what they were made of
	wide      []int             // indexes of the instructions that take two slots
	maps      []*usermap.Map    // that it uses; loads of their addresses have indexes of this
	created   []*maps.Map       // those that loading it created
	variables []string          // of the kernel, whose addresses it loads; loads have indexes of this
	kernel    []string          // the functions of the kernel that it calls; calls have indexes of this
	pos       func(slot int) mistake.Position

	makeObjectLoads sync.Once
	objectLoads     []bool // what loadsFromObjects returns

	makeTraced  sync.Once
	tracedSteps []instr // what traced returns
}

// A LoadError says why code is not a program. Instructions that do not exist are an [isa.EncodingError] instead.
type LoadError struct {
	Slot        int // the slot of the instruction, from 0
	Instruction isa.Instruction
	Pos         mistake.Position // the line that it comes from, if that is known
	Detail      string
}

// Error says which instruction cannot be run, and why.
func (e *LoadError) Error() string {
	return fmt.Sprintf("%sinsn %d: %v: %s", linePrefix(e.Pos), e.Slot, e.Instruction, e.Detail)
}

// linePrefix is the line at the beginning of a message, if it is known.
func linePrefix(pos mistake.Position) string {
	if !pos.IsValid() {
		return ""
	}
	return pos.String() + ": "
}

// Load decodes little-endian code. It refuses what is not an instruction, with an *isa.EncodingError, and what no machine could run, with
// a *LoadError: jumps to where there is no instruction, and what the options exclude. It does not do what Linux's verifier does: whether
// registers have values and pointers are in bounds is seen when the program runs.
func Load(code []byte, o Options) (*Program, error) {
	ins, err := isa.Decode(code, isa.LittleEndian)
	if err != nil {
		return nil, err
	}
	return LoadInstructions(ins, o)
}

// LoadInstructions is Load for instructions that are decoded.
func LoadInstructions(ins []isa.Instruction, o Options) (*Program, error) {
	p := &Program{mode: o.Mode, source: ins, pos: o.Pos}
	for i := range ins {
		if ins[i].IsWide() {
			p.wide = append(p.wide, i)
		}
	}
	p.steps = make([]instr, len(ins)+1)
	for i := range ins {
		detail := ""
		if isMapLoad(ins[i]) {
			if detail = p.decodeMap(i, o); detail == "" {
				continue
			}
			return nil, p.refused(i, detail)
		}
		if p.steps[i], detail = p.decode(i); detail == "" {
			detail = excluded(ins[i], o)
			if o.Mode == Linux && refuses(ins[i]) {
				p.steps[i] = instr{op: opRefused, dst: uint8(ins[i].Dst)}
			}
		}
		if detail == "" && p.steps[i].op == opLoadVariable {
			detail = p.nameVariable(&p.steps[i], o)
		}
		if detail == "" && p.steps[i].op == opCallKfunc {
			detail = p.nameKernelFunction(&p.steps[i], o)
		}
		if detail != "" {
			return nil, p.refused(i, detail)
		}
	}
	fuse(p.steps)
	return p, nil
}

// refused is the error about an instruction that cannot be run.
func (p *Program) refused(index int, detail string) error {
	slot := p.slot(index)
	return &LoadError{Slot: slot, Instruction: p.source[index], Pos: p.position(slot), Detail: detail}
}

// decodeMap decodes the load of the address of a map, and creates the map.
func (p *Program) decodeMap(index int, o Options) (detail string) {
	i := p.source[index]
	spec := o.mapOf(p.slot(index), i)
	if spec == nil {
		return fmt.Sprintf("the map with descriptor %d is missing: set Options.Maps", int32(i.Imm))
	}
	content, err := p.localMap(spec)
	if err != nil {
		return err.Error()
	}
	p.steps[index] = instr{dst: uint8(i.Dst)}
	return p.refer(&p.steps[index], i, content)
}

// LoadObject is Load for a compiled program. types are those of its target. Faults have lines of Go. The maps that it names are created in
// this process, and their handles of package maps then work on these.
func LoadObject(object *compile.Object, types *btf.Types, o Options) (*Program, error) {
	if o.Pos == nil {
		o.Pos = object.Pos
	}
	if o.Kernel == nil && types != nil {
		o.Kernel = types.Name
	}
	byslot := make(map[int]*dsl.MapSpec, len(object.MapRefs))
	for _, ref := range object.MapRefs {
		byslot[ref.Slot] = object.Maps[ref.Map]
	}
	o.mapAt = func(slot int) *dsl.MapSpec { return byslot[slot] }
	return LoadInstructions(object.Instructions, o)
}

// nameKernelFunction replaces the BTF id in a call by an index in the program's list.
func (p *Program) nameKernelFunction(in *instr, o Options) (detail string) {
	name := ""
	if o.Kernel != nil && in.off == 0 { // off picks a module
		name = o.Kernel(btf.ID(in.imm))
	}
	if name == "" {
		return fmt.Sprintf("the function of the kernel with BTF id %d is not known", uint32(in.imm))
	}
	n := slices.Index(p.kernel, name)
	if n < 0 {
		n = len(p.kernel)
		p.kernel = append(p.kernel, name)
	}
	in.imm = uint64(n)
	return ""
}

// nameVariable replaces the BTF id in the load of a variable's address by an index in the program's list.
func (p *Program) nameVariable(in *instr, o Options) (detail string) {
	name := ""
	if o.Kernel != nil {
		name = o.Kernel(btf.ID(in.imm))
	}
	if name == "" {
		return fmt.Sprintf("the variable of the kernel with BTF id %d is not known", uint32(in.imm))
	}
	n := slices.Index(p.variables, name)
	if n < 0 {
		n = len(p.variables)
		p.variables = append(p.variables, name)
	}
	in.imm = uint64(n)
	return ""
}

// excluded says why the options do not allow an instruction; "" if they do.
func excluded(i isa.Instruction, o Options) string {
	if (o.Level == 0 || o.Level >= isa.V4) && o.Mode != Linux {
		return ""
	}
	form, err := i.Form()
	if err != nil {
		return err.Error()
	}
	info := form.Info()
	switch {
	case o.Level != 0 && (info.Level == 0 || info.Level > o.Level):
		return fmt.Sprintf("it is not in %v of the instruction set: %v has it", o.Level, info.Level)
	case o.Mode == Linux && info.Since == isa.KernelVersion{}:
		return "no Linux has it"
	}
	return ""
}

// refuses reports whether Linux refuses the constant of an instruction. Its verifier looks only at instructions that a path reaches, and
// it knows more about paths than their jumps: so such an instruction may be in a program that Linux takes, and is a fault when it is met.
func refuses(i isa.Instruction) bool {
	form, err := i.Form()
	return err == nil && !i.IsWide() && !form.Info().Imm.LinuxAccepts(i.Imm)
}

// Len is the number of instructions.
func (p *Program) Len() int { return len(p.source) }

// slot is where an instruction is in the code, in slots of 8 bytes: a 64-bit load takes two.
func (p *Program) slot(index int) int { return index + sort.SearchInts(p.wide, index) }

// index is the instruction at a slot. ok is false if none begins there.
func (p *Program) index(slot int) (index int, ok bool) {
	if len(p.wide) == 0 {
		return slot, slot >= 0 && slot < len(p.source)
	}
	// The n-th wide instruction is at slot wide[n]+n. Those before the slot moved it by one each.
	before := sort.Search(len(p.wide), func(n int) bool { return p.wide[n]+n >= slot })
	index = slot - before
	return index, index >= 0 && index < len(p.source) && p.slot(index) == slot
}

func (p *Program) position(slot int) mistake.Position {
	if p.pos == nil {
		return mistake.Position{}
	}
	return p.pos(slot)
}
