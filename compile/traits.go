package compile

import "github.com/bpfsmith/bpfsmith/isa"

// Traits are what the check pass needs to know about an instruction, by form. Package isa answers the same from its table, but that
// takes longer than everything that is then done with the answer.
type traits struct {
	known     bool
	level     isa.Level
	since     isa.KernelVersion
	limit     isa.OperandKind // of imm, if Linux accepts less than RFC 9669 says; see linuxTakes
	flags     flags
	writesDst bool
	writesSrc bool
}

// writes reports whether an instruction of this form writes to a register that it names.
func (t *traits) writes(in *instr, r isa.Register) bool {
	return t.writesDst && in.Dst == r || t.writesSrc && in.Src == r
}

// classify finds out what an instruction is. The error says why it is not an instruction.
func (u *unit) classify(in *instr) (isa.Form, *traits, error) {
	form, err := in.Form()
	if err != nil { // its fields may still say where it leads
		in.flags |= flow(in.Instruction)
		return 0, nil, err
	}
	t := &u.traits[form]
	if !t.known {
		*t = traitsOf(form, in.Instruction)
	}
	in.flags |= t.flags
	return form, t, nil
}

func traitsOf(form isa.Form, ins isa.Instruction) traits {
	info := form.Info()
	t := traits{known: true, level: info.Level, since: info.Since, flags: flow(ins), writesDst: info.Dst.Kind.Writes(),
		writesSrc: info.Src.Kind.Writes()}
	if linuxTakes(info.Imm.Kind) != "" {
		t.limit = info.Imm.Kind
	}
	return t
}

// flow says where an instruction of this form may go on.
func flow(ins isa.Instruction) flags {
	var fs flags
	for _, f := range [...]struct {
		flag flags
		is   bool
	}{
		{jumps, ins.IsJump()}, {branches, ins.IsConditional()}, {ends, ins.IsTerminator()}, {exits, ins.IsExit()}, {calls, ins.IsCall()},
	} {
		if f.is {
			fs |= f.flag
		}
	}
	return fs
}
