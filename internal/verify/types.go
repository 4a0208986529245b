package verify

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// A param is an argument of a function of the kernel.
type param struct {
	name    string
	pointer bool
	size    int    // of a number, bytes
	typ     btf.ID // of a pointer to a struct; 0 for others
	to      string // its name
	void    bool   // void *
	number  int    // bytes of the number that it points to; 0 for others

	nullable, ref bool // of the program's own arguments; see Param
}

// A proto is a function of the kernel.
type proto struct {
	name   string
	row    *functionRow // what else is known, of a kernel function
	params []param
	result param
	void   bool
}

// protoOf reads a prototype: of a function, or of what a pointer leads to.
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
				q := c.paramOf(set, arg.Type)
				q.name = arg.Name
				p.params = append(p.params, q)
			}
			p.result = c.paramOf(set, typ.Return)
			_, p.void = btf.Underlying(typ.Return).(*cbtf.Void)
			return p, true
		default:
			return proto{}, false
		}
	}
	return proto{}, false
}

func (c *checker) paramOf(set *btf.Set, t cbtf.Type) param {
	var p param
	switch under := btf.Underlying(t).(type) {
	case *cbtf.Pointer:
		p.pointer = true
		if id, ok := set.ID(under); ok {
			if p.typ, ok = c.Types.PointedTo(id); ok {
				p.to = c.Types.Name(p.typ)
			}
		}
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

// attachable checks what the program is for, and reads its arguments.
func (c *checker) attachable() bool {
	if c.Type == "struct_ops" && c.NotGPL {
		c.report(-1, "needs-gpl", "struct_ops programs need a license that is compatible with the GPL")
		return false
	}
	if c.Signature != nil {
		c.proto = c.signature(c.Signature)
		return true
	}
	switch {
	case c.Attached && (c.Type != "struct_ops" || c.Struct == "" || c.Types == nil):
		return true
	case c.Type == "struct_ops" && c.Struct == "":
		c.report(-1, "bad-attach", "a struct_ops program is for a member of a struct, which is not named")
		return false
	case c.Type == "tracing" && c.Attach == "":
		c.report(-1, "bad-attach", "a tracing program is for a function or tracepoint, which is not named")
		return false
	case c.Types == nil:
		return true
	}
	switch {
	case c.Type == "struct_ops" && c.Struct != "":
		return c.readMember()
	case c.Type == "tracing" && c.Attach != "":
		return c.readTracepoint()
	}
	return true
}

// signature is a prototype that is known without the types.
func (c *checker) signature(s *Signature) *proto {
	known := func(p Param) param {
		q := param{name: p.Name, pointer: p.Pointer, size: p.Size, to: p.Struct, nullable: p.Nullable, ref: p.Ref}
		if p.Struct != "" && c.Types != nil {
			q.typ, _ = c.Types.Composite(p.Struct) // only declared in these types: nothing is known of it
		}
		return q
	}
	p := &proto{name: c.Member, void: s.Result == nil}
	for _, param := range s.Params {
		p.params = append(p.params, known(param))
	}
	if s.Result != nil {
		p.result = known(*s.Result)
	}
	return p
}

func (c *checker) readMember() bool {
	p, problem := c.memberProto()
	if problem != "" {
		if !c.Attached {
			c.report(-1, "bad-attach", problem)
		}
		return c.Attached
	}
	c.proto = p
	return true
}

// memberProto is the prototype of the member, or what is wrong with it.
func (c *checker) memberProto() (p *proto, problem string) {
	root, err := c.Types.Composite(c.Struct)
	if err != nil {
		return nil, "this kernel has no struct " + c.Struct
	}
	if _, err := c.Types.Composite("bpf_struct_ops_" + c.Struct); err != nil && !c.Attached {
		return nil, "struct " + c.Struct + " is no interface that programs may implement in this kernel"
	}
	f, err := c.Types.FieldOf(root, c.Struct, c.Member)
	if err != nil {
		return nil, err.Error()
	}
	q, ok := c.protoOf(f.Type)
	if !ok || f.Kind != btf.KindPointer {
		return nil, c.Struct + "." + c.Member + " is no function"
	}
	q.name = c.Member
	return &q, ""
}

func (c *checker) readTracepoint() bool {
	if c.Hook != "" && c.Hook != "tp_btf" {
		return c.readFunction()
	}
	name := strings.TrimPrefix(c.Attach, "btf_trace_")
	id, err := c.Types.Lookup(btf.KindTypedef, "btf_trace_"+name)
	if err != nil {
		c.report(-1, "bad-attach", "this kernel has no tracepoint "+name)
		return false
	}
	p, ok := c.protoOf(id)
	if !ok || len(p.params) == 0 {
		return true
	}
	p.name, p.params = name, p.params[1:] // the first is the kernel's own
	c.proto = &p
	return true
}

// readFunction reads the arguments of a traced function: its own, and behind them its result.
func (c *checker) readFunction() bool {
	id, err := c.Types.Lookup(btf.KindFunc, c.Attach)
	if err != nil {
		c.report(-1, "bad-attach", "this kernel has no function "+c.Attach+" that can be traced")
		return false
	}
	p, ok := c.protoOf(id)
	if !ok {
		return true
	}
	if c.Hook != "fentry" && !p.void {
		p.params = append(p.params, p.result)
	}
	for i := range p.params {
		if p.params[i].pointer {
			p.params[i].typ = 0 // which are good is not known here
		}
	}
	c.proto = &p
	return true
}

// resultUnused reports whether nobody looks at the result.
func (c *checker) resultUnused() bool {
	return c.proto != nil && c.Type == "struct_ops" && c.proto.void || c.Type == "struct_ops" && c.proto == nil || c.Type == ""
}

// resultRange is what the program may return (check_return_code).
func (c *checker) resultRange() (lo, hi int64, limited bool) {
	switch c.Type {
	case "cgroup_skb":
		return 0, 3, true // on the way out; 0 to 1 on the way in
	case "cgroup_sock", "cgroup_device", "cgroup_sysctl", "cgroup_sockopt", "sk_lookup":
		return 0, 1, true
	case "tracing":
		return 0, 0, c.Hook == "fentry" || c.Hook == "fexit"
	}
	return 0, 0, false
}

// a member of a struct where an access falls.
type member struct {
	offset  int64
	size    int64
	typ     btf.ID
	pointer bool
	target  btf.ID
}

// reachesOn reports whether what follows a number are numbers of the same array: then the kernel lets programs read across them
// (btf_struct_walk).
func (c *checker) reachesOn(typ btf.ID, m member, end int64) bool {
	name := c.Types.FieldAt(typ, uint32(m.offset))
	for next := m.offset + m.size; next < end; next += m.size {
		n, ok := c.memberAt(typ, next)
		if !ok || n.typ != m.typ || n.offset != next || c.Types.FieldAt(typ, uint32(next)) != name {
			return false
		}
	}
	return true
}

// memberAt finds what is at an offset of a struct.
func (c *checker) memberAt(typ btf.ID, off int64) (member, bool) {
	if off < 0 || off > 1<<31 {
		return member{}, false
	}
	leaves := c.Types.LeavesAt(typ, uint32(off))
	if len(leaves) != 1 || leaves[0].BitSize > 0 { // a hole, a union, bit fields: for the kernel to say
		return member{}, false
	}
	f := leaves[0]
	m := member{offset: int64(f.Offset), size: int64(f.Size), typ: f.Type, pointer: f.Kind == btf.KindPointer}
	if m.pointer {
		m.target, _ = c.Types.PointedTo(f.Type)
	}
	return m, m.pointer || f.Kind == btf.KindInt || f.Kind == btf.KindEnum || f.Kind == btf.KindEnum64
}
