package verify

import (
	"math"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A layout is the context of a program type: how many bytes there are, and what the
// fields that are pointers lead to (include/uapi/linux/bpf.h; *_is_valid_access).
type layout struct {
	size     int64
	words    bool // read in 4 bytes only
	readOnly bool
	memory   bool           // anything may be read and written
	leads    map[int64]kind // by offset
	hidden   map[int64]bool // fields that programs of the type may not read
	writable [][2]int64     // from, to; nil: not known
}

// layouts lists the contexts of program types. Of those that are not here nothing is known.
func layouts(programType string) (layout, bool) {
	skb := map[int64]kind{76: packet, 80: packetEnd, 140: packetMeta}
	switch programType {
	case "socket_filter":
		return layout{size: 192, hidden: map[int64]bool{72: true, 76: true, 80: true, 140: true, 152: true, 160: true}, writable: [][2]int64{{48, 68}}}, true
	case "sched_cls", "sched_act":
		return layout{size: 192, leads: skb}, true
	case "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit", "sk_skb":
		return layout{size: 192, leads: skb}, true
	case "xdp":
		return layout{size: 24, words: true, leads: map[int64]kind{0: packet, 4: packetEnd, 8: packetMeta}, writable: [][2]int64{{16, 20}}}, true
	case "kprobe":
		return layout{size: 168, readOnly: true}, true
	case "raw_tracepoint":
		return layout{size: 96, readOnly: true}, true
	case "syscall":
		return layout{size: math.MaxUint16, memory: true}, true
	}
	return layout{}, false
}

// accessContext reads or writes the context.
func (c *checker) accessContext(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	if p.vague {
		return unclear(), true
	}
	l, known := &c.context, c.contextKnown
	arguments := c.proto != nil
	if !p.num.isConst() {
		if !known && !arguments {
			return unclear(), true
		}
		if l.memory {
			return any, true
		}
		return any, c.refuse(s, i, mistake.ContextAccess, "the offset into the context is not a constant")
	}
	at := p.off + off
	if arguments {
		return c.argument(s, i, at, size, write)
	}
	switch {
	case !known:
		return unclear(), true
	case l.memory:
		if at < 0 || at+size > l.size {
			return any, c.refuse(s, i, mistake.ContextAccess, "%d bytes at offset %d are outside of the context", size, at)
		}
		if at%size != 0 {
			return any, c.refuse(s, i, mistake.ContextAccess, "%d bytes at offset %d of the context: no multiple of %d", size, at, size)
		}
		return any, true
	case p.off != 0 && at >= 0 && at < l.size:
		return any, c.refuse(s, i, mistake.ModifiedPointer, "the context is accessed through a pointer that %d was added to", p.off)
	case at < 0 || at+size > l.size:
		return any, c.refuse(s, i, mistake.ContextAccess, "%d bytes at offset %d are outside of the context of %s, which has %d", size, at, c.Type, l.size)
	case at%size != 0:
		return any, c.refuse(s, i, mistake.ContextAccess, "%d bytes at offset %d of the context: no multiple of %d", size, at, size)
	case write && l.readOnly:
		return any, c.refuse(s, i, mistake.ContextWrite, "the context of %s is read only", c.Type)
	case write && l.writable != nil:
		for _, w := range l.writable {
			if at >= w[0] && at+size <= w[1] {
				return any, true
			}
		}
		return any, c.refuse(s, i, mistake.ContextWrite, "offset %d of the context may not be written in %s", at, c.Type)
	case write:
		return any, true
	case l.words && size != 4:
		return any, c.refuse(s, i, mistake.ContextAccess, "fields of the context are read in 4 bytes, not in %d", size)
	case l.hidden[at&^3]:
		return any, c.refuse(s, i, mistake.ContextAccess, "programs of type %s may not read the context at offset %d", c.Type, at)
	}
	if k, leads := l.leads[at]; leads {
		if size != 4 {
			return any, c.refuse(s, i, mistake.ContextAccess, "the packet's addresses are read in 4 bytes")
		}
		return pointer(k), true
	}
	if c.Type == "kprobe" || c.Type == "raw_tracepoint" || size <= 4 {
		return any, true
	}
	return unclear(), true // sockets and keys, in 8 bytes
}

// mostArguments is MAX_BPF_FUNC_ARGS.
const mostArguments = 12

// argument reads an argument of the kernel's function.
func (c *checker) argument(s *state, i int, at, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	n := int(at / 8)
	switch {
	case write:
		return any, c.refuse(s, i, mistake.ContextWrite, "the arguments of %s cannot be written", c.proto.name)
	case at < 0 || at >= 8*mostArguments:
		return any, c.refuse(s, i, mistake.ContextAccess, "offset %d is outside of the arguments of %s, which is all that r1 leads to", at, c.proto.name)
	case at%8 != 0:
		return any, c.refuse(s, i, mistake.ArgumentWidth, "offset %d is within %s of %s; each argument takes 8 bytes", at, c.argumentText(n), c.proto.name)
	case n >= len(c.proto.params):
		if n == len(c.proto.params) && c.Type != "struct_ops" && c.Type != "tracing" {
			return unclear(), true
		}
		return any, c.refuse(s, i, mistake.NoArgument, "argument %d does not exist: %s has %d", n, c.proto.name, len(c.proto.params))
	}
	a := c.proto.params[n]
	if !a.pointer {
		return any, true
	}
	if size != 8 {
		return any, c.refuse(s, i, mistake.ArgumentWidth, "%s of %s is a pointer and is read %d bytes wide, not 8", c.argumentText(n), c.proto.name, size)
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
		return v, c.refuse(s, i, mistake.UsedAfterRelease, "%s of %s was given back", c.argumentText(n), c.proto.name)
	case a.ref:
		v.id, v.ref = c.given[n], c.given[n]
	case a.nullable:
		v.id = c.newID()
	}
	v.nullable = a.nullable
	return v, true
}
