package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// writeReference writes docs/isa.md: the table for readers.
func writeReference(b *bytes.Buffer) error {
	b.WriteString(referenceHead)
	heading := ""
	for f := range allForms() {
		i := f.Info()
		if h := group(i); h != heading {
			heading = h
			fmt.Fprintf(b, "\n## %s\n\n%s| Constructor | Fields | Bytes | Linux writes | LLVM writes | ISA | Linux | What it does "+
				"|\n|---|---|---|---|---|---|---|---|\n", h, remarks[h])
		}
		sample := sample(i)
		code, err := isa.AppendXlated(nil, isa.LittleEndian, sample)
		if err != nil {
			return fmt.Errorf("the sample of %s: %w", i.Name, err)
		}
		dialect := isa.Kernel
		if i.Internal {
			dialect = isa.Xlated
		}
		llvm := "–"
		if i.LLVM != "" {
			llvm = cell(string(isa.AppendText(nil, sample, isa.LLVM)))
		}
		name := i.Constructor
		if i.Sized {
			name += "(" + i.Size.String() + ")"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", cell(name), fields(i), cell(fmt.Sprintf("% x", code)),
			cell(string(isa.AppendText(nil, sample, dialect))), llvm, dash(i.Level.String()), dash(i.Since.String()),
			strings.ReplaceAll(i.Semantics, "|", "\\|"))
	}
	b.WriteString(referenceTail)
	return nil
}

const referenceHead = `# The instruction set

These are all forms of BPF instructions that this project encodes, decodes, prints and parses. The
[documentation of package isa](../isa/doc.go) explains the machine.

For each form, the tables show:

- the constructor in packages isa and dsl;
- the opcode, and the fields that the form uses; all other fields are 0;
- an example: the bytes of little-endian code, and the text that Linux's verifier and LLVM's assembler write for it;
- the lowest level of the instruction set that has the form (clang's -mcpu), and the first Linux that accepts it.

Fields: **dst** and **src** are registers that are written (w), read (r), both (rw), or that hold an address (a). **off** is a signed
number of 16 bits and **imm** one of 32 bits, unless the table says something else. A 64-bit load has two slots. **next** is the imm
of its second slot; the other fields of that slot are 0.
`

const referenceTail = `
## What else Linux refuses

Encoder, decoder and parser compare single instructions with the tables above. They accept everything that RFC 9669 gives a meaning.
Linux refuses more when it loads a program. [compile/refused_test.go](../compile/refused_test.go) has the cases that package compile
finds, and those that it leaves to the kernel:

- found: constant divisors of 0 and shifts by the width or more, which RFC 9669 defines; writes to r10; jumps and calls that lead
  nowhere, into a 64-bit load or out of the function; code that no path reaches, or from which no path leads to an exit; registers
  that are read before they are written; accesses outside of the stack or across its alignment; helpers with numbers below 0.
- left to the kernel: which other helpers exist, and what a file descriptor or a BTF id refers to.
`

// remarks come before the table of a group.
var remarks = map[string]string{
	"Inside Linux only": "Programs must not have these. Linux's verifier and JIT compilers write them into a program, so they may " +
		"be in code that is\n" +
		"read back (bpftool prog dump xlated); see isa.DecodeXlated. Linux's own disassembler has no text for most of them, so the " +
		"notation\nis ours. Such code also uses an eleventh register, r11.\n\n",
	"Calls and exit": "LLVM's assembler calls functions of the program only by label, so Format adds labels. It calls kernel " +
		"functions only by\n" +
		"relocations.\n\n",
	"Packet access": "These come from classic BPF. The context must be in r6, and r1 to r5 are lost. If the packet is too short, the " +
		"program ends\nwith r0 = 0.\n\n",
}

