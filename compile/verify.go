package compile

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// verifyCode walks through the code as the kernel's verifier does. The number of steps is limited, so that it takes about as long as
// compiling. The kernel checks the rest.
func verifyCode(u *unit) {
	if len(u.findings) > 0 || u.fixed || u.target.Unchecked {
		return // there are mistakes already, or the code may not be for Linux as we know it
	}
	const stepsPerInstruction, leastSteps = 8, 4096
	p := verify.Program{Types: u.target.BTF, Kernel: u.target.Kernel, Sleepable: u.program.Sleepable,
		Attached: true, Strict: true, Line: u.placeOf,
		NotGPL: u.target.License != "" && !linux.GPLCompatible(u.target.License), NoPerfmon: u.target.NoPerfmon}
	if u.target.Place != nil {
		p.Place = *u.target.Place
		p.Sleepable = p.Sleepable || p.Place.Sleepable
	}
	code := make([]isa.Instruction, 0, u.count())
	fds := map[*dsl.MapSpec]int32{}
	for _, f := range u.funcs {
		for i := range f.code {
			ins := f.code[i].Instruction
			if ins.IsWide() {
				if spec := specOf(f.item(i)); spec != nil {
					ins.Imm = ins.Imm&^(1<<32-1) | int64(mapFor(&p, fds, spec))
				} else if ins.Src == isa.PseudoMapFD || ins.Src == isa.PseudoMapValue {
					return // its maps are given by descriptor, and nothing is known about those
				}
			}
			if item := f.item(i); item.Kind == record.FieldLoad || item.Kind == record.FieldStore || item.Kind == record.FieldStoreImm {
				if p.Structs == nil {
					p.Structs = map[int]string{}
				}
				p.Structs[len(code)] = item.Name()
			}
			code = append(code, ins)
		}
	}
	u.code, p.Code = code, code
	p.Functions = u.describedFunctions(p.Type)
	p.Steps = max(leastSteps, stepsPerInstruction*len(p.Code))
	findings, complete := verify.Check(p)
	u.checked = complete
	for _, found := range findings {
		f, i, ok := u.instructionAt(found.Insn)
		if !ok {
			u.note(u.program, found.Kind, mistake.Finding{Insn: -1, Position: u.program.Pos, Detail: found.Detail})
			continue
		}
		kind := found.Kind
		if kind == mistake.Uninitialised && f.code[i].is(exits) {
			kind = mistake.NoResult
		}
		u.found(f, i, kind, u.advised(kind, f, i, found))
	}
}

// advised adds to a finding the prototype that it violates, and advice in the terms of the program's language.
func (u *unit) advised(kind mistake.Kind, f *function, i int, found mistake.Finding) mistake.Finding {
	finding := mistake.Finding{Detail: fmt.Sprintf("%q: %s", f.item(i), found.Detail), Note: found.Note, Help: found.Help}
	p, in := u.target.Place, &f.code[i]
	switch kind {
	case mistake.MaybeNil:
		finding.Help = "jump elsewhere when it is 0: JEQ64Imm(reg, 0, …)"
		if f.program.Structured() {
			finding.Help = "test it first: f.If(p.IsNil(), …)"
		}
	case mistake.NoResult, mistake.Uninitialised:
		if f.program.Structured() { // only a function of the kernel can leave it so
			finding.Help = "return a value on every path, and use only results of functions that have one"
		}
	case mistake.NotAPointer:
		if finding.Help == "" && f.program.Structured() && in.Op.Class() == isa.ClassLDX {
			finding.Help = "an address in a number is read with a copy: p.Field(\"pid\").Probe()"
		}
	case mistake.NoArgument:
		finding.Help = argumentHelp(p, int64(in.Off))
	case mistake.ContextWrite:
		if finding.Help != "" {
			break
		}
		finding.Help = "load the argument, which is a pointer, and write through it"
	case mistake.ArgumentWidth:
		finding.Help = "load pointers as DW, and numbers at the offset of the argument"
	}
	switch fn, isKernel := u.kernel[btf.ID(in.Imm)]; {
	case in.is(calls) && in.IsKfuncCall() && isKernel:
		addNote(&finding, "it is "+btf.Declaration(fn.proto, fn.name))
	case p == nil || p.Signature == nil:
	case kind == mistake.NoArgument, kind == mistake.ArgumentWidth, kind == mistake.ContextWrite, kind == mistake.NoResult,
		kind == mistake.PointerResult, kind == mistake.MaybeNil && in.Op.Class() == isa.ClassLDX:
		addNote(&finding, p.Name()+" is "+p.Signature.Text)
	}
	return finding
}

// addNote adds a line to the notes of a finding.
func addNote(f *mistake.Finding, line string) {
	if f.Note != "" {
		line = "\n" + line
	}
	f.Note += line
}

// argumentHelp lists the arguments that exist.
func argumentHelp(p *Place, at int64) string {
	if p == nil || p.Signature == nil {
		return ""
	}
	if len(p.Signature.Params) == 0 {
		return p.Name() + " has no arguments"
	}
	var names []string
	for i, param := range p.Signature.Params {
		name := fmt.Sprint(i)
		if param.Name != "" {
			name += " (" + param.Name + ")"
		}
		names = append(names, fmt.Sprintf("%s at offset %d", name, 8*i))
	}
	help := "arguments are counted from 0: " + strings.Join(names, ", ")
	if last := len(p.Signature.Params) - 1; at == int64(8*len(p.Signature.Params)) {
		help += fmt.Sprintf("; did you mean offset %d?", 8*last)
	}
	return help
}

// placeOf names an instruction by its place in the source.
func (u *unit) placeOf(slot int) string {
	if f, i, ok := u.instructionAt(slot); ok && record.Position(f.item(i).Site()).IsValid() {
		return record.Position(f.item(i).Site()).String()
	}
	return fmt.Sprintf("instruction %d", slot)
}

// mapFor returns a number for a map, as if the map had been created.
func mapFor(p *verify.Program, fds map[*dsl.MapSpec]int32, spec *dsl.MapSpec) int32 {
	fd, ok := fds[spec]
	if ok {
		return fd
	}
	fd = int32(len(fds) + 1)
	fds[spec] = fd
	m := verify.Map{Name: spec.Name, Type: spec.Type, Key: uint32(spec.KeySize), Value: uint32(spec.ValueSize), Max: spec.MaxEntries,
		Flags: spec.Flags}
	if spec.Value != nil {
		for _, field := range spec.Value.Leaves() {
			if field.Kind == dsl.LayoutKernel {
				name := field.Kernel
				if !verify.IsSpecial(name) {
					name = verify.Kptr + " " + name
				}
				m.Fields = append(m.Fields, verify.ParseField(name, uint32(field.Offset)))
			}
		}
	}
	if p.Maps == nil {
		p.Maps = map[int32]verify.Map{}
	}
	p.Maps[fd] = m
	return fd
}
