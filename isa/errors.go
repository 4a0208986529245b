package isa

// A Rule is a way for an instruction, or for code, to be malformed. Rules are errors, for errors.Is: each *EncodingError
// wraps the one that was broken.
type Rule uint8

// The rules.
const (
	RuleOpcode     Rule = 1 + iota // no form has the opcode
	RuleRegister                   // there is no such register: r11 to r15, or more
	RuleReserved                   // a field that the form doesn't use isn't 0
	RuleValue                      // a field that selects the form, or allows only a few values, has another value
	RuleRange                      // a number does not fit its field
	RuleSecondSlot                 // the second slot of a 64-bit load has more than an imm
	RuleHalfLoad                   // the code ends within a 64-bit load
	RuleTruncated                  // the code ends within a slot
)

// Error says what the rule is about.
func (r Rule) Error() string {
	switch r {
	case RuleOpcode:
		return "not defined"
	case RuleRegister:
		return "no such register"
	case RuleReserved:
		return "reserved field is not 0"
	case RuleValue:
		return "undefined value"
	case RuleRange:
		return "out of range"
	case RuleSecondSlot:
		return "the second slot of a 64-bit load has only an imm"
	case RuleHalfLoad:
		return "64-bit load without its second slot"
	case RuleTruncated:
		return "the code ends within a slot"
	}
	return "Rule(" + itoa(int64(r)) + ")"
}

// A Field is a part of an instruction.
type Field uint8

// The fields. Those of a second slot are for RuleSecondSlot and for the upper half of Instruction.Imm.
const (
	FieldOpcode Field = 1 + iota
	FieldDst
	FieldSrc
	FieldOff
	FieldImm
	FieldNextOpcode
	FieldNextDst
	FieldNextSrc
	FieldNextOff
	FieldNextImm
)

// String returns the field's name: opcode, dst, src, off, imm, next_opcode, …, next_imm.
func (f Field) String() string {
	switch f {
	case FieldOpcode:
		return "opcode"
	case FieldDst:
		return "dst"
	case FieldSrc:
		return "src"
	case FieldOff:
		return "off"
	case FieldImm:
		return "imm"
	case FieldNextOpcode:
		return "next_opcode"
	case FieldNextDst:
		return "next_dst"
	case FieldNextSrc:
		return "next_src"
	case FieldNextOff:
		return "next_off"
	case FieldNextImm:
		return "next_imm"
	}
	return "Field(" + itoa(int64(f)) + ")"
}

// An EncodingError is the reason why a value is not an instruction, or bytes are not code.
type EncodingError struct {
	Index   int    // of the instruction given to Append, else -1
	Slot    int    // in the code given to Decode, counted from 0, else -1
	Form    Form   // the form that the selecting fields name, 0 if there is none; with RuleOpcode, one of the InternalForms
	Field   Field  // the wrong field, 0 if the code just ends
	Rule    Rule   // what is wrong with it
	Value   int64  // what it holds
	Allowed string // what it may hold, in words; may be ""
}

// Error returns one line: where, what, why and what would be right.
func (e *EncodingError) Error() string {
	s := ""
	switch {
	case e.Index >= 0:
		s = "instruction " + itoa(int64(e.Index))
	case e.Slot >= 0:
		s = "slot " + itoa(int64(e.Slot))
	}
	if e.Form != 0 {
		if s != "" {
			s += " "
		}
		s += "(" + e.Form.String() + ")"
	}
	if s != "" {
		s += ": "
	}
	switch {
	case e.Field == FieldOpcode || e.Field == FieldNextOpcode:
		s += e.Field.String() + " " + hex(uint64(e.Value)) + ": "
	case e.Field != 0:
		s += e.Field.String() + " " + itoa(e.Value) + ": "
	}
	s += e.Rule.Error()
	if e.Rule == RuleOpcode && e.Form != 0 {
		s += " in programs: it exists only inside Linux, see DecodeXlated"
	}
	if e.Allowed != "" {
		s += "; allowed: " + e.Allowed
	}
	return s
}

