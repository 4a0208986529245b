package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"path/filepath"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/objfile"
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
	section string // of ELF
	program verify.Program
	lines   map[int]string // the source line of each slot

	refused *mistake.Finding // what a loader refuses before the kernel is asked; nil if it loads the program
	unread  error            // why the program is not checked; nil if it is
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

// objectPrograms reads the programs of an ELF object. common has what the flags say. Where they do not say the type, the sections of the
// object do. A program that cannot be read does not hide the others.
func objectPrograms(data []byte, common verify.Program, kernel *objfile.Kernel) ([]objectProgram, error) {
	object, err := objfile.Read(data)
	if err != nil {
		return nil, err
	}
	common.NotGPL = common.NotGPL || !linux.GPLCompatible(object.License)
	common.Maps = map[int32]verify.Map{}
	for n, m := range object.Maps {
		known := mapFrom(object, m)
		known.Frozen = frozen(object, m, kernel)
		common.Maps[int32(n+1)] = known
	}
	common.Own = ownTypes{object}.record
	var programs []objectProgram
	for _, p := range object.Programs {
		o := objectProgram{name: p.Name, section: p.Section, program: common, lines: map[int]string{}}
		o.unread = o.read(object, p, kernel)
		programs = append(programs, o)
	}
	return programs, nil
}

// mapFrom is what the check knows about a map, apart from its contents.
func mapFrom(object *objfile.Object, m *objfile.Map) verify.Map {
	known := verify.Map{Name: m.Name, Type: m.Type, Key: m.Key, Value: m.Value, Max: m.Max, Flags: m.Flags,
		Fields: specialFields(object, m.ValueType)}
	if m.Inner != nil {
		inner := mapFrom(object, m.Inner)
		known.Inner = &inner
	}
	return known
}

// frozen is what a map holds for as long as the program runs; nil if that is not known.
func frozen(object *objfile.Object, m *objfile.Map, kernel *objfile.Kernel) []byte {
	contents, known := object.ContentsFor(m, kernel)
	switch {
	case !m.Frozen || !known:
		return nil
	case contents == nil:
		return make([]byte, m.Value)
	}
	return contents
}

// read finds out where a program goes, and links it.
func (o *objectProgram) read(object *objfile.Object, p *objfile.Program, kernel *objfile.Kernel) error {
	if o.program.Type == linux.ProgTypeUnspec {
		if err := o.placeOf(p); err != nil {
			return err
		}
	}
	code, err := object.Link(p, kernel)
	var missing *objfile.MissingError
	switch {
	case errors.As(err, &missing):
		if missing.Line.Line > 0 {
			o.lines[missing.Slot] = lineText(missing.Line)
		}
		o.refused = &mistake.Finding{Insn: missing.Slot, Kind: mistake.UnknownFunction,
			Detail: fmt.Sprintf("this kernel has no %s %s", missing.What, missing.Name)}
		return nil
	case errors.Is(err, objfile.ErrNeedsTypes):
		return fmt.Errorf("%w: --btf FILE must give them", err)
	case err != nil:
		return err
	}
	for slot, line := range code.Lines {
		o.lines[slot] = lineText(line)
	}
	for _, f := range code.Functions {
		fn := functionOf(&f, o.program.Type)
		fn.Exception = code.Exception != "" && fn.Name == code.Exception
		o.program.Functions = append(o.program.Functions, fn)
	}
	o.program.Line = func(slot int) string {
		if line := o.lineOf(slot); line != "" {
			return line
		}
		return fmt.Sprintf("instruction %d", slot)
	}
	o.program.Code, o.refused = verify.Decode(code.Raw, object.Order)
	return nil
}

func lineText(line objfile.Line) string {
	return fmt.Sprintf("%s:%d", filepath.Base(line.File), line.Line)
}

// placeOf reads the place of a program from the name of its section.
func (o *objectProgram) placeOf(p *objfile.Program) error {
	section, ok := linux.ParseSection(p.Section)
	if !ok {
		return fmt.Errorf("the name of its section, %s, does not say the type of the program: give it by --type", p.Section)
	}
	at := place.Place{Type: section.Type}
	if section.HasAttach {
		at.Hook = section.Attach
	}
	if section.Type == linux.ProgTypeStructOps {
		if at.Struct, at.Member = p.Struct, p.Member; p.Struct == "" {
			return errors.New("no struct in .struct_ops has it: give its place by --type struct_ops --member STRUCT/MEMBER")
		}
	} else {
		at.Attach = section.Target
	}
	o.program.Place, o.program.Sleepable = at, o.program.Sleepable || section.Sleepable
	describeMember(&o.program)
	return nil
}

// functionOf describes a function from its func_info.
func functionOf(fn *objfile.CodeFunction, programType linux.ProgType) verify.Function {
	f := verify.Function{Slot: fn.Slot, Name: fn.Name, Global: fn.Global}
	proto, ok := fn.Type.Type.(*cbtf.FuncProto)
	if !ok || !f.Global {
		return f
	}
	for n, param := range proto.Params {
		switch t := btf.Underlying(param.Type).(type) {
		case *cbtf.Int, *cbtf.Enum:
			f.Args = append(f.Args, verify.Argument{Kind: verify.ArgumentNumber})
		case *cbtf.Pointer:
			size, err := cbtf.Sizeof(t.Target)
			if err != nil || tagged(fn.Tags, n) {
				size = 0 // tags have more information
			}
			f.Args = append(f.Args, verify.PointerArgument(programType, btf.PointedTo(param.Type), int64(size)))
		default:
			f.Args = append(f.Args, verify.Argument{})
		}
	}
	return f
}

func tagged(tags []btf.DeclTag, param int) bool {
	for _, tag := range tags {
		if tag.Component == param {
			return true
		}
	}
	return false
}

// ownTypes are the types of an object, for the check.
type ownTypes struct{ *objfile.Object }

// Named finds a struct by its name; nil if there is none.
func (o ownTypes) Named(name string) (*cbtf.Struct, btf.ID) {
	id, err := o.Types.Lookup(btf.KindStruct, name)
	if err != nil {
		return nil, 0
	}
	t, _ := o.Type(id).(*cbtf.Struct)
	return t, id
}

// record is a struct of the object's types.
func (o ownTypes) record(id btf.ID) (verify.Record, bool) {
	t, ok := btf.Underlying(o.Type(id)).(*cbtf.Struct)
	if !ok {
		return verify.Record{}, false
	}
	r := verify.Record{Name: t.Name, Size: int64(t.Size), Fields: verify.FieldsOf(t, o)}
	if n := len(t.Members); n > 0 {
		array, ok := btf.Underlying(t.Members[n-1].Type).(*cbtf.Array)
		r.Open = ok && array.Nelems == 0
	}
	return r, true
}

// specialFields finds the fields of a map's value that only the kernel may use.
func specialFields(object *objfile.Object, value cbtf.Type) []verify.Field {
	if value == nil {
		return nil
	}
	return verify.FieldsOf(value, ownTypes{object})
}

// codeOfFunctions are the codes of the functions and sections of an object, for finding the one of a log.
func codeOfFunctions(data []byte) (codes [][]byte, sections []string, err error) {
	object, err := objfile.Read(data)
	if err != nil {
		return nil, nil, err
	}
	if object.Order != isa.LittleEndian {
		return nil, nil, fmt.Errorf("the object is %v: expected %v", object.Order, isa.LittleEndian)
	}
	for _, f := range object.Functions() {
		codes = append(codes, f.Code)
		if len(sections) == 0 || sections[len(sections)-1] != f.Section {
			sections = append(sections, f.Section)
		}
	}
	return codes, sections, nil
}
