package compile

import "github.com/bpfsmith/bpfsmith/isa"

// Traits are what the check pass asks of every instruction again and again, by
// form: package isa answers from its table, which takes longer than all that is
// then done with the answer.
type traits struct {
	known         bool
	level         isa.Level
	since         isa.KernelVersion
	limit         isa.OperandKind // of imm, where Linux takes less than RFC 9669 says; see linuxTakes
	flags         flags
	reads, writes isa.RegisterSet // besides dst and src

	dstReads, srcReads, dstWrites, srcWrites uint8 // 1 if so
}

// classify finds out what an instruction is. The error says why it is none.
func (u *unit) classify(in *instr) (isa.Form, *traits, error) {
	form, err := in.Form()
	if err != nil { // its fields may still say where it leads
		in.flags |= flow(in.Instruction)
		in.reads, in.write = in.Reads(), in.Writes()
		return 0, nil, err
	}
	t := &u.traits[form]
	if !t.known {
		*t = traitsOf(form, in.Instruction)
	}
	in.flags |= t.flags
	in.reads = t.reads | isa.RegisterSet(t.dstReads)<<in.Dst | isa.RegisterSet(t.srcReads)<<in.Src
	in.write = t.writes | isa.RegisterSet(t.dstWrites)<<in.Dst | isa.RegisterSet(t.srcWrites)<<in.Src
	return form, t, nil
}

func traitsOf(form isa.Form, ins isa.Instruction) traits {
	info := form.Info()
	t := traits{known: true, level: info.Level, since: info.Since, flags: flow(ins), reads: info.ImplicitReads,
		writes: info.ImplicitWrites}
	if linuxTakes(info.Imm.Kind) != "" {
		t.limit = info.Imm.Kind
	}
	t.dstReads, t.dstWrites = access(info.Dst)
	t.srcReads, t.srcWrites = access(info.Src)
	return t
}

// access says how an operand is used, 1 for yes.
func access(o isa.Operand) (reads, writes uint8) {
	if o.Kind.Reads() {
		reads = 1
	}
	if o.Kind.Writes() {
		writes = 1
	}
	return reads, writes
}

// flow is what an instruction's form says about where it goes on.
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
