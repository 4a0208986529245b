package isa

// An Instruction is one instruction. It is a plain value: two are the same instruction if and only if they are equal.
//
// The constructors (Add64Imm, LoadMem, …) return valid ones as long as their operands are in range. Form tells whether a value
// is an instruction at all, and Append refuses to encode anything else.
type Instruction struct {
	Op  Opcode
	Dst Register // 0 where the form has no such operand
	Src Register // 0 too where there is none; calls, may_goto and 64-bit loads keep their subtype here
	Off int16    // in memory accesses bytes, in jumps slots; 0 where there is none

	// Imm is the constant. In a 64-bit load its low half is the imm of the first slot and its high half that of the
	// second; everywhere else it must fit into 32 bits, with sign.
	Imm int64
}

// Opcodes that the code uses by name.
const (
	opWide = ClassLD | ModeIMM | Opcode(DW)
	opCall = ClassJMP | OpCall
	opLong = ClassJMP32 | OpJA
)

// Slots returns the number of 8-byte slots that the instruction takes up: 2 for 64-bit loads, 1 for all others.
// Jumps, and everything in the kernel that points at an instruction, count slots.
func (i Instruction) Slots() int {
	if i.Op == opWide {
		return 2
	}
	return 1
}

// IsWide reports whether the instruction is a 64-bit load, which takes two slots.
func (i Instruction) IsWide() bool { return i.Op == opWide }

// IsJump reports whether the instruction may continue elsewhere in the function. Jumps with and without a condition, may_goto
// and gotox may; calls do not count.
func (i Instruction) IsJump() bool {
	f := i.flow()
	return f == flowJump || f == flowBranch || f == flowJumpReg
}

// IsConditional reports whether the instruction is a jump that may also go on with the next instruction, such as may_goto.
func (i Instruction) IsConditional() bool { return i.flow() == flowBranch }

// IsTerminator reports whether the instruction is never followed by the next one: exit and jumps without a condition.
func (i Instruction) IsTerminator() bool {
	f := i.flow()
	return f == flowJump || f == flowJumpReg || f == flowExit
}

// IsExit reports whether the instruction is exit.
func (i Instruction) IsExit() bool { return i.flow() == flowExit }

// IsCall reports whether the instruction is a call of any kind.
func (i Instruction) IsCall() bool {
	f := i.flow()
	return f >= flowCallHelper && f <= flowCallReg
}

// IsHelperCall reports whether the instruction calls a helper, whose number is in Imm.
func (i Instruction) IsHelperCall() bool { return i.flow() == flowCallHelper }

// IsSubprogramCall reports whether the instruction calls a function of the same program; see Displacement.
func (i Instruction) IsSubprogramCall() bool { return i.flow() == flowCallRel }

// IsKfuncCall reports whether the instruction calls a kernel function, whose BTF id is in Imm.
func (i Instruction) IsKfuncCall() bool { return i.flow() == flowCallKfunc }

// IsIndirect reports whether the instruction calls or jumps to what a register points to: callx and gotox.
func (i Instruction) IsIndirect() bool {
	f := i.flow()
	return f == flowCallReg || f == flowJumpReg
}

// Displacement returns the distance to the code that the instruction refers to, for jumps (but gotox), may_goto, calls of
// subprograms and LoadFunc. It counts slots, from the slot after the instruction's first. The field that holds it, FieldOff or
// FieldImm, is returned with it. ok is false for all other instructions.
func (i Instruction) Displacement() (slots int32, field Field, ok bool) {
	r := forms[i.form()]
	switch {
	case r.off == jump16:
		return int32(i.Off), FieldOff, true
	case r.imm == jump32 || r.imm == funcRel:
		return int32(i.Imm), FieldImm, true
	}
	return 0, 0, false
}

// WithDisplacement returns the instruction with another displacement. It fails if the instruction has none (see
// Displacement), and with RuleRange if the distance doesn't fit: into 16 bits for most jumps, into 32 for JumpLong,
// calls and LoadFunc.
func (i Instruction) WithDisplacement(slots int64) (Instruction, error) {
	form := i.form()
	r := forms[form]
	switch {
	case r.off == jump16:
		if slots != int64(int16(slots)) {
			return i, &EncodingError{Index: -1, Slot: -1, Form: form, Field: FieldOff, Rule: RuleRange, Value: slots,
				Allowed: "-32768 to 32767 slots"}
		}
		i.Off = int16(slots)
	case r.imm == jump32 || r.imm == funcRel:
		if slots != int64(int32(slots)) {
			return i, &EncodingError{Index: -1, Slot: -1, Form: form, Field: FieldImm, Rule: RuleRange, Value: slots,
				Allowed: "-2147483648 to 2147483647 slots"}
		}
		i.Imm = slots
		if r.imm == funcRel {
			i.Imm = int64(uint32(slots)) // the second slot stays 0
		}
	default:
		return i, &EncodingError{Index: -1, Slot: -1, Form: form, Field: FieldOpcode, Rule: RuleValue, Value: int64(i.Op),
			Allowed: "an instruction that refers to code"}
	}
	return i, nil
}

// Reads returns the registers that the instruction reads. The arguments of a call are not known here: only callx reads a
// register, the one with its target. Only the fields that select the form need to be valid.
func (i Instruction) Reads() RegisterSet {
	r := &forms[i.form()]
	s := r.reads
	if r.dst == update || r.dst == read || r.dst == addr {
		s |= 1 << i.Dst
	}
	if r.src == update || r.src == read || r.src == addr {
		s |= 1 << i.Src
	}
	return s
}

// Writes returns the registers whose values change or are lost: a call writes r0 to r5.
func (i Instruction) Writes() RegisterSet {
	r := &forms[i.form()]
	s := r.writes
	if r.dst == write || r.dst == update {
		s |= 1 << i.Dst
	}
	if r.src == write || r.src == update {
		s |= 1 << i.Src
	}
	return s
}