// group returns the heading of a form. The forms of each group are neighbours in the table.
func group(i isa.Info) string {
	op, class := i.Op.Operation(), i.Op.Class()
	switch {
	case i.Internal:
		return "Inside Linux only"
	case class == isa.ClassALU || class == isa.ClassALU64:
		switch {
		case i.Name == "AddrSpaceCast" || i.Name == "MovPerCPU":
			return "Address spaces"
		case i.Off.Kind == isa.OperandFixed && op != isa.OpMov:
			return "Signed division"
		case i.Off.Kind == isa.OperandFixed || op == isa.OpNeg || op == isa.OpEnd:
			return "Negation, sign extension, byte order"
		case class == isa.ClassALU64:
			return "Arithmetic in 64 bits"
		}
		return "Arithmetic in 32 bits"
	case class == isa.ClassJMP || class == isa.ClassJMP32:
		switch {
		case op == isa.OpJA || op == isa.OpJCOND:
			return "Other jumps"
		case op == isa.OpCall || op == isa.OpExit:
			return "Calls and exit"
		case class == isa.ClassJMP:
			return "Conditional jumps on 64 bits"
		}
		return "Conditional jumps on the low 32 bits"
	case i.Slots == 2:
		return "64-bit loads"
	case class == isa.ClassLD:
		return "Packet access"
	case i.Op.Mode() == isa.ModeATOMIC && i.Imm.Value >= isa.AtomicOpLoadAcquire:
		return "Ordered loads and stores"
	case i.Op.Mode() == isa.ModeATOMIC:
		return "Atomic operations"
	}
	return "Memory"
}

// sample returns an instruction of the form with plain operands.
func sample(i isa.Info) isa.Instruction {
	in := isa.Instruction{Op: i.Op}
	if i.Dst.Kind.IsRegister() {
		in.Dst = isa.R1
	}
	if i.Src.Kind.IsRegister() {
		in.Src = isa.R2
	}
	in.Src |= isa.Register(i.Src.Value) // 0 unless it is fixed
	switch i.Off.Kind {
	case isa.OperandReserved, isa.OperandFDIndex:
	case isa.OperandFixed:
		in.Off = int16(i.Off.Value)
	default:
		in.Off = 8
	}
	switch i.Imm.Kind {
	case isa.OperandReserved:
	case isa.OperandFixed:
		in.Imm = i.Imm.Value
	case isa.OperandSpaces, isa.OperandAtomic:
		in.Imm = 1
	default:
		in.Imm = 5
	}
	if i.NextImm.Kind == isa.OperandNextHigh {
		in.Imm |= 1 << 32
	}
	return in
}

// fields describes the opcode and the fields that a form uses.
func fields(i isa.Info) string {
	parts := []string{fmt.Sprintf("`%02x`", uint8(i.Op))}
	for _, f := range []struct {
		name string
		rule isa.Operand
	}{{"dst", i.Dst}, {"src", i.Src}, {"off", i.Off}, {"imm", i.Imm}, {"next", i.NextImm}} {
		switch k := f.rule.Kind; {
		case k == isa.OperandReserved:
		case k == isa.OperandFixed && f.name == "imm" && i.Op.Class() == isa.ClassSTX:
			parts = append(parts, fmt.Sprintf("imm %#x", f.rule.Value)) // an atomic operation
		case k == isa.OperandFixed:
			parts = append(parts, fmt.Sprintf("%s %d", f.name, f.rule.Value))
		default:
			parts = append(parts, f.name+fieldKinds[k])
		}
	}
	return strings.Join(parts, ", ")
}

// fieldKinds describes a field if its name does not say enough.
var fieldKinds = map[isa.OperandKind]string{
	isa.OperandWrite: " w", isa.OperandUpdate: " rw", isa.OperandRead: " r", isa.OperandAddress: " a",
	isa.OperandOffset: " in bytes", isa.OperandJump16: " in slots", isa.OperandJump32: " in slots", isa.OperandFunc: " in slots",
	isa.OperandFDIndex: " an index of fd_array, 0 to 32767", isa.OperandMapIndex: " an index of fd_array",
	isa.OperandDivisor: " not 0 on Linux", isa.OperandShift32: " 0 to 31 on Linux", isa.OperandShift64: " 0 to 63 on Linux",
	isa.OperandHelper: " a helper, not 0", isa.OperandKfunc: " a BTF id", isa.OperandVariable: " a BTF id",
	isa.OperandSpaces:  " 1 or 65536",
	isa.OperandAtomic:  " an atomic operation",
	isa.OperandConst64: " the low half", isa.OperandNextHigh: " the high half", isa.OperandMapFD: " a file descriptor",
	isa.OperandNextOffset: " an unsigned offset", isa.OperandNextFD: " a file descriptor, 0 for vmlinux",
}

// cell writes code for a cell of a table.
func cell(code string) string { return "`" + strings.ReplaceAll(code, "|", "\\|") + "`" }

func dash(s string) string {
	if s == "none" {
		return "–"
	}
	return s
}
