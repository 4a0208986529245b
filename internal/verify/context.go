package verify

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// hasContext reports whether the context may be a struct of that name. If it is not known which struct that is, it may.
func (c *checker) hasContext(name string) bool {
	if c.proto != nil {
		return false
	}
	l := c.Type.Info().Access
	return l == nil || l.Context == nil || l.Context.Name == name
}

// contextText says what the context is, and for arguments how to get at one.
func (c *checker) contextText() string {
	if c.proto != nil {
		return "the arguments of " + c.proto.name + ": load the pointer from there first"
	}
	return "the context, " + phrase.A(c.Type.Info().Access.Context.Name)
}

// accessContext reads or writes the context.
func (c *checker) accessContext(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	if p.vague {
		return unclear(), true
	}
	l := c.Type.Info().Access // nil: it is not known
	arguments := c.proto != nil
	if !p.num.isConst() {
		if l == nil && !arguments {
			return unclear(), true
		}
		if l != nil && l.Memory {
			return any, true
		}
		return any, c.refuse(s, i, mistake.ContextAccess, "the offset into the context is not a constant")
	}
	at := p.off + off
	if name := c.Structs[i]; name != "" && !c.hasContext(name) {
		return any, c.refuse(s, i, mistake.ContextAccess, "%s is accessed as %s, but it points to %s", r,
			phrase.A(name), c.contextText())
	}
	if arguments {
		return c.argument(s, i, at, size, write)
	}
	rules, known := c.Type.ContextRules()
	if known {
		if p.off != 0 && at >= 0 {
			return any, c.refuse(s, i, mistake.ModifiedPointer, "%d was added to the pointer through which the context is accessed", p.off)
		}
		if rule := c.ruleFor(rules, i, at, size, write); rule != nil {
			return c.fromContext(rule, size), true
		}
	}
	switch {
	case l == nil && known:
	case l == nil:
		return unclear(), true
	case l.Memory:
		if at < 0 || at+size > l.Size {
			return any, c.refuse(s, i, mistake.ContextAccess, "an access of %s at offset %d is outside of the context",
				byteCount(size), at)
		}
		if at%size != 0 {
			return any, c.refuse(s, i, mistake.ContextAccess, "an access of %d bytes at offset %d of the context: the offset must be a "+
				"multiple of %d",
				size, at, size)
		}
		return any, true
	case p.off != 0 && at >= 0 && at < l.Size:
		return any, c.refuse(s, i, mistake.ModifiedPointer, "%d was added to the pointer through which the context is accessed", p.off)
	case at < 0 || at+size > l.Size:
		return any, c.refuse(s, i, mistake.ContextAccess, "an access of %s at offset %d is outside of the context of %s, which has %s",
			byteCount(size), at, c.Type, byteCount(l.Size))
	case at%size != 0:
		return any, c.refuse(s, i, mistake.ContextAccess, "an access of %d bytes at offset %d of the context: the offset must be a "+
			"multiple of %d",
			size, at, size)
	case write && l.ReadOnly:
		return any, c.refuse(s, i, mistake.ContextWrite, "the context of %s is read-only", c.Type)
	case write && l.Writable != nil:
		if f, ok := l.Field(at); ok && slices.Contains(l.Writable, f.Name) && at+size <= f.Offset+f.Size {
			return any, true
		}
		field := fmt.Sprintf("the context at offset %d", at)
		if f, ok := l.Field(at); ok {
			field = fmt.Sprintf("%s.%s", l.Context.Name, f.Name)
		}
		help := fmt.Sprintf("%v programs may write nothing of it", c.Type)
		if len(l.Writable) > 0 {
			help = phrase.Writable(l.Writable)
		}
		return any, c.refuseWith(s, i, mistake.ContextWrite, help, "%s cannot be written in %v programs", field, c.Type)
	case write && !known:
		return any, true
	case l.Words && size != 4:
		return any, c.refuse(s, i, mistake.ContextAccess, "a field of the context must be read with 4 bytes, not with %d", size)
	case l.Hides(at):
		return any, c.refuse(s, i, mistake.ContextAccess, "programs of type %s may not read the context at offset %d", c.Type, at)
	}
	switch {
	case known && write:
		return any, c.refuse(s, i, mistake.ContextWrite,
			"%d bytes at offset %d of the context may not be written in programs of type %s", size,
			at, c.Type)
	case known:
		if f, ok := fieldOf(l, at); ok && packetKinds[f.Leads] != none {
			return any, c.refuse(s, i, mistake.ContextAccess, "the packet's addresses must be read with 4 bytes, without a sign")
		}
		return any, c.refuse(s, i, mistake.ContextAccess, "%d bytes at offset %d of the context may not be read in programs of type %s",
			size, at, c.Type)
	case size <= 4 || l.Context == nil:
		return any, true
	}
	return unclear(), true
}

