package verify

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// attachable checks what the program is for, and reads its arguments.
func (c *checker) attachable() bool {
	if c.Type.Info().NeedsGPL && c.NotGPL {
		c.report(-1, mistake.NeedsGPL, c.Type.String()+" programs need a license that is compatible with the GPL")
		return false
	}
	if c.Signature != nil {
		c.proto = c.signature(c.Signature)
		return true
	}
	switch {
	case c.Type == linux.ProgTypeStructOps && c.Struct == "":
		return c.noPlace("a struct_ops program is for a member of a struct, which is not named")
	case c.Type == linux.ProgTypeTracing && c.Attach == "":
		return c.noPlace("a tracing program is for a function or tracepoint, which is not named")
	case c.Types == nil:
		return true
	case c.Type == linux.ProgTypeStructOps:
		return c.readMember()
	case c.Type == linux.ProgTypeTracing:
		return c.readTracepoint()
	}
	return true
}

// noPlace notes what is wrong with the place that the program is for, unless another pass reports that. It returns whether the walk
// can go on.
func (c *checker) noPlace(problem string) bool {
	if !c.Attached {
		c.report(-1, mistake.BadAttach, problem)
	}
	return c.Attached
}

// signature is a prototype that is known without the types.
func (c *checker) signature(s *place.Signature) *proto {
	p := &proto{name: c.Member, void: s.Void(), result: c.paramFrom(s.Result)}
	if p.name == "" {
		p.name = c.Attach
	}
	for _, param := range s.Params {
		q := c.paramFrom(param.Type)
		q.name, q.nullable, q.ref = param.Name, param.Nullable, param.Ref
		p.params = append(p.params, q)
	}
	return p
}

// paramFrom is what is known of an argument or a result by its type, which may be of other types than the program's kernel.
func (c *checker) paramFrom(t cbtf.Type) param {
	p := paramOf(t)
	if p.to = btf.PointedTo(t); p.to != "" && c.Types != nil {
		p.typ, _ = c.Types.Composite(p.to) // only declared in these types: nothing is known of it
	}
	return p
}

func (c *checker) readMember() bool {
	p, problem := c.memberProto()
	if problem != "" {
		return c.noPlace(problem)
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
	if c.Hook != 0 && c.Hook != linux.AttachTraceRawTP {
		return c.readFunction()
	}
	prefix := linux.AttachTraceRawTP.Info().Prefix
	name := strings.TrimPrefix(c.Attach, prefix)
	id, err := c.Types.Lookup(btf.KindTypedef, prefix+name)
	if err != nil {
		return c.noPlace("this kernel has no tracepoint " + name)
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
		return c.noPlace("this kernel has no function " + c.Attach + " that can be traced")
	}
	p, ok := c.protoOf(id)
	if !ok {
		return true
	}
	if c.Hook != linux.AttachTraceFEntry && !p.void {
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
