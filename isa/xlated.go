package isa

// DecodeXlated is Decode for code that is read back from Linux: xlated_prog_insns of BPF_OBJ_GET_INFO_BY_FD, which bpftool prog
// dump xlated shows. The verifier has rewritten it, so it has things that programs must not have: the register r11, the
// InternalForms, calls whose imm is an address, maps by id. Such code cannot be loaded again.
func DecodeXlated(code []byte, order ByteOrder) ([]Instruction, error) {
	return decodeCode(nil, code, order, xlated)
}

// AppendXlated is Append for the instructions of such code.
func AppendXlated(buf []byte, order ByteOrder, ins ...Instruction) ([]byte, error) {
	return appendCode(buf, order, xlated, ins)
}

// XlatedForm is Form for an instruction of such code. A few values have another meaning there than in a program: a call with
// src 1 is CallSubprog, not CallRel.
func (i Instruction) XlatedForm() (Form, error) { return i.formIn(xlated) }
