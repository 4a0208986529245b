package dsl

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// AnyMap is a map argument of a helper: a *MapSpec, or a pointer that a lookup in a map
// of maps returned.
type AnyMap interface{ anyMap() }

func (m *MapSpec) anyMap() {}
func (p Ptr) anyMap()      {}

// checkTyped checks the operands for which a generated function states a type. It returns all operands.
func (f *Fn) checkTyped(name string, operands []Operand) []Operand {
	operands = slices.Clone(operands)
	for i, o := range operands {
		t, ok := o.(record.Typed)
		switch {
		case !ok:
		case t.Width == 0:
			f.mistake(mistake.BadArguments, "", "%s", phrase.Argument(i+1, name, describeOperand(t.Operand), "a Bool"))
			operands[i] = readable(t.Operand)
		case !f.checkNumber(name, i, t.Width, t.Operand):
			operands[i] = readable(t.Operand)
		}
	}
	return operands
}

// Index is an element of a field that is an array.
func (d Field) Index(i int) Field {
	d.path = fmt.Sprintf("%s[%d]", d.path, i)
	return d
}

// Member is a member of a field that is a struct.
func (d Field) Member(name string) Field {
	d.path += "." + name
	return d
}

// checkHelper compares the operands of a call with the helper's parameters. It returns
// the operands, with a nil pointer for each Go nil.
func (f *Fn) checkHelper(h *linux.Helper, operands []Operand) []Operand {
	n, more := h.Arguments()
	switch {
	case more && len(operands) < n:
		f.mistake(mistake.BadArguments, "", "%s needs at least %s, but is called with %d", h.Name,
			phrase.Count(n, "argument"), len(operands))
		return operands
	case !more && len(operands) != n:
		f.mistake(mistake.BadArguments, "package helper has a Go function for each helper, with the parameters that it needs",
			"%s", phrase.Arguments(h.Name, n, len(operands)))
		return operands
	}
	operands = slices.Clone(operands)
	before := f.body.Wrong()
	for i := range n {
		operands[i] = f.checkHelperArgument(h, i, operands[i])
	}
	if f.body.Wrong() > before {
		return operands
	}
	var m *MapSpec
	var callback *Program
	var data Operand
	for i := range n {
		switch h.Args[i].Kind {
		case linux.ArgMap:
			m = mapBehind(operands[i])
		case linux.ArgFunction:
			callback, _ = operands[i].(*Program)
		case linux.ArgFunctionData:
			data = operands[i]
		}
		f.checkMemory(h, i, m, operands)
	}
	f.checkCallback(h, callback, m, data)
	f.checkFlags(h, m, operands)
	return operands
}

// checkHelperArgument compares one operand with the helper's parameter at that place.
func (f *Fn) checkHelperArgument(h *linux.Helper, i int, o Operand) Operand {
	wrong := func(want string) Operand {
		f.mistake(mistake.BadArguments, "", "%s", phrase.Argument(i+1, h.Name, describeOperand(o), want))
		return readable(o)
	}
	a := &h.Args[i]
	_, isPointer := o.(pointer)
	number := record.U64
	switch {
	case a.Kind == linux.ArgMap:
		if m, ok := o.(*MapSpec); !isPointer && (!ok || m == nil) {
			return wrong("a map")
		}
		return o
	case a.Kind == linux.ArgFunction:
		if p, ok := o.(*Program); !ok || p == nil {
			return wrong("a function made with dsl.Func")
		}
		return o
	case a.Kind == linux.ArgAddress: // a pointer or a 64-bit number
		if isPointer {
			return o
		}
	case a.IsPointer():
		if o == nil {
			return 0
		}
		if c, isConst := goInteger(o); !isPointer && !(isConst && c.n == 0) {
			return wrong("a pointer")
		}
		return o
	default:
		bits, signed, _ := a.Integer()
		number = record.WidthOf(int(bits)/8, signed)
	}
	if !f.checkNumber(h.Name, i, number, o) {
		return readable(o)
	}
	return o
}

// readable replaces a wrong operand. A value stays, so that it counts as used; anything
// else becomes 0.
func readable(o Operand) Operand {
	switch o := o.(type) {
	case numeric, pointer, Bool, record.Typed:
		return o
	}
	return 0
}

// checkNumber compares an operand with an integer parameter.
func (f *Fn) checkNumber(name string, i int, want record.Width, o Operand) bool {
	if c, ok := goInteger(o); ok {
		if !c.fits(want) {
			f.mistake(mistake.BadConstant, "", "argument %d of %s: %v does not fit %s", i+1, name, c, phrase.A(want.String()))
			return false
		}
		return true
	}
	got, ok := widthOf(o)
	switch {
	case !ok:
		f.mistake(mistake.BadArguments, "", "%s", phrase.Argument(i+1, name, describeOperand(o), phrase.A(want.String())))
	case got != want:
		f.mistake(mistake.MixedWidths, fmt.Sprintf("convert it: .%v()", want), "%s",
			phrase.Argument(i+1, name, phrase.A(got.String()), phrase.A(want.String())))
	}
	return ok && got == want
}

// widthOf returns the width of an integer operand, and false for other operands.
func widthOf(o Operand) (record.Width, bool) {
	switch o := o.(type) {
	case record.Typed:
		return o.Width, o.Width != 0
	case numeric:
		return o.num().width, true
	}
	return 0, false
}

// describeOperand says what an operand is, for messages.
func describeOperand(o Operand) string {
	if k, ok := widthOf(o); ok {
		return phrase.A(k.String())
	}
	if c, ok := goInteger(o); ok {
		return "the constant " + c.String()
	}
	switch o := o.(type) {
	case pointer:
		return "a pointer"
	case Bool:
		return "a Bool"
	case *MapSpec:
		if o == nil {
			return "a nil map"
		}
		return "a map"
	case *Program:
		if o == nil {
			return "a nil program"
		}
		return "a function"
	}
	return "a Go " + typeName(o)
}
