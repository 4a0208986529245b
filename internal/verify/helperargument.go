package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// memory checks that so many bytes may be read or written.
func (h *helperCall) memory(n int, v value, size scalar, write, zero bool, wrong func(string) bool) bool {
	c, s, i := h.c, h.s, h.i
	r := isa.R1 + isa.Register(n)
	switch v.kind {
	case stack, mapValue, mapKey, memory, packet, packetMeta:
		if v.nullable {
			return wrong("memory")
		}
	case object:
		return true
	default:
		return wrong("memory")
	}
	switch {
	case size.smin < 0:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s may be negative, %s: compare it without sign, or mask it", n+1, h.name, size.text())
	case size.umax >= 1<<29:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s is not bounded, %s: compare it, or mask it", n+1, h.name, size.text())
	case size.umin == 0 && !zero:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s may be 0", n+1, h.name)
	case size.umax == 0:
		return true
	}
	for _, bytes := range [...]int64{max(int64(size.umin), 1), int64(size.umax)} {
		ok := true
		switch v.kind {
		case stack:
			ok = h.onStack(n, v, bytes, write)
		case mapValue:
			ok = c.accessMap(s, i, r, v, 0, bytes, write)
		case mapKey:
			ok = c.inside(s, i, r, v, 0, bytes, int64(c.maps[v.m].Key), mistake.MapBounds, "the map's key")
		case memory:
			ok = c.inside(s, i, r, v, 0, bytes, v.size, mistake.MemoryBounds, "the memory")
		case packet, packetMeta:
			ok = c.accessPacket(s, i, r, v, 0, bytes, write)
		}
		if !ok {
			return false
		}
	}
	return true
}

func scalarOf(n int64) scalar { return exactly(uint64(n)) }

// onStack checks a buffer on the stack.
func (h *helperCall) onStack(n int, v value, size int64, write bool) bool {
	c, s, i := h.c, h.s, h.i
	if !v.fixed() {
		lo, hi := v.off+v.num.smin, v.off+v.num.smax
		if lo < -stackSize || hi+size > 0 {
			return c.refuse(s, i, mistake.StackBounds, "argument %d of %s reaches outside of the stack", n+1, h.name)
		}
		if write {
			c.blur(s, int(v.frame))
		}
		return true
	}
	if v.off < -stackSize || v.off+size > 0 {
		return c.refuse(s, i, mistake.StackBounds, "argument %d of %s, %d bytes at %d from r10, reaches outside of the stack", n+1, h.name, size, v.off)
	}
	f := &s.frames[v.frame]
	c.reaches(s, f.fn, -v.off)
	for len(f.stack) <= int(-v.off-1)/8 {
		f.stack = append(f.stack, slot{})
	}
	for at := v.off; at < v.off+size; at++ {
		k, b := int(-at-1)/8, int((at%8+8)%8)
		sl := &f.stack[k]
		switch tag := sl.bytes[b]; {
		case tag == dynptr || tag == iterator || tag == irqFlag:
			if !write {
				return c.refuse(s, i, mistake.UninitialisedStack, "argument %d of %s covers a dynptr, an iterator or saved flags", n+1, h.name)
			}
			s.guess = true
		case write:
			if tag == spilled {
				for x := range sl.bytes {
					if sl.bytes[x] == spilled {
						sl.bytes[x] = misc
					}
				}
			}
			sl.bytes[b] = misc
		case tag == unwritten && c.NoPerfmon && !sl.keepsNumber():
			return c.refuse(s, i, mistake.UninitialisedStack, "argument %d of %s: the byte at %d from r10 was never written", n+1, h.name, at)
		}
	}
	return true
}

// kptr checks the address of a kptr; what is put there belongs to the map from now on.
func (h *helperCall) kptr(n int, v *value, wrong func(string) bool) bool {
	if v.kind == memory || v.kind == object {
		h.s.guess = true
		return true
	}
	if v.kind != mapValue || v.nullable {
		return wrong("the address of a kptr in a map's value")
	}
	if old := &h.s.top().regs[isa.R2]; old.ref != 0 {
		h.s.release(old.ref)
	} else if !old.isZero() {
		h.s.guess = true
	}
	return true
}

func (h *helperCall) lock(v *value, unlock bool, wrong func(string) bool) bool {
	c, s, i := h.c, h.s, h.i
	if v.kind != mapValue || v.nullable {
		if v.kind == object || v.kind == memory {
			s.guess = true
			return true
		}
		return wrong("a spin lock in a map's value")
	}
	if v.m >= 0 {
		at, has := c.maps[v.m].Special["bpf_spin_lock"]
		if has && v.fixed() && v.off != int64(at) {
			return c.refuse(s, i, mistake.SpecialField, "the spin lock is at offset %d of the value, and %s is given offset %d", at, h.name, v.off)
		}
	}
	if unlock {
		for n, x := range s.held {
			if x.kind == spinLock {
				s.held = slices.Delete(slices.Clone(s.held), n, n+1)
				return true
			}
		}
		return c.refuse(s, i, mistake.NotHeld, "no spin lock is held here")
	}
	if s.isHeld(spinLock) {
		return c.refuse(s, i, mistake.ForbiddenWithLock, "a spin lock is taken with %s held", c.theLock(s))
	}
	c.hold(s, i, spinLock)
	return true
}

// dynptr checks a dynptr on the stack.
func (h *helperCall) dynptr(n int, v *value, k byte) bool {
	c, s, i := h.c, h.s, h.i
	if v.kind != stack || !v.fixed() {
		if v.kind == object || v.kind == memory {
			s.guess = true
			return true
		}
		return c.refuse(s, i, mistake.ArgumentType, "argument %d of %s must be a dynptr on the stack", n+1, h.name)
	}
	f := &s.frames[v.frame]
	at := int(-v.off-1) / 8
	for len(f.stack) <= at {
		f.stack = append(f.stack, slot{})
	}
	if v.off%8 != 0 || at < 1 {
		return c.refuse(s, i, mistake.NotHeld, "a dynptr takes 16 bytes at a multiple of 8")
	}
	lo, hi := &f.stack[at], &f.stack[at-1]
	is := lo.bytes[0] == dynptr && lo.first
	switch k {
	case 'D':
		if lo.bytes[0] == dynptr && s.holds(lo.id) || hi.bytes[0] == dynptr && s.holds(hi.id) {
			return c.refuse(s, i, mistake.UnreleasedReference, "%s must be given back, and is overwritten", c.thingOf(s, lo.id, hi.id))
		}
		id := c.hold(s, i, reference)
		lo.become(dynptr, id)
		hi.become(dynptr, id)
		lo.first = true
	case 'd', 'E':
		if !is {
			return c.refuse(s, i, mistake.NotHeld, "argument %d of %s must be a dynptr, and there is none at %d from r10", n+1, h.name, v.off)
		}
		if k == 'd' {
			h.of = lo.id
			return true
		}
		id := lo.id
		if !s.release(id) {
			return c.refuse(s, i, mistake.ReleasedTwice, "the dynptr does not have to be given back")
		}
		*lo, *hi = slot{}, slot{}
		s.each(func(v *value) {
			if v.ref == id || v.of == id {
				v.giveBack(i)
			}
		})
	}
	return true
}
