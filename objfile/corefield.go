package objfile

import (
	"errors"
	"fmt"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// A corePath is a way through structs to a field, in the types of the object or of the kernel.
type corePath struct {
	root   cbtf.Type
	steps  []coreStep
	offset int // bits
	typ    cbtf.Type
	bits   int // the width of a bit field; 0 for other fields
}

// A coreStep is a member, by its name, or an element of an array.
type coreStep struct {
	name  string // "" for an element
	index int
	typ   cbtf.Type // of the member or element
}

// localField follows indices through a type of the object. The first index is that of an element, as if the object were an array.
func localField(root cbtf.Type, path []int) (*corePath, error) {
	p := &corePath{root: root, typ: root}
	if len(path) == 0 {
		return nil, errors.New("a relocation names no field")
	}
	if err := p.element(root, path[0]); err != nil {
		return nil, err
	}
	for _, n := range path[1:] {
		switch t := btf.Underlying(p.typ).(type) {
		case *cbtf.Struct:
			if err := p.member(t.Members, n); err != nil {
				return nil, err
			}
		case *cbtf.Union:
			if err := p.member(t.Members, n); err != nil {
				return nil, err
			}
		case *cbtf.Array:
			if err := p.element(t.Type, n); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("a relocation names a field of %s, which has no fields", p.typ.TypeName())
		}
	}
	return p, nil
}

func (p *corePath) element(t cbtf.Type, n int) error {
	if n > 0 {
		size, err := cbtf.Sizeof(t)
		if err != nil || size < 0 || n > mostVariables || size*n > mostVariables {
			return errors.Join(errors.New("a relocation names an element of a type without a size"), err)
		}
		p.offset += 8 * size * n
	}
	p.typ, p.bits = t, 0
	p.steps = append(p.steps, coreStep{index: n, typ: t})
	return nil
}

func (p *corePath) member(members []cbtf.Member, n int) error {
	if n >= len(members) {
		return fmt.Errorf("a relocation names member %d of %d", n, len(members))
	}
	p.enter(&members[n])
	if members[n].Name != "" { // members of members without a name are found by their own names
		p.steps = append(p.steps, coreStep{name: members[n].Name, typ: members[n].Type})
	}
	return nil
}

func (p *corePath) enter(m *cbtf.Member) {
	p.offset += int(m.Offset)
	p.typ, p.bits = m.Type, int(m.BitfieldSize)
}

// in finds the same way in a type of the kernel.
func (p *corePath) in(target cbtf.Type) (*corePath, bool) {
	q := &corePath{root: target, typ: target}
	for n, step := range p.steps {
		if step.name == "" {
			of := target
			if n > 0 {
				array, ok := btf.Underlying(q.typ).(*cbtf.Array)
				if !ok || step.index >= int(array.Nelems) && array.Nelems > 0 {
					return nil, false
				}
				of = array.Type
			}
			if q.element(of, step.index) != nil {
				return nil, false
			}
			continue
		}
		if !q.named(btf.Underlying(q.typ), step, 0) {
			return nil, false
		}
	}
	return q, true
}

// named goes to the member with a name, also within members without one.
func (p *corePath) named(t cbtf.Type, step coreStep, depth int) bool {
	var members []cbtf.Member
	switch t := t.(type) {
	case *cbtf.Struct:
		members = t.Members
	case *cbtf.Union:
		members = t.Members
	}
	if depth > mostNesting {
		return false
	}
	for n := range members {
		m := &members[n]
		if m.Name == "" {
			inner := *p
			inner.enter(m)
			if inner.named(btf.Underlying(m.Type), step, depth+1) {
				*p = inner
				return true
			}
			continue
		}
		if m.Name == step.name {
			if !fieldsAlike(step.typ, m.Type, 0) {
				return false
			}
			p.enter(m)
			return true
		}
	}
	return false
}

// mostNesting is the limit of structs within structs, and of types that are made from types.
const mostNesting = 32

// A fieldPlace says how a field is read.
type fieldPlace struct {
	offset int // bytes
	size   int // bytes that are read
	begin  int // bits; the first bit of a bit field
	bits   int // of a bit field; else 0
}

func (f fieldPlace) width() int {
	if f.bits > 0 {
		return f.bits
	}
	return 8 * f.size
}

// place is where a field is. A bit field is read with the smallest load that has all of it.
func (p *corePath) place() (fieldPlace, error) {
	size, err := cbtf.Sizeof(p.typ)
	if err != nil {
		return fieldPlace{}, err
	}
	f := fieldPlace{begin: p.offset, bits: p.bits, offset: p.offset / 8, size: size}
	if p.bits == 0 {
		return f, nil
	}
	if size <= 0 {
		return f, errors.New("a bit field has no size")
	}
	for f.offset = p.offset / 8 / f.size * f.size; p.offset+p.bits-8*f.offset > 8*f.size; f.offset = p.offset / 8 / f.size * f.size {
		if f.size >= 8 {
			return f, errors.New("a bit field does not fit one load")
		}
		f.size *= 2
	}
	return f, nil
}

// fieldsAlike reports whether fields of these types may be the same field (bpf_core_fields_are_compat).
func fieldsAlike(local, target cbtf.Type, depth int) bool {
	local, target = btf.Underlying(local), btf.Underlying(target)
	if depth > mostNesting {
		return false
	}
	switch l := local.(type) {
	case *cbtf.Struct, *cbtf.Union:
		switch target.(type) {
		case *cbtf.Struct, *cbtf.Union, *cbtf.Fwd:
			return true
		}
		return false
	case *cbtf.Pointer:
		_, ok := target.(*cbtf.Pointer)
		return ok
	case *cbtf.Float:
		_, ok := target.(*cbtf.Float)
		return ok
	case *cbtf.Int:
		_, ok := target.(*cbtf.Int)
		return ok
	case *cbtf.Enum:
		t, ok := target.(*cbtf.Enum)
		return ok && sameName(l.Name, t.Name)
	case *cbtf.Fwd:
		t, ok := target.(*cbtf.Fwd)
		return ok && sameName(l.Name, t.Name)
	case *cbtf.Array:
		t, ok := target.(*cbtf.Array)
		return ok && fieldsAlike(l.Type, t.Type, depth+1)
	}
	return false
}

// sameName compares names without their flavours; a type without a name is like any.
func sameName(a, b string) bool {
	return a == "" || b == "" || withoutFlavour(a) == withoutFlavour(b)
}

// alike reports whether a type of the kernel may be the one that the object means (bpf_core_types_are_compat): of the same kind, and for
// functions with alike parameters.
func alike(local, target cbtf.Type, depth int) bool {
	if depth > mostNesting {
		return false
	}
	local, target = btf.Underlying(local), btf.Underlying(target)
	switch l := local.(type) {
	case *cbtf.Struct:
		_, ok := target.(*cbtf.Struct)
		return ok || isForward(target, cbtf.FwdStruct)
	case *cbtf.Union:
		_, ok := target.(*cbtf.Union)
		return ok || isForward(target, cbtf.FwdUnion)
	case *cbtf.Fwd:
		return true
	case *cbtf.Enum:
		_, ok := target.(*cbtf.Enum)
		return ok
	case *cbtf.Int:
		_, ok := target.(*cbtf.Int)
		return ok
	case *cbtf.Void:
		_, ok := target.(*cbtf.Void)
		return ok
	case *cbtf.Pointer:
		t, ok := target.(*cbtf.Pointer)
		return ok && alike(l.Target, t.Target, depth+1)
	case *cbtf.Array:
		t, ok := target.(*cbtf.Array)
		return ok && alike(l.Type, t.Type, depth+1)
	case *cbtf.FuncProto:
		t, ok := target.(*cbtf.FuncProto)
		if !ok || len(l.Params) != len(t.Params) {
			return false
		}
		for n := range l.Params {
			if !alike(l.Params[n].Type, t.Params[n].Type, depth+1) {
				return false
			}
		}
		return alike(l.Return, t.Return, depth+1)
	}
	return false
}

func isForward(t cbtf.Type, kind cbtf.FwdKind) bool {
	f, ok := t.(*cbtf.Fwd)
	return ok && f.Kind == kind
}
