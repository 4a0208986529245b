package verify

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// The values of rng for a pointer that is known to be at the packet's end or after it.
const (
	atEnd     = -1
	behindEnd = -2
)

// beyondEnd is the result of a comparison with the packet's end for a pointer that was compared with it before
// (is_pkt_ptr_branch_taken).
func beyondEnd(op isa.Opcode, a, b *value) outcome {
	if a.kind == packetEnd {
		a, op = b, op.Mirrored()
	}
	yes := func(is bool) outcome {
		if is {
			return always
		}
		return never
	}
	switch {
	case (op == isa.OpJLE || op == isa.OpJGT) && a.rng == behindEnd:
		return yes(op == isa.OpJGT)
	case (op == isa.OpJLT || op == isa.OpJGE) && a.rng < 0:
		return yes(op == isa.OpJGE)
	}
	return open
}

// comparePacket records how many bytes the packet has at least (find_good_pkt_pointers).
func (c *checker) comparePacket(s *state, a, b *value, op isa.Opcode, holds bool) {
	if !holds {
		op, _ = op.Negated()
	}
	if a.kind == packetEnd || a.kind == packet && b.kind == packetMeta {
		a, b = b, a
		op = op.Mirrored()
	}
	if !(a.kind == packet && b.kind == packetEnd || a.kind == packetMeta && b.kind == packet && b.off == 0 && b.fixed()) {
		return
	}
	extra := int64(0)
	switch op {
	case isa.OpJLE:
	case isa.OpJLT:
		extra = 1
	case isa.OpJGE, isa.OpJGT: // the same comparison has the same result later (mark_pkt_end)
		if a.kind == packet {
			a.rng = atEnd
			if op == isa.OpJGT {
				a.rng = behindEnd
			}
		}
		return
	default:
		return
	}
	if a.off+extra < 0 || a.off > linux.MostPacketOffset || a.num.umax > linux.MostPacketOffset ||
		a.num.umax+uint64(a.off) > linux.MostPacketOffset {
		return
	}
	rng, what, id := int32(a.off), a.kind, a.id
	s.each(func(v *value) {
		if v.kind == what && v.id == id {
			v.rng = max(v.rng, rng+int32(extra))
		}
	})
}

func (c *checker) accessPacket(s *state, i int, r isa.Register, p value, off, size int64, write bool) bool {
	if p.vague {
		return true
	}
	at := p.off + off
	switch {
	case p.num.smin < 0:
		return c.refuse(s, i, mistake.Unbounded, "the number that was added to %v may be negative", r)
	case at < 0 || at+size > int64(p.rng):
		if p.rng <= 0 {
			return c.refuseFor(cause{kind: mistake.PacketBounds, id: p.id}, s, i, "",
				"%v was not compared with the packet's end on the path to here, or was changed "+
					"after the comparison", r)
		}
		return c.refuse(s, i, mistake.PacketBounds, "an access of %s at offset %d of the packet reaches past the part that was compared "+
			"with its end, which has %s", byteCount(size), at, byteCount(int64(p.rng)))
	}
	return true
}

// reaches records how much of its stack a function uses.
func (c *checker) reaches(s *state, fn int, bytes int64) {
	if !s.guess {
		c.deepest[fn] = max(c.deepest[fn], bytes)
	}
}

// loadPacket follows a packet access of classic BPF (check_ld_abs).
func (c *checker) loadPacket(s *state, i int) bool {
	switch {
	case c.Type == linux.ProgTypeUnspec:
		return true
	case !c.Type.Info().Classic:
		return c.refuse(s, i, mistake.BadInstruction, "programs of type %s cannot use LD_ABS and LD_IND", c.Type)
	}
	in := &c.code[i]
	reads := isa.Registers(isa.R6)
	if in.Op.Mode() == isa.ModeIND {
		reads |= isa.Registers(in.Src)
	}
	if !c.readable(s, i, reads) {
		return false
	}
	regs := &s.top().regs
	if p := &regs[isa.R6]; p.kind != context && p.kind != opaque {
		return c.refuse(s, i, mistake.ArgumentType, "r6 is %s; expected the context", p.kind)
	}
	if !c.nothingHeld(s, i, nil, "where this may end the program") {
		return false
	}
	for r := isa.R1; r <= isa.R5; r++ {
		regs[r] = value{}
	}
	regs[isa.R0] = anyNumber(8)
	return true
}
