package isa

import (
	"io"
	"strconv"
	"strings"
)

// A Dialect is a way to write instructions down.
type Dialect uint8

// The dialects.
//
// They differ little. Where they do not differ, Parse accepts the text in any dialect: r1 = *(u64 *)(r10 -8) as Linux has it
// and r1 = *(u64 *)(r10 - 0x8) as LLVM has it, goto pc+1 and goto +1. Two things have another meaning in each:
//
//	            Kernel, Xlated               LLVM
//	r1 = 0x5    a 64-bit load, LoadImm64     a move, Mov64Imm; the load is r1 = 0x5 ll
//	;           begins a comment             ends an instruction
//
// and jumps show their constant as an unsigned number of 32 bits in Kernel and Xlated: if r1 == 0xffffffff compares with -1.
const (
	Kernel Dialect = iota // as Linux's verifier prints programs in its log, and bpftool
	LLVM                  // as LLVM's assembler reads it
	Xlated                // as bpftool prints what Linux made of a program; see DecodeXlated
)

// String returns "kernel", "llvm" or "xlated".
func (d Dialect) String() string {
	switch d {
	case Kernel:
		return "kernel"
	case LLVM:
		return "llvm"
	case Xlated:
		return "xlated"
	}
	return "Dialect(" + itoa(int64(d)) + ")"
}

// set returns the forms that text in the dialect may have.
func (d Dialect) set() formSet {
	if d == Xlated {
		return xlated
	}
	return loadable
}

// Format returns the instructions as text, one on a line, that Parse turns into the same instructions.
//
// LLVM's assembler accepts some jumps only with labels, so in its dialect these get labels: L5 is the place of slot 5. Where
// LLVM has no notation, Format uses that of Linux: kernel functions, offsets into map values, the immediate of LoadInd.
func Format(ins []Instruction, d Dialect) string {
	var b strings.Builder
	b.Grow(len(ins) * 32)
	var line [128]byte
	p := newPrinter(ins, d, false)
	for i := range ins {
		b.Write(p.append(line[:0], &ins[i]))
	}
	return b.String()
}

// AppendListing appends one line for each instruction: its slot, its opcode and its text.
//
//	0: (18) r1 = 0x123456789
//	2: (95) exit
//
// The slots are those that jumps count by: after a 64-bit load, one is left out. Parse reads listings too, and compares slot
// and opcode with the text. LLVM's assembler doesn't, so in its dialect the lines are those of Format.
func AppendListing(buf []byte, ins []Instruction, d Dialect) []byte {
	p := newPrinter(ins, d, true)
	for i := range ins {
		buf = p.append(buf, &ins[i])
	}
	return buf
}

// Disassemble writes the listing of the instructions, as AppendListing makes it.
func Disassemble(w io.Writer, ins []Instruction, d Dialect) error {
	const page, longest = 4096, 128
	buf := make([]byte, 0, page)
	p := newPrinter(ins, d, true)
	for i := range ins {
		buf = p.append(buf, &ins[i])
		if len(buf) > page-longest {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

// A printer prints a program line by line.
type printer struct {
	dialect  Dialect
	numbered bool // slot and opcode before each instruction
	slot     int  // of the next instruction
	labels   map[int]bool
}

func newPrinter(ins []Instruction, d Dialect, numbered bool) printer {
	p := printer{dialect: d, numbered: numbered && d != LLVM}
	if d == LLVM {
		p.labels = llvmLabels(ins)
	}
	return p
}

func (p *printer) append(buf []byte, i *Instruction) []byte {
	if p.labels[p.slot] {
		buf = append(appendLabel(buf, p.slot), ":\n"...)
	}
	if p.numbered {
		buf = appendPlace(buf, p.slot, i.Op)
	}
	if target, ok := llvmTarget(i, p.slot); ok && p.labels[target] {
		word := "call "
		if i.Op != opCall {
			word = "gotol "
		}
		buf = appendLabel(append(buf, word...), target)
	} else {
		buf = AppendText(buf, *i, p.dialect)
	}
	p.slot += i.Slots()
	return append(buf, '\n')
}

func appendLabel(buf []byte, slot int) []byte {
	return strconv.AppendInt(append(buf, 'L'), int64(slot), 10)
}

// appendPlace appends slot and opcode, which a listing has before the text.
func appendPlace(buf []byte, slot int, op Opcode) []byte {
	const digits = "0123456789abcdef"
	for width := 1000; width > 1 && slot < width; width /= 10 {
		buf = append(buf, ' ')
	}
	buf = strconv.AppendInt(buf, int64(slot), 10)
	return append(buf, ':', ' ', '(', digits[op>>4], digits[op&15], ')', ' ')
}

// llvmTarget returns the slot that an instruction jumps to, if LLVM's assembler accepts the instruction only with a label: it
// reads call +1 as helper 1, and only 16-bit numbers in gotol (LLVM 19 and 22).
func llvmTarget(i *Instruction, slot int) (target int, ok bool) {
	switch {
	case i.Op == opCall && i.Src == PseudoCall && i.Off == 0, i.Op == opLong && i.Imm != int64(int16(i.Imm)):
		return slot + 1 + int(i.Imm), true
	}
	return 0, false
}

// llvmLabels returns the slots that need a label. A target that is not an instruction gets none.
func llvmLabels(ins []Instruction) map[int]bool {
	wanted := make(map[int]bool)
	slot := 0
	for i := range ins {
		if target, ok := llvmTarget(&ins[i], slot); ok {
			wanted[target] = true
		}
		slot += ins[i].Slots()
	}
	if len(wanted) == 0 {
		return nil
	}
	labels := make(map[int]bool, len(wanted))
	slot = 0
	for i := range ins {
		if wanted[slot] {
			labels[slot] = true
		}
		slot += ins[i].Slots()
	}
	return labels
}