// ruleFor is the rule that allows an access to the context; nil if none does.
func (c *checker) ruleFor(rules []linux.ContextRule, i int, at, size int64, write bool) *linux.ContextRule {
	info := c.Type.Info()
	hook, placed := c.Hook, c.Hook != 0 || c.Attached || !info.Placed
	if hook == 0 {
		hook = c.Type.DefaultPlace()
	}
	placed = placed || c.Type == linux.ProgTypeCgroupSock
	signed := c.code[i].Op.Class() == isa.ClassLDX && c.code[i].Op.Mode() == isa.ModeMEMSX
	for n := range rules {
		if rules[n].Allows(hook, placed, at, size, write, signed) {
			return &rules[n]
		}
	}
	return nil
}

// fromContext is what a read of the context returns.
func (c *checker) fromContext(rule *linux.ContextRule, size int64) value {
	switch rule.Leads {
	case linux.LeadsNowhere:
		return anyNumber(int(size))
	case linux.LeadsToSocket, linux.LeadsToSocketOrNil, linux.LeadsToCommonSocket:
		v := pointer(socket)
		if v.sock = linux.SocketFull; rule.Leads == linux.LeadsToCommonSocket {
			v.sock = linux.SocketCommon
		}
		if rule.Leads != linux.LeadsToSocket {
			v.nullable, v.id = true, c.newID()
		}
		return v
	}
	if k := packetKinds[rule.Leads]; k != none {
		return pointer(k)
	}
	return unclear()
}

// packetKinds are the kinds of pointers in fields of the context.
var packetKinds = [linux.Leadings]kind{
	linux.LeadsToPacket: packet, linux.LeadsToPacketEnd: packetEnd, linux.LeadsToMetadata: packetMeta,
}

// argument reads an argument of the kernel's function.
func (c *checker) argument(s *state, i int, at, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	n := int(at / 8)
	switch {
	case write:
		return any, c.refuse(s, i, mistake.ContextWrite, "the arguments of %s cannot be written", c.proto.name)
	case at < 0 || at >= 8*linux.MostArguments:
		return any, c.refuse(s, i, mistake.ContextAccess, "offset %d is outside of the arguments of %s; r1 points to nothing else",
			at, c.proto.name)
	case at%8 != 0:
		return any, c.refuse(s, i, mistake.ArgumentWidth, "offset %d is inside %s of %s; each argument has 8 bytes",
			at, c.argumentText(n), c.proto.name)
	case n >= len(c.proto.params):
		if n == len(c.proto.params) && c.Type != linux.ProgTypeStructOps && c.Type != linux.ProgTypeTracing {
			return unclear(), true
		}
		return any, c.refuse(s, i, mistake.NoArgument, "argument %d does not exist: %s has %d", n, c.proto.name, len(c.proto.params))
	}
	a := c.proto.params[n]
	if !a.pointer {
		return any, true
	}
	if size != 8 {
		return any, c.refuse(s, i, mistake.ArgumentWidth, "%s of %s is a pointer and must be read with 8 bytes, not with %d",
			c.argumentText(n), c.proto.name, size)
	}
	if a.typ == 0 {
		return unclear(), true
	}
	v := pointer(object)
	v.typ, v.trust = a.typ, trusted
	if to := c.Cast(a.to); to != "" {
		if id, err := c.Types.Composite(to); err == nil {
			v.typ = id
		}
	}
	v.param = int8(n + 1)
	switch {
	case a.ref && !s.holds(c.given[n]):
		return v, c.refuse(s, i, mistake.UsedAfterRelease, "%s of %s was released before", c.argumentText(n), c.proto.name)
	case a.ref:
		v.id, v.ref = c.given[n], c.given[n]
	case a.nullable:
		v.id = c.newID()
	}
	v.nullable = a.nullable
	return v, true
}

// fieldOf finds a field of a context whose fields may not be known.
func fieldOf(l *linux.Access, at int64) (f linux.ContextField, ok bool) {
	if l == nil {
		return f, false
	}
	return l.Field(at)
}
