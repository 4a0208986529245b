package verify

import (
	"fmt"
	"math"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// computePointer is arithmetic with a pointer (adjust_ptr_min_max_vals).
func (c *checker) computePointer(s *state, i int, dst *value, src value, op isa.Opcode, wide bool) bool {
	p, by := *dst, src
	switch {
	case dst.kind.isPointer() && src.kind.isPointer():
		if op == isa.OpSub && !c.NoPerfmon { // the distance, for those who may see addresses
			*dst = anyNumber(8)
			return true
		}
		if op == isa.OpAdd {
			return c.refuse(s, i, "pointer-arithmetic", "two pointers are added")
		}
		return c.refuse(s, i, "pointer-arithmetic", "two pointers are computed with")
	case src.kind.isPointer():
		p, by = src, *dst
		if op == isa.OpSub && wide {
			return c.refuse(s, i, "pointer-arithmetic", "a pointer is subtracted from a number")
		}
	}
	if !wide {
		switch {
		case op == isa.OpSub && !c.NoPerfmon:
			*dst = anyNumber(8)
			return true
		default:
			return c.refuse(s, i, "pointer-arithmetic", "arithmetic with a pointer in 32 bits")
		}
	}
	switch op {
	case isa.OpAdd, isa.OpSub:
	case isa.OpAnd, isa.OpOr, isa.OpXor:
		return c.refuse(s, i, "pointer-arithmetic", "bits of a pointer are computed with")
	default:
		return c.refuse(s, i, "pointer-arithmetic", "a pointer may be added to or subtracted from, and nothing else")
	}
	if by.vague || by.kind == opaque || p.vague {
		q := p
		q.vague = true
		*dst = q
		return true
	}
	if p.nullable {
		return c.refuse(s, i, "maybe-nil", "arithmetic with a pointer that may be nil: compare it with 0 first")
	}
	switch p.kind {
	case mapItself:
		if !(by.isConst() && by.num.bits.value == 0) {
			return c.refuse(s, i, "pointer-arithmetic", "arithmetic with a map itself")
		}
	case packetEnd, socket, function:
		return c.refuse(s, i, "pointer-arithmetic", "arithmetic with %s", p.kind)
	}
	n := by.num
	const limit = 1 << 29
	if by.isConst() {
		k := int64(n.bits.value)
		if op == isa.OpSub {
			k = -k
		}
		if k >= limit || k <= -limit {
			return c.refuse(s, i, "unbounded", "%d is too much to add to %s", k, p.kind)
		}
		p.off += k
		if p.off >= limit || p.off <= -limit {
			return c.refuse(s, i, "unbounded", "offset %d of %s is too far", p.off, p.kind)
		}
		if p.off != int64(int32(p.off)) {
			p.vague = true
		}
		*dst = p
		return true
	}
	if n.smin == math.MinInt64 {
		return c.refuse(s, i, "unbounded", "the number that is added to %s has no lower limit: compare it without sign, or mask it, before", p.kind)
	}
	if n.smin >= limit || n.smin <= -limit {
		return c.refuse(s, i, "unbounded", "the number that is added to %s may be %d", p.kind, n.smin)
	}
	sum, _ := computed(op, 0, true, p.num, n)
	if op == isa.OpSub {
		sum, _ = computed(isa.OpSub, 0, true, p.num, n)
	}
	q := p
	q.num = sum
	if q.kind == packet || q.kind == packetMeta || q.kind == mapValue && q.id != 0 {
		q.id = c.newID()
		if n.smin < 0 || op == isa.OpSub {
			q.rng = 0
		}
		if q.kind == packet || q.kind == packetMeta {
			q.rng = 0
		}
	}
	*dst = q
	if sum.smin >= limit || sum.smin <= -limit && sum.smin != math.MinInt64 {
		return c.refuse(s, i, "unbounded", "the offset of %s may be %d", p.kind, sum.smin)
	}
	return true
}

// loadConstant is a 64-bit load: of a number, a map, the value of one or a function.
func (c *checker) loadConstant(s *state, i int) bool {
	in := &c.code[i]
	if in.Dst == isa.R10 {
		return c.refuse(s, i, "frame-pointer", "r10 cannot be written")
	}
	dst := &s.top().regs[in.Dst]
	switch in.Src {
	case 0:
		*dst = constant(uint64(in.Imm))
	case 1, 5: // a map
		*dst = pointer(mapItself)
		dst.m = c.mapIndex(int32(in.Imm))
		if in.Src == 5 {
			dst.m, dst.vague = -1, true
		}
	case 2, 6: // an address in the value of an array of one element
		*dst = pointer(mapValue)
		dst.m = c.mapIndex(int32(in.Imm))
		if in.Src == 6 {
			dst.m = -1
		}
		dst.off = int64(uint32(in.Imm >> 32))
		if dst.m < 0 || c.maps[dst.m].Type == "arena" {
			*dst = unclear()
		}
	case 4:
		*dst = pointer(function)
		dst.fn = int16(c.code[in.to].fn)
	default:
		*dst = unclear()
	}
	return true
}

// notSleeping are types of maps that programs which may sleep cannot use (check_map_prog_compatibility).
var notSleeping = [...]string{"perf_event_array", "stack_trace", "cgroup_array", "devmap", "devmap_hash", "cpumap", "sockmap", "sockhash", "bloom_filter"}

// mapIndex finds a map by its descriptor; -1 for those that nothing is known of.
func (c *checker) mapIndex(fd int32) int16 {
	if n, ok := c.mapOf[fd]; ok {
		return n
	}
	return -1
}

// resolve looks at what instructions name before the walk (resolve_pseudo_ldimm64).
func (c *checker) resolve() bool {
	for fd, m := range c.Maps {
		c.mapOf[fd] = int16(len(c.maps))
		c.maps = append(c.maps, m)
	}
	for i := range c.code {
		in := &c.code[i]
		c.patient = c.patient || c.loops(i)
		c.kernelCalls = c.kernelCalls || in.IsKfuncCall()
		if !in.IsWide() || c.Maps == nil {
			continue
		}
		fd := int32(in.Imm)
		switch in.Src {
		case 1, 2:
			n := c.mapIndex(fd)
			if n < 0 {
				c.report(in.slot, "bad-map", "descriptor "+fmt.Sprint(int64(fd))+" is no map")
				return false
			}
			if m := &c.maps[n]; c.Sleepable && slices.Contains(notSleeping[:], m.Type) {
				c.report(in.slot, "bad-map", "programs that may sleep cannot use the map "+m.Name+", which is of type "+m.Type)
				return false
			} else if _, locked := m.Special["bpf_spin_lock"]; locked && c.Type == "socket_filter" {
				c.report(in.slot, "bad-map", "programs of type socket_filter cannot use the map "+m.Name+", whose values have a spin lock")
				return false
			}
			if off := uint32(in.Imm >> 32); in.Src == 2 && off >= max(c.maps[n].Value, 1) && c.maps[n].Type == "array" {
				c.report(in.slot, "map-bounds", "offset "+fmt.Sprint(int64(off))+" is outside of the value of "+c.maps[n].Name+", which has "+fmt.Sprint(int64(c.maps[n].Value))+" bytes")
				return false
			}
		}
	}
	return true
}
