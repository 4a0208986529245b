package compile

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// takes reports whether a field of the target takes a value as it is, and adds a mistake if not. Nothing is cut or extended here: the
// author converts. Only generated setters, whose types are those of another kernel, may write to a field that is wider in this one.
func (l *lowering) takes(v *ir.Value, f btf.Field, value ir.V) bool {
	name := describeName(l.from.Names[v.Aux])
	c, isConst := l.to.Const(value)
	tooLarge := func(n any) bool {
		l.foundAt(mistake.FieldType, mistake.Finding{Detail: fmt.Sprintf("%v does not fit %s, which is %s", n, name, describeStored(f))})
		return false
	}
	wrong := func(got, help string) bool {
		l.foundAt(mistake.FieldType, mistake.Finding{Detail: fmt.Sprintf("%s is %s; got %s", name, describeStored(f), got), Help: help})
		return false
	}
	switch isPointer := l.to.Values[value].Type == ir.Ptr; {
	case f.Kind == btf.KindPointer && (isPointer || isConst && c == 0):
		return true
	case isPointer:
		return wrong("a pointer", "")
	case f.Kind == btf.KindPointer:
		return wrong("a number", "store a pointer, or 0")
	}
	isBool := v.Imm&ir.FieldBool != 0
	switch {
	case isBool && (f.Bool || f.BitSize == 1 && !f.Signed):
		return true
	case isBool:
		return wrong("a Bool", "convert it: .U8() or .U32() is 1 when it holds")
	}
	if v.Size == 0 { // a Go constant
		if !holds(f, c, v.Signed, v.Imm&ir.FieldDeclared != 0) {
			if v.Signed {
				return tooLarge(c)
			}
			return tooLarge(uint64(c))
		}
		return true
	}
	width := record.WidthOf(int(v.Size), v.Signed)
	want := storedWidth(f)
	got := phrase.A(width.String())
	switch {
	case v.Imm&ir.FieldDeclared != 0 && width.Bits() <= want.Bits():
	case v.Imm&ir.FieldDeclared != 0:
		return wrong(got, "in this kernel the field is narrower than the setter's type: write it by its name with p.Field")
	case f.Bool:
		return wrong(got, "compare it: .Ne(0)")
	case width == want, f.Kind != btf.KindInt && width.Bits() == want.Bits(): // an enum has any sign
	default:
		return wrong(got, fmt.Sprintf("convert it: .%v()", want))
	}
	if isConst && f.BitSize != 0 { // a constant of the program: f.U8(32)
		if unused := 64 - width.Bits(); v.Signed {
			c = c << unused >> unused
		}
		if !holds(f, c, v.Signed && c < 0, true) {
			return tooLarge(c)
		}
	}
	return true
}

// holds reports whether a field can hold a constant. Numbers that are not negative may have 64 bits. anySign says that the number's
// bits count, whatever the field's sign is.
func holds(f btf.Field, n int64, negative, anySign bool) bool {
	bits := 8 * f.Size
	if f.BitSize != 0 {
		bits = f.BitSize
	}
	if f.Bool {
		bits = 1
	}
	anySign = anySign || f.Kind == btf.KindEnum || f.Kind == btf.KindEnum64
	if negative {
		return (f.Signed || anySign) && (bits == 64 || n >= -1<<(bits-1))
	}
	if f.Signed && !anySign {
		bits--
	}
	return bits == 64 || uint64(n) < 1<<bits
}

// storedWidth is the type of number that a field takes: for a bit field, the narrowest one that holds its bits.
func storedWidth(f btf.Field) record.Width {
	bytes := int(f.Size)
	if f.BitSize != 0 {
		for bytes = 1; 8*bytes < int(f.BitSize); bytes *= 2 {
		}
	}
	return record.WidthOf(bytes, f.Signed)
}

// describeStored is what a field is to those who write it: "a U32".
func describeStored(f btf.Field) string {
	switch {
	case f.Kind == btf.KindPointer:
		return "a pointer"
	case f.Bool:
		return "a Bool"
	case f.BitSize != 0:
		return fmt.Sprintf("%s of %s", phrase.A(storedWidth(f).String()), phrase.Count(f.BitSize, "bit"))
	}
	return phrase.A(storedWidth(f).String())
}
