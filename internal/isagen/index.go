package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Where the fields of an instruction begin in its word, as isa/index.go has it.
const (
	fromDst = 8
	fromSrc = 12
	fromOff = 16
	fromImm = 32
)

// writeIndex writes the patterns that are described in isa/index.go.
func writeIndex(b *bytes.Buffer) error {
	var byOp [256][]isa.Form
	more := 256 // the next place for the second, third, … form of an opcode
	for f := range isa.Forms() {
		op := f.Info().Op
		byOp[op] = append(byOp[op], f)
		if len(byOp[op]) > 1 {
			more++
		}
	}
	var first, others bytes.Buffer
	fmt.Fprintf(b, "package isa\n\nvar patterns = [%d]pattern{\n", more)
	more = 256
	for op, forms := range byOp {
		if forms == nil {
			fmt.Fprintf(&first, "\t%#02x: {value: 1, tell: 0xff},\n", op)
			continue
		}
		tell, err := tell(forms)
		if err != nil {
			return err
		}
		out, place := &first, fmt.Sprintf("%#02x", op)
		for n, f := range forms {
			next := 0
			if n+1 < len(forms) {
				next = more
				more++
			}
			if err := pattern(out, place, f, tell, next); err != nil {
				return err
			}
			out, place = &others, fmt.Sprint(next)
		}
	}
	fmt.Fprintf(b, "%s%s}\n", first.Bytes(), others.Bytes())
	return nil
}

// tell returns the mask of the opcode and of the field that tells the forms apart: fixed, or reserved and so 0, in all
// of them, and never the same.
func tell(forms []isa.Form) (uint64, error) {
	if len(forms) == 1 {
		return 0xff, nil
	}
	for _, field := range []struct {
		mask uint64
		of   func(isa.Info) isa.Operand
	}{
		{0xf << fromSrc, func(i isa.Info) isa.Operand { return i.Src }},
		{0xffff << fromOff, func(i isa.Info) isa.Operand { return i.Off }},
		{0xffffffff << fromImm, func(i isa.Info) isa.Operand { return i.Imm }},
	} {
		values := map[int64]bool{}
		for _, f := range forms {
			if o := field.of(f.Info()); o.Kind == isa.OperandReserved || o.Kind == isa.OperandFixed {
				values[o.Value] = true
			}
		}
		if len(values) == len(forms) {
			return 0xff | field.mask, nil
		}
	}
	return 0, fmt.Errorf("no field tells %v from the others with its opcode", forms[0])
}

// pattern writes a form's rules as the bits of its word that are fixed, with their values.
func pattern(b *bytes.Buffer, place string, form isa.Form, tell uint64, more int) error {
	i := form.Info()
	mask, value := uint64(0xff), uint64(i.Op)
	field := func(o isa.Operand, from, bits int) error {
		all := uint64(1)<<bits - 1
		switch lo, hi := o.Range(); {
		case o.Kind.IsRegister() || o.Kind == isa.OperandSpaces:
		case lo == hi:
			mask |= all << from
			value |= uint64(lo) & all << from
		case o.Kind == isa.OperandFDIndex: // not negative
			mask |= (all/2 + 1) << from
		case hi-lo != int64(all):
			return fmt.Errorf("%s: no pattern for a field from %d to %d", i.Name, lo, hi)
		}
		return nil
	}
	err := errors.Join(field(i.Dst, fromDst, 4), field(i.Src, fromSrc, 4), field(i.Off, fromOff, 16), field(i.Imm, fromImm, 32))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\t%s: {mask: %#016x, value: %#016x, tell: %#x, form: %d", place, mask, value, tell, form)
	if more != 0 {
		fmt.Fprintf(b, ", more: %d", more)
	}
	switch {
	case i.Imm.Kind == isa.OperandHelper:
		b.WriteString(", shape: shapeNonZero")
	case i.Imm.Kind == isa.OperandSpaces:
		b.WriteString(", shape: shapeSpaces")
	case i.Slots == 2 && i.NextImm.Kind == isa.OperandReserved:
		b.WriteString(", shape: shapeWideZero")
	case i.Slots == 2:
		b.WriteString(", shape: shapeWide")
	}
	fmt.Fprintf(b, "}, // %s\n", i.Name)
	return nil
}
