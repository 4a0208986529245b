package verify

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// attachable checks the place that the program is for, and reads the program's arguments.
func (c *checker) attachable() bool {
	if c.Type.Info().NeedsGPL && c.NotGPL {
		c.report(-1, mistake.NeedsGPL, c.Type.String()+" programs need a licence that is compatible with the GPL")
		return false
	}
	if f := c.Missing(c.Types); f != nil && !c.Attached {
		f.Kind = mistake.BadAttach // the kind that the catalogue of the verifier's messages has for all of these
		c.note(*f)
		return false
	}
	if c.Signature != nil {
		c.proto = c.signature(c.Signature)
		return true
	}
	switch {
	case c.Type == linux.ProgTypeStructOps && c.Struct == "":
		return c.noPlace("a struct_ops program implements a member of a struct; the name of the member is missing")
	case c.Type == linux.ProgTypeTracing && c.Attach == "":
		return c.noPlace("a tracing program is attached to a function or tracepoint; its name is missing")
	case c.Types == nil:
		return true
	case c.Type == linux.ProgTypeStructOps:
		return c.readMember()
	case c.Type == linux.ProgTypeTracing:
		return c.readTracepoint()
	}
	return true
}

// noPlace reports a problem with the place that the program is for, unless another pass reports it. It returns whether the walk
// can continue.
func (c *checker) noPlace(problem string) bool {
	if !c.Attached {
		c.report(-1, mistake.BadAttach, problem)
	}
	return c.Attached
}

// signature is a prototype that is known without the kernel's types.
func (c *checker) signature(s *place.Signature) *proto {
	from := c.paramFrom
	if s.Read != nil && s.Read.Types == c.Types {
		from = func(t cbtf.Type) param { return c.paramIn(s.Read.Set, t) }
	}
	p := &proto{name: c.Member, void: s.Void(), result: from(s.Result)}
	if p.name == "" {
		p.name = c.Attach
	}
	for _, param := range s.Params {
		q := from(param.Type)
		q.name, q.nullable, q.ref = param.Name, param.Nullable, param.Ref
		p.params = append(p.params, q)
	}
	return p
}

// paramFrom is what the type of an argument or a result tells. The type may come from another kernel than the program's.
func (c *checker) paramFrom(t cbtf.Type) param {
	p := paramOf(t)
	if p.to = btf.PointedTo(t); p.to != "" && c.Types != nil {
		p.typ, _ = c.Types.Composite(p.to) // only declared in these types: its fields are not known
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

// memberProto is the prototype of the member, or the problem with it.
func (c *checker) memberProto() (p *proto, problem string) {
	root, err := c.Types.Composite(c.Struct)
	if err != nil {
		return nil, "this kernel has no struct " + c.Struct
	}
	if _, err := c.Types.Composite(linux.OpsValuePrefix + c.Struct); err != nil && !c.Attached {
		return nil, "in this kernel, programs cannot implement struct " + c.Struct
	}
	f, err := c.Types.FieldOf(root, c.Struct, c.Member)
	if err != nil {
		return nil, err.Error()
	}
	q, ok := c.protoOf(f.Type)
	if !ok || f.Kind != btf.KindPointer {
		return nil, c.Struct + "." + c.Member + " is not a function"
	}
	q.name = c.Member
	return &q, ""
}

func (c *checker) readTracepoint() bool {
	if c.Hook != 0 && c.Hook != linux.AttachTraceRawTP {
		return c.readFunction()
	}
	at, err := place.Tracepoint(c.Types, c.Attach)
	if err != nil {
		return c.noPlace("this kernel has no tracepoint " + strings.TrimPrefix(c.Attach, linux.AttachTraceRawTP.Info().Prefix))
	}
	if at.Signature != nil {
		c.proto = c.signature(at.Signature)
		c.proto.name = at.Attach
	}
	return true
}

// readFunction reads the arguments of a traced function: its own, and after them its result. Of an iterator, the kernel declares a
// function for its objects, bpf_iter_NAME, which has no result for programs (bpf_iter_reg_target, kernel/bpf/bpf_iter.c).
func (c *checker) readFunction() bool {
	prefix := c.Hook.Info().Prefix
	id, err := c.Types.Lookup(btf.KindFunc, prefix+strings.TrimPrefix(c.Attach, prefix))
	if err != nil {
		return c.noPlace("this kernel has no function " + c.Attach + " that can be traced")
	}
	p, ok := c.protoOf(id)
	if !ok {
		return true
	}
	if c.Hook != linux.AttachTraceFEntry && c.Hook != linux.AttachTraceIter && !p.void {
		p.params = append(p.params, p.result)
	}
	for i := range p.params {
		if p.params[i].pointer {
			p.params[i].typ = 0 // this package does not know which of them are trusted
		}
	}
	c.proto = &p
	return true
}
