package main

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Where the fields of an instruction begin in its word; isa/index.go has the same.
const (
	fromDst = 8
	fromSrc = 12
	fromOff = 16
	fromImm = 32
)

// writeIndex writes the patterns. isa/index.go describes them.
func writeIndex(b *bytes.Buffer) error {
	var byOp [256][]isa.Form
	more := 256 // the next index for the second, third, … form of an opcode
	for f := range allForms() {
		op := f.Info().Op
		byOp[op] = append(byOp[op], f)
		if len(byOp[op]) > 1 {
			more++
		}
	}
	writePlain(b, byOp)
	writePairs(b)
	var first, others bytes.Buffer
	fmt.Fprintf(b, "var patterns = [%d]pattern{\n", more)
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

// allForms ranges over all forms, in the order of their numbers.
func allForms() iter.Seq[isa.Form] {
	return func(yield func(isa.Form) bool) {
		for _, seq := range []iter.Seq[isa.Form]{isa.Forms(), isa.InternalForms()} {
			for f := range seq {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// writePlain writes the array with the first pattern of each opcode, if that pattern says everything about its form.
func writePlain(b *bytes.Buffer, byOp [256][]isa.Form) {
	loadable := 0
	for f := range allForms() {
		if !f.Info().Internal {
			loadable++
		}
	}
	fmt.Fprintf(b, "package isa\n\n// NumForms is the number of forms that programs consist of.\nconst NumForms = %d\n\n", loadable)
	b.WriteString("// plain has the first pattern of each opcode, if it has no shape. The other opcodes have a value that no word " +
		"has.\nvar plain = [256]plainPattern{\n")
	writePlainRows(b, byOp, func(w uint64) uint64 { return w })
	b.WriteString("}\n\n// plainBig is the same for big-endian code, with its bytes as they are: op in bits 56-63, dst 52-55, " +
		"src 48-51, off 32-47,\n// imm 0-31.\n" +
		"var plainBig = [256]plainPattern{\n")
	writePlainRows(b, byOp, func(w uint64) uint64 {
		return w<<56 | w>>fromDst&15<<52 | w>>fromSrc&15<<48 | w>>fromOff&0xffff<<32 | w>>fromImm
	})
	b.WriteString("}\n\n")
}

// writePairs writes what the byte with the registers means in little-endian code.
func writePairs(b *bytes.Buffer) {
	b.WriteString("// registerPairs has an entry for each byte with two registers, dst in the lower half. It is the two bytes of " +
		"Instruction, dst first,\n" +
		"// or noPair if one of the registers does not exist. So the decoder checks and stores both at once.\n" +
		"var registerPairs = [256]uint16{")
	for v := range 256 {
		if v%16 == 0 {
			b.WriteString("\n\t")
		}
		dst, src := isa.Register(v&15), isa.Register(v>>4)
		if dst.Valid() && src.Valid() {
			fmt.Fprintf(b, "%#04x, ", uint16(dst)|uint16(src)<<8)
		} else {
			b.WriteString("noPair, ")
		}
	}
	b.WriteString("\n}\n\n")
}

func writePlainRows(b *bytes.Buffer, byOp [256][]isa.Form, arranged func(uint64) uint64) {
	for op, forms := range byOp {
		if forms == nil || shape(forms[0].Info()) != "" || forms[0].Info().Internal {
			fmt.Fprintf(b, "\t%#02x: {value: 1},\n", op)
			continue
		}
		mask, value, _ := bits(forms[0].Info()) // if it fails, pattern reports that below
		fmt.Fprintf(b, "\t%#02x: {%#016x, %#016x},\n", op, arranged(mask), arranged(value))
	}
}

// tell returns the mask of the opcode and of the field by which the forms differ. In all of them that field is fixed, or reserved and
// so 0, and no two have the same value.
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
	// A form that exists only inside Linux may have the same bits as another form. Which one is meant depends on where the code comes
	// from.
	if last := len(forms) - 1; forms[last].Info().Internal {
		return tell(forms[:last])
	}
	return 0, fmt.Errorf("%v differs from the others with its opcode in no field", forms[0])
}

// pattern writes the pattern of a form.
func pattern(b *bytes.Buffer, place string, form isa.Form, tell uint64, more int) error {
	i := form.Info()
	mask, value, err := bits(i)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\t%s: {mask: %#016x, value: %#016x, tell: %#x, form: %d", place, mask, value, tell, form)
	if more != 0 {
		fmt.Fprintf(b, ", more: %d", more)
	}
	if s := shape(i); s != "" {
		fmt.Fprintf(b, ", shape: %s", s)
	}
	if i.Internal {
		b.WriteString(", internal: true")
	}
	fmt.Fprintf(b, "}, // %s\n", i.Name)
	return nil
}

// bits returns the bits of a form's word that its rules fix, and their values.
func bits(i isa.Info) (mask, value uint64, err error) {
	mask, value = 0xff, uint64(i.Op)
	field := func(o isa.Operand, from, bits int) error {
		all := uint64(1)<<bits - 1
		switch lo, hi := o.Range(); {
		case o.Kind.IsRegister() || o.Kind == isa.OperandSpaces || o.Kind == isa.OperandAtomic:
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
	err = errors.Join(field(i.Dst, fromDst, 4), field(i.Src, fromSrc, 4), field(i.Off, fromOff, 16), field(i.Imm, fromImm, 32))
	return mask, value, err
}

// shape returns the name of the rule that a form has in addition to its bits; "" if it has none.
func shape(i isa.Info) string {
	switch {
	case i.Imm.Kind == isa.OperandHelper:
		return "shapeNonZero"
	case i.Imm.Kind == isa.OperandSpaces:
		return "shapeSpaces"
	case i.Imm.Kind == isa.OperandAtomic:
		return "shapeAtomic"
	case i.Slots == 2 && i.NextImm.Kind == isa.OperandReserved:
		return "shapeWideZero"
	case i.Slots == 2:
		return "shapeWide"
	}
	return ""
}
