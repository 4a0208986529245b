package verify

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// accessSocket follows a read of a socket: of fields that the kernel translates, with the widths that it knows (check_sock_access).
func (c *checker) accessSocket(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	at := p.off + off
	switch {
	case p.vague:
		return unclear(), true
	case write:
		return any, c.refuse(s, i, mistake.ReadOnlyStruct, "%v points to a socket, which cannot be written", r)
	case p.sock == linux.SocketUnknown:
		return unclear(), true
	case !p.num.isConst():
		return any, c.refuse(s, i, mistake.StructBounds, "an offset into a socket must be a constant")
	case !p.sock.Allows(at, size):
		return any, c.refuse(s, i, mistake.StructBounds, "no field of %s can be read with %s at offset %d", p.sock.Struct(),
			byteCount(size), at)
	}
	return any, true
}
