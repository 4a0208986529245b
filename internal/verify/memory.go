package verify

import (
	"encoding/binary"
	"math"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// load follows a load from memory.
func (c *checker) load(s *state, i int) bool {
	in := &c.code[i]
	if !c.readable(s, i, isa.Registers(in.Src)) {
		return false
	}
	if in.Dst == isa.R10 {
		return c.refuse(s, i, mistake.FramePointer, "r10 is written, but the frame pointer is read-only")
	}
	size := int64(in.Op.Size().Bytes())
	base := s.top().regs[in.Src]
	v, ok := c.access(s, i, in.Src, base, int64(in.Off), size, false, nil)
	if !ok || !c.usedAlike(s, i, &base) {
		return false
	}
	if in.Op.Mode() == isa.ModeMEMSX {
		if v.kind == number {
			v = value{kind: number, num: signExtended(v.num, int(size), true), vague: v.vague}
		} else {
			v = unclear()
		}
	}
	s.top().regs[in.Dst] = v
	return true
}

// store follows a store to memory, or an atomic operation on it.
func (c *checker) store(s *state, i int) bool {
	in := &c.code[i]
	reads := isa.Registers(in.Dst)
	if in.Op.Class() == isa.ClassSTX {
		reads |= isa.Registers(in.Src)
	}
	atomic := in.Op.Mode() == isa.ModeATOMIC
	if atomic && in.Imm == isa.AtomicOpCmpXchg {
		reads |= isa.Registers(isa.R0)
	}
	size := int64(in.Op.Size().Bytes())
	regs := &s.top().regs
	if atomic && in.Imm == isa.AtomicOpLoadAcquire {
		if !c.readable(s, i, isa.Registers(in.Src)) {
			return false
		}
		v, ok := c.access(s, i, in.Src, regs[in.Src], int64(in.Off), size, false, nil)
		regs[in.Dst] = v
		return ok
	}
	if !c.readable(s, i, reads) {
		return false
	}
	base := regs[in.Dst]
	v := constant(uint64(in.Imm))
	if in.Op.Class() == isa.ClassSTX {
		v = regs[in.Src]
	}
	if !atomic || in.Imm == isa.AtomicOpStoreRelease {
		if in.Op.Class() == isa.ClassSTX && v.kind == number {
			c.link(&regs[in.Src])
			v = regs[in.Src]
		}
		_, ok := c.access(s, i, in.Dst, base, int64(in.Off), size, true, &v)
		return ok && (atomic || c.usedAlike(s, i, &base))
	}
	switch base.kind {
	case context, packet, packetMeta, socket:
		return c.refuse(s, i, mistake.AtomicTarget, "atomic operations on %s are not allowed", base.kind)
	}
	unknown := anyNumber(int(size))
	old, ok := c.access(s, i, in.Dst, base, int64(in.Off), size, false, nil)
	if ok {
		_, ok = c.access(s, i, in.Dst, base, int64(in.Off), size, true, &unknown)
	}
	if !ok {
		return false
	}
	switch { // the old value; what a slot of the stack held is known
	case in.Imm == isa.AtomicOpCmpXchg:
		regs[isa.R0] = old
	case in.Imm&isa.AtomicOpFetch != 0:
		regs[in.Src] = old
	}
	return true
}

// usedAlike checks that an instruction has the same kind of address on all paths. The kernel changes instructions that access its own
// structs, so that they are right for one kind only (save_aux_ptr_type).
func (c *checker) usedAlike(s *state, i int, p *value) bool {
	if s.guess || p.vague || !p.kind.isPointer() {
		return true
	}
	const memoryLike, structLike, contextLike, socketLike = 1, 2, 3, 16
	is := byte(memoryLike)
	switch p.kind {
	case context:
		is = contextLike
	case socket:
		is = socketLike + byte(p.sock)
	case object, allocated:
		is = structLike
	}
	if c.addressed == nil {
		c.addressed = make([]byte, len(c.code))
	}
	if c.addressed[i] == 0 {
		c.addressed[i] = is
	}
	return c.addressed[i] == is || c.refuse(s, i, mistake.BadInstruction,
		"the address here is %s on this path, but something else on another: the kernel "+
			"translates the instruction for one of them only", p.kind)
}

// access checks a load, or a store of v, of some bytes at an offset from a pointer.
func (c *checker) access(s *state, i int, r isa.Register, p value, off, size int64, write bool, v *value) (value, bool) {
	any := anyNumber(int(size))
	switch {
	case p.kind == opaque || p.kind == number && p.vague:
		return unclear(), true
	case p.nullable:
		return any, c.refuseFor(cause{kind: mistake.MaybeNil, id: p.id}, s, i, "",
			"%v, %s, may be nil: it was not compared with 0 on the path to here",
			r, c.pointerText(s, &p))
	case p.kind == number && p.gone > 0:
		return any, c.refuseFor(cause{kind: mistake.UsedAfterRelease, gone: p.gone}, s, i, "",
			"the object that %v pointed to was released before, at %s",
			r, c.place(int(p.gone-1)))
	case p.kind == number && p.gone < 0:
		why, help := c.lost(&p)
		return any, c.refuseFor(cause{kind: mistake.NotAPointer, gone: p.gone}, s, i, help, "%v is used as an address, but %s", r, why)
	case p.kind == number:
		return any, c.refuse(s, i, mistake.NotAPointer, "%v is used as an address, but it is a number%s", r, c.numberFrom(i, r))
	case p.kind == packetEnd || p.kind == mapItself && write || p.kind == function:
		return any, c.refuse(s, i, mistake.NotAPointer, "%v is used as an address, but it is %s", r, p.kind)
	}
	if v != nil && c.NoPerfmon && v.kind.isPointer() && p.kind != stack {
		return any, c.refuse(s, i, mistake.AddressLeak, "writing a pointer to %s needs CAP_PERFMON", p.kind)
	}
	switch p.kind {
	case context:
		return c.accessContext(s, i, r, p, off, size, write)
	case stack:
		return c.accessStack(s, i, r, p, off, size, write, v)
	case mapValue:
		if !write && p.m >= 0 && c.maps[p.m].Flags&uint32(linux.MapReadOnlyProg) != 0 {
			any = c.frozen(p, off, size)
		}
		if k, ok := c.kptrAt(s, p, off, size); ok && !write {
			any = k
		}
		return any, c.accessMap(s, i, r, p, off, size, write) && (!write || c.storeKptr(s, i, &p, off, size, v))
	case mapKey:
		return any, c.inside(s, i, r, p, off, size, int64(c.maps[p.m].Key), mistake.MapBounds, "the map's key")
	case memory:
		if write && p.readOnly {
			return any, c.refuse(s, i, mistake.ReadOnlyMemory, "%v points to read-only memory", r)
		}
		return any, c.inside(s, i, r, p, off, size, p.size, mistake.MemoryBounds, "the memory")
	case packet, packetMeta:
		if write && !c.Type.Info().WritesPackets && c.Type != linux.ProgTypeUnspec {
			return any, c.refuse(s, i, mistake.ReadOnlyMemory, "programs of type %s cannot write into packets", c.Type)
		}
		return any, c.accessPacket(s, i, r, p, off, size, write)
	case object:
		return c.accessObject(s, i, r, p, off, size, write)
	case socket:
		return c.accessSocket(s, i, r, p, off, size, write)
	case allocated:
		return c.accessAllocated(s, i, r, p, off, size, write)
	}
	return unclear(), true
}

// frozen is a number in a map that is read-only for programs. The kernel reads it from the map if nobody can write there any more, and if
// the offset is known (bpf_map_is_rdonly, bpf_map_direct_read).
func (c *checker) frozen(p value, off, size int64) value {
	m := &c.maps[p.m]
	at := p.off + off
	if !p.fixed() || at < 0 || at+size > int64(len(m.Frozen)) {
		v := anyNumber(int(size))
		v.vague = m.Frozen == nil // it may be frozen
		return v
	}
	var bytes [8]byte
	copy(bytes[:], m.Frozen[at:at+size])
	return constant(binary.LittleEndian.Uint64(bytes[:]))
}

// inside checks an access against a size (check_mem_region_access).
func (c *checker) inside(s *state, i int, r isa.Register, p value, off, size, limit int64, kind mistake.Kind, what string) bool {
	if p.vague {
		return true
	}
	lo, hi := p.num.smin, p.num.umax
	switch {
	case p.num.smin < 0 && (p.num.smin == math.MinInt64 || off+p.off+lo != int64(int32(off+p.off+lo)) || p.off+off+lo < 0):
		return c.refuse(s, i, mistake.Unbounded, "the index that was added to %v may be negative, %s: compare it as unsigned, or mask it",
			r, p.num.text())
	case p.off+off+lo < 0 || p.off+off+lo+size > limit:
		return c.refuse(s, i, kind, "an access of %s at offset %d from %v reaches outside of %s, which has %s", byteCount(size),
			p.off+off+lo, r, what, byteCount(limit))
	case hi >= linux.OffsetLimit:
		return c.refuse(s, i, mistake.Unbounded, "the index that was added to %v has no upper limit: compare it with the size, or mask it",
			r)
	case p.off+off+int64(hi)+size > limit:
		return c.refuse(s, i, kind, "the index that was added to %v may be %d: an access of %s at offset %d reaches outside of %s, "+
			"which has %s", r, hi, byteCount(size), p.off+off+int64(hi), what, byteCount(limit))
	}
	return true
}
