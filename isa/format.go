package isa

import (
	"io"
	"strconv"
)

// The templates of the table are text with verbs:
//
//	%d %D   dst as r3, as w3          %s %S   src likewise
//	%i %x   imm as 5, as 0x5          %I %X   the whole 64-bit constant likewise
//	%o %O   off as +8, as + 8         %n      imm of the second slot, without sign
//	%j %J   off, imm as +8            %h      imm as the name of a helper
//	%u %v   imm, upper and lower half %%      a percent sign
//
// Hexadecimal numbers have no sign: -1 is 0xffffffff.

// String returns the instruction as Linux prints it in the verifier's log, without the opcode in front:
//
//	r3 += 5
//	r1 = *(u64 *)(r10 -8)
//	if w3 > 0xffffffff goto pc+1
//
// The kernel names things that an instruction by itself doesn't: it prints the address of a map and the name of a kernel
// function. Here these are map[fd:5] (in the manner of bpftool) and kernel-function#5. A value that is no instruction
// gives its fields.
func (i Instruction) String() string {
	return string(AppendText(make([]byte, 0, 64), i))
}

// AppendText appends what String returns to buf.
func AppendText(buf []byte, i Instruction) []byte {
	f := i.form()
	if f == 0 {
		return appendFields(buf, i)
	}
	return appendTemplate(buf, forms[f].text, i)
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

// appendSigned appends v with its sign, and gap behind the sign.
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

// AppendListing appends one line for each instruction: its slot, its opcode and its text.
//
//	0: (18) r1 = 0x123456789
//	2: (95) exit
//
// The slots are those that jumps count by: after a 64-bit load, one is left out.
func AppendListing(buf []byte, ins []Instruction) []byte {
	slot := 0
	for _, i := range ins {
		buf = appendLine(buf, slot, i)
		slot += i.Slots()
	}
	return buf
}

// Disassemble writes the listing of the instructions, as AppendListing makes it.
func Disassemble(w io.Writer, ins []Instruction) error {
	buf := make([]byte, 0, 4096)
	slot := 0
	for _, i := range ins {
		buf = appendLine(buf, slot, i)
		slot += i.Slots()
		if len(buf) > 4096-128 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

func appendLine(buf []byte, slot int, i Instruction) []byte {
	const digits = "0123456789abcdef"
	for width := 1000; width > 1 && slot < width; width /= 10 {
		buf = append(buf, ' ')
	}
	buf = strconv.AppendInt(buf, int64(slot), 10)
	buf = append(buf, ": ("...)
	buf = append(buf, digits[i.Op>>4], digits[i.Op&15])
	buf = append(buf, ") "...)
	buf = AppendText(buf, i)
	return append(buf, '\n')
}
