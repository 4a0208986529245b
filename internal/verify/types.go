package verify

import (
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A param is an argument of a function of the kernel.
type param struct {
	name    string
	pointer bool
	size    int    // of a number, bytes
	typ     btf.ID // the struct that a pointer points to; 0 for others
	to      string // its name
	void    bool   // void *
	number  int    // bytes of the number that it points to; 0 for others

	nullable, ref bool // of the program's own arguments; see place.Param
}

// A proto is a function of the kernel.
type proto struct {
	name   string
	row    *linux.Function // what else is known about a kernel function
	params []param
	result param
	void   bool
}

// known reports whether there is a row for a kernel function.
func (p *proto) known() bool { return p.row == nil || p.row.Name != "" }

// protoOf reads the prototype of a function, or of a pointer to a function.
func (c *checker) protoOf(id btf.ID) (proto, bool) {
	set, err := c.Types.Decode(id)
	if err != nil {
		return proto{}, false
	}
	t := set.Type(id)
	var p proto
	for range 16 {
		switch typ := t.(type) {
		case *cbtf.Typedef:
			t = typ.Type
		case *cbtf.Pointer:
			t = typ.Target
		case *cbtf.Const:
			t = typ.Type
		case *cbtf.TypeTag:
			t = typ.Type
		case *cbtf.Func:
			p.name, t = typ.Name, typ.Type
		case *cbtf.FuncProto:
			for _, arg := range typ.Params {
				q := c.paramIn(set, arg.Type)
				q.name = arg.Name
				p.params = append(p.params, q)
			}
			p.result = c.paramIn(set, typ.Return)
			_, p.void = btf.Underlying(typ.Return).(*cbtf.Void)
			return p, true
		default:
			return proto{}, false
		}
	}
	return proto{}, false
}

// paramOf is what the type of an argument or a result tells, except for the struct that a pointer points to.
func paramOf(t cbtf.Type) param {
	var p param
	switch under := btf.Underlying(t).(type) {
	case *cbtf.Pointer:
		p.pointer = true
		switch target := btf.Underlying(under.Target).(type) {
		case *cbtf.Void:
			p.void = true
		case *cbtf.Int:
			p.number = int(target.Size)
		}
	case *cbtf.Int:
		p.size = int(under.Size)
	case *cbtf.Enum:
		p.size = int(under.Size)
	}
	return p
}

// paramIn is paramOf for a type of the kernel, and also says which struct a pointer points to.
func (c *checker) paramIn(set *btf.Set, t cbtf.Type) param {
	p := paramOf(t)
	if id, ok := set.ID(btf.Underlying(t)); ok && p.pointer {
		if p.typ, ok = c.Types.PointedTo(id); ok {
			p.to = c.Types.Name(p.typ)
		}
	}
	return p
}
