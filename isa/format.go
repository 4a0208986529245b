package isa

import (
	"strconv"
)

// The templates of the table are text with verbs:
//
//	%d %D   dst as r3, as w3          %s %S   src likewise
//	%i %x   imm as 5, as 0x5          %I %X   the whole 64-bit constant likewise
//	%o %O   off as +8, as + 8         %n      imm of the second slot, without sign
//	%j %J   off, imm as +8            %h      imm as the name of a helper
//	%u %v   imm, upper and lower half %k      off as " off=5", as nothing where it is 0
//	%%      a percent sign
//
// Hexadecimal numbers have no sign: -1 is 0xffffffff.

// String returns the instruction in Kernel's dialect: as Linux prints it in the verifier's log, without the opcode before it.
//
//	r3 += 5
//	r1 = *(u64 *)(r10 -8)
//	if w3 > 0xffffffff goto pc+1
//
// The kernel names things that an instruction by itself doesn't: it prints the address of a map and the name of a kernel
// function. Here these are map[fd:5] (as bpftool prints it) and kernel-function#5. For a value that is not an instruction,
// String prints the fields.
func (i Instruction) String() string {
	return string(AppendText(make([]byte, 0, 64), i, Kernel))
}

// AppendText appends the text of the instruction in the dialect to buf.
func AppendText(buf []byte, i Instruction, d Dialect) []byte {
	f := i.form()
	if d == Xlated {
		if p := match(i.word(), xlated); p != nil {
			f = p.form
		}
	}
	if f == 0 {
		return appendFields(buf, i)
	}
	r := &forms[f]
	text := r.text
	switch {
	case d == LLVM && r.llvm != "" && !llvmLoses(r, i):
		text = r.llvm
	case d == Xlated && r.xlated != "":
		text = r.xlated
	}
	return appendTemplate(buf, text, i)
}

// llvmLoses reports whether LLVM's notation has no place for something in the instruction: the second number of a 64-bit load of a
// map's value or a variable, the immediate of LoadInd.
func llvmLoses(r *row, i Instruction) bool {
	switch {
	case r.op == opWide:
		return r.next != 0 && r.next != nextHigh && i.Imm>>32 != 0
	case r.op.Class() == ClassLD && r.op.Mode() == ModeIND:
		return i.Imm != 0
	}
	return false
}

// appendTemplate appends the text of a template, with the operands of i in it.
func appendTemplate(buf []byte, template string, i Instruction) []byte {
	for n := 0; n < len(template); n++ {
		c := template[n]
		if c != '%' {
			buf = append(buf, c)
			continue
		}
		n++
		switch template[n] {
		case 'd':
			buf = appendRegister(buf, 'r', i.Dst)
		case 'D':
			buf = appendRegister(buf, 'w', i.Dst)
		case 's':
			buf = appendRegister(buf, 'r', i.Src)
		case 'S':
			buf = appendRegister(buf, 'w', i.Src)
		case 'i':
			buf = strconv.AppendInt(buf, int64(int32(i.Imm)), 10)
		case 'I':
			buf = strconv.AppendInt(buf, i.Imm, 10)
		case 'x':
			buf = strconv.AppendUint(append(buf, "0x"...), uint64(uint32(i.Imm)), 16)
		case 'X':
			buf = strconv.AppendUint(append(buf, "0x"...), uint64(i.Imm), 16)
		case 'o', 'j':
			buf = appendSigned(buf, int64(i.Off), "")
		case 'O':
			buf = appendSigned(buf, int64(i.Off), " ")
		case 'J':
			buf = appendSigned(buf, int64(int32(i.Imm)), "")
		case 'k':
			if i.Off != 0 {
				buf = strconv.AppendInt(append(buf, " off="...), int64(i.Off), 10)
			}
		case 'n':
			buf = strconv.AppendUint(buf, uint64(i.Imm)>>32, 10)
		case 'h':
			name, ok := HelperName(int32(i.Imm))
			if !ok {
				name = "unknown"
			}
			buf = append(buf, name...)
		case 'u':
			buf = strconv.AppendUint(buf, uint64(uint32(i.Imm)>>16), 10)
		case 'v':
			buf = strconv.AppendUint(buf, uint64(uint16(i.Imm)), 10)
		default:
			buf = append(buf, template[n])
		}
	}
	return buf
}

func appendRegister(buf []byte, kind byte, r Register) []byte {
	return strconv.AppendUint(append(buf, kind), uint64(r), 10)
}

// appendSigned appends v with its sign, and gap after the sign.
func appendSigned(buf []byte, v int64, gap string) []byte {
	sign := byte('+')
	if v < 0 {
		sign, v = '-', -v
	}
	return strconv.AppendInt(append(append(buf, sign), gap...), v, 10)
}

// appendFields appends a value that has no form.
func appendFields(buf []byte, i Instruction) []byte {
	buf = append(append(buf, "invalid opcode "...), hex(uint64(i.Op))...)
	buf = appendRegister(append(buf, " dst "...), 'r', i.Dst)
	buf = appendRegister(append(buf, " src "...), 'r', i.Src)
	buf = strconv.AppendInt(append(buf, " off "...), int64(i.Off), 10)
	return strconv.AppendInt(append(buf, " imm "...), i.Imm, 10)
}
