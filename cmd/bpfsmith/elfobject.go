package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
)

func isELF(data []byte) bool { return bytes.HasPrefix(data, []byte(elf.ELFMAG)) }

// programSection is the name of the first section with code in an object; SECTION if there is none.
func programSection(data []byte) string {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return "SECTION"
	}
	for _, s := range file.Sections {
		if s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_EXECINSTR != 0 && s.Size > 0 && s.Name != ".text" { // functions that are called
			return s.Name
		}
	}
	return "SECTION"
}

// An objectProgram is a program of an ELF object.
type objectProgram struct {
	name    string
	program verify.Program
	lines   map[int]string // the source line of each slot
}

// lineOf returns the source line of an instruction: the last line that is given at or before its slot.
func (o *objectProgram) lineOf(slot int) string {
	for ; slot >= 0; slot-- {
		if line := o.lines[slot]; line != "" {
			return line
		}
	}
	return ""
}

// objectPrograms reads the programs of an ELF object from clang. common has what is the same for all programs; the object has the maps and
// the licence. The kernel's types are read only when something must be relocated: reading them takes as long as everything else.
func objectPrograms(data []byte, common verify.Program, kernel func() (*cbtf.Spec, error)) (programs []objectProgram, err error) {
	if err := checkObject(data); err != nil {
		return nil, err
	}
	err = withoutPanic(func() (err error) {
		programs, err = readObject(data, common, kernel)
		return err
	})
	return programs, err
}

func readObject(data []byte, common verify.Program, kernel func() (*cbtf.Spec, error)) ([]objectProgram, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if len(spec.Programs) == 0 {
		return nil, errors.New("the object does not have a program")
	}
	common.Maps = map[int32]verify.Map{}
	descriptors := map[string]descriptor{}
	for name, m := range spec.Maps {
		fd := descriptor(len(descriptors) + 1)
		descriptors[name] = fd
		common.Maps[int32(fd)] = verify.Map{Name: name, Type: linux.MapType(m.Type), Key: m.KeySize, Value: m.ValueSize, Max: m.MaxEntries,
			Flags: m.Flags, Special: specialFields(m.Value)}
	}
	var programs []objectProgram
	for name, p := range spec.Programs {
		o := &objectProgram{name: name, program: common, lines: map[int]string{}}
		o.program.NotGPL = common.NotGPL || p.License != "" && !linux.GPLCompatible(p.License)
		if err := o.read(p, spec, descriptors, kernel); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		programs = append(programs, *o)
	}
	slices.SortFunc(programs, func(a, b objectProgram) int { return strings.Compare(a.name, b.name) })
	return programs, nil
}

// A descriptor is the number of a map that is not created.
type descriptor int

func (d descriptor) FD() int { return int(d) }

// read reads a program's instructions and resolves the names in them.
func (o *objectProgram) read(p *ebpf.ProgramSpec, spec *ebpf.CollectionSpec, descriptors map[string]descriptor,
	kernel func() (*cbtf.Spec, error)) error {
	code := slices.Clone(p.Instructions)
	if err := relocate(code, kernel, p); err != nil {
		return err
	}
	slot := 0
	for i := range code {
		ins := &code[i]
		if line, ok := ins.Source().(*cbtf.Line); ok {
			o.lines[slot] = fmt.Sprintf("%s:%d", filepath.Base(line.FileName()), line.LineNumber())
		}
		if fn := cbtf.FuncMetadata(ins); fn != nil {
			o.program.Functions = append(o.program.Functions, functionOf(fn, slot, o.program.Type))
		}
		switch name := ins.Reference(); {
		case ins.IsLoadFromMap():
			fd, known := descriptors[name]
			if !known {
				return fmt.Errorf("instruction %d uses the map %q, which the object does not have", slot, name)
			}
			if err := ins.AssociateMap(fd); err != nil {
				return err
			}
		case ins.IsKfuncCall() && o.program.Types != nil:
			id, err := o.program.Types.Lookup(btf.KindFunc, name)
			if err != nil {
				return fmt.Errorf("instruction %d calls %s, which these types do not have", slot, name)
			}
			ins.Constant = int64(id)
		}
		slot += int(ins.Width())
	}
	var raw bytes.Buffer
	if err := code.Marshal(&raw, spec.ByteOrder); err != nil {
		return err
	}
	order := isa.LittleEndian
	if spec.ByteOrder.Uint16([]byte{0, 1}) == 1 {
		order = isa.BigEndian
	}
	o.program.Line = func(slot int) string {
		if line := o.lineOf(slot); line != "" {
			return line
		}
		return fmt.Sprintf("instruction %d", slot)
	}
	ins, bad := verify.Decode(raw.Bytes(), order)
	if bad != nil {
		return *bad
	}
	o.program.Code = ins
	return nil
}

// relocate replaces the field offsets of the object with those of the kernel (CO-RE).
func relocate(code asm.Instructions, kernel func() (*cbtf.Spec, error), p *ebpf.ProgramSpec) error {
	var relocations []*cbtf.CORERelocation
	var at []int
	for i := range code {
		if r := cbtf.CORERelocationMetadata(&code[i]); r != nil {
			relocations, at = append(relocations, r), append(at, i)
		}
	}
	if len(relocations) == 0 {
		return nil
	}
	types, err := kernel()
	if err != nil {
		return err
	}
	fixups, err := cbtf.CORERelocate(relocations, []*cbtf.Spec{types}, p.ByteOrder, func(cbtf.Type) (cbtf.TypeID, error) { return 1, nil })
	if err != nil {
		return err
	}
	for n := range fixups {
		if err := fixups[n].Apply(&code[at[n]]); err != nil {
			return err
		}
	}
	return nil
}

// functionOf describes a function from its func_info.
func functionOf(fn *cbtf.Func, slot int, programType linux.ProgType) verify.Function {
	f := verify.Function{Slot: slot, Name: fn.Name, Global: slot > 0 && fn.Linkage == cbtf.GlobalFunc}
	proto, ok := fn.Type.(*cbtf.FuncProto)
	if !ok || !f.Global {
		return f
	}
	for n, param := range proto.Params {
		switch t := btf.Underlying(param.Type).(type) {
		case *cbtf.Int, *cbtf.Enum:
			f.Args = append(f.Args, verify.Argument{Kind: verify.ArgumentNumber})
		case *cbtf.Pointer:
			size, err := cbtf.Sizeof(t.Target)
			if err != nil || len(fn.ParamTags) > n && len(fn.ParamTags[n]) > 0 {
				size = 0 // tags have more information
			}
			f.Args = append(f.Args, verify.PointerArgument(programType, btf.PointedTo(param.Type), int64(size)))
		default:
			f.Args = append(f.Args, verify.Argument{})
		}
	}
	return f
}

// specialFields finds the fields of a map's value that only the kernel may use.
func specialFields(value cbtf.Type) map[string]uint32 {
	if value == nil {
		return nil
	}
	s, ok := btf.Underlying(value).(*cbtf.Struct)
	if !ok {
		return nil
	}
	special := map[string]uint32{}
	for _, m := range s.Members {
		switch t := btf.Underlying(m.Type).(type) {
		case *cbtf.Struct:
			if verify.IsSpecial(t.Name) {
				special[t.Name] = m.Offset.Bytes()
			}
		case *cbtf.Pointer:
			if _, tagged := t.Target.(*cbtf.TypeTag); tagged {
				special["kptr "+btf.PointedTo(t)] = m.Offset.Bytes()
			}
		}
	}
	return special
}