// Unwrap returns the rule, for errors.Is.
func (e *EncodingError) Unwrap() error { return e.Rule }

// explain finds out what is wrong with an instruction that no pattern admits. It reads the table, not the patterns: this
// way is slow and taken once, and the two check each other in the tests.
func explain(i Instruction, set formSet) *EncodingError {
	e := &EncodingError{Index: -1, Slot: -1, Form: i.form()}
	r := e.Form.row()
	if e.Form == 0 || r.internal && set == loadable {
		e.Form = 0
		explainForm(e, i)
		return e
	}
	// The imm of a 64-bit load is two fields.
	imm, next := i.Imm, int64(0)
	if i.IsWide() {
		imm, next = int64(int32(i.Imm)), int64(uint32(i.Imm>>32))
	}
	for _, f := range [...]struct {
		field Field
		value int64
		rule  Operand
	}{
		{FieldDst, int64(i.Dst), r.dst.operand(4)},
		{FieldSrc, int64(i.Src), r.src.operand(4)},
		{FieldOff, int64(i.Off), r.off.operand(16)},
		{FieldImm, imm, r.imm.operand(32)},
		{FieldNextImm, next, r.next.operand(32)},
	} {
		if f.rule.Contains(f.value) || set == xlated && f.rule.Kind.IsRegister() && f.value == int64(R11) {
			continue
		}
		e.Field, e.Value, e.Allowed = f.field, f.value, f.rule.allowed()
		switch {
		case f.rule.Kind == OperandReserved:
			e.Rule = RuleReserved
		case f.rule.Kind.IsRegister():
			e.Rule = RuleRegister
		case f.rule.Kind == OperandFixed || f.rule.Kind == OperandSpaces || f.rule.Kind == OperandAtomic ||
			f.rule.Kind == OperandHelper && f.value == 0:
			e.Rule = RuleValue
		default:
			e.Rule = RuleRange
		}
		return e
	}
	return e
}

// explainForm explains an instruction that has no form at all: its opcode isn't defined, or has several forms and the
// field that tells them apart holds something else.
func explainForm(e *EncodingError, i Instruction) {
	e.Rule = RuleValue
	switch tell := patterns[i.Op].tell; {
	case tell>>fromImm != 0:
		e.Field, e.Value = FieldImm, int64(int32(i.Imm))
	case tell>>fromOff != 0:
		e.Field, e.Value = FieldOff, int64(i.Off)
	case tell>>fromSrc != 0:
		e.Field, e.Value = FieldSrc, int64(i.Src)
	default:
		e.Field, e.Rule, e.Value = FieldOpcode, RuleOpcode, int64(i.Op)
		if e.Form = i.form(); e.Form == 0 {
			e.Allowed = opcodeHelp(i.Op)
		}
		return
	}
	for f := range Forms() {
		r := f.row()
		if r.op != i.Op {
			continue
		}
		o := map[Field]Operand{FieldSrc: r.src.operand(4), FieldOff: r.off.operand(16), FieldImm: r.imm.operand(32)}[e.Field]
		if e.Allowed != "" {
			e.Allowed += ", "
		}
		e.Allowed += itoa(o.Value) + " (" + r.name + ")"
	}
}

// opcodeHelp returns what could stand in place of an opcode that isn't defined, where there is something near.
func opcodeHelp(op Opcode) string {
	if op == 0 {
		return "any, except that of a zero Instruction, or of a constructor with a size other than B, H, W and DW"
	}
	if op.Class() > ClassSTX {
		return ""
	}
	// The same access in another size.
	s := ""
	last := op
	for f := range Forms() {
		r := f.row()
		if r.op&^Opcode(DW) != op&^Opcode(DW) || r.op == last {
			continue
		}
		if last = r.op; s != "" {
			s += ", "
		}
		s += hex(uint64(r.op)) + " (" + r.name + ")"
	}
	return s
}

// hex returns an opcode as 0x07.
func hex(v uint64) string {
	const digits = "0123456789abcdef"
	return "0x" + string([]byte{digits[v>>4&15], digits[v&15]})
}
