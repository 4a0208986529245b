package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A lock protects what is beside it: in the same value of a map, or in the same allocated object. There are two kinds of locks. A
// bpf_spin_lock is taken by a helper, one at a time. Several bpf_res_spin_locks may be held; the functions of the kernel that take them
// may fail, and they are released in reverse order. (process_spin_lock, kernel/bpf/verifier.c)

// An allocation is where a lock and what it protects are: an element of a map, or an object. Look-ups of one element count as different
// ones.
type allocation struct {
	known bool
	m     int16 // of a map; inObject for objects
	id    uint32
}

const inObject = -2

// allocationOf is the allocation that a pointer points into.
func allocationOf(v *value) allocation {
	switch {
	case v.kind == mapValue && v.m >= 0:
		return allocation{known: !v.vague, m: v.m, id: v.id}
	case v.kind == allocated:
		return allocation{known: !v.vague, m: inObject, id: v.id}
	}
	return allocation{}
}

// differs reports whether two allocations are known to be different.
func (a allocation) differs(b allocation) bool {
	return a.known && b.known && (a.m != b.m || a.id != b.id)
}

// lockAt checks that there is a lock of a kind where an argument points to. known is false if that is not followed.
func (c *checker) lockAt(s *state, i int, v *value, name, argument string) (known, ok bool) {
	fields, listed := c.fieldsIn(v)
	if !v.num.isConst() {
		return true, c.refuse(s, i, mistake.SpecialField, "the offset of %s must be a known constant", argument)
	}
	if !listed {
		return v.kind == allocated || v.m >= 0, true
	}
	f := fieldNamed(fields, name)
	switch {
	case f == nil:
		return true, c.refuse(s, i, mistake.SpecialField, "%s must be a %s, but there is none in %s", argument, name, c.holderText(v))
	case v.off != int64(f.Offset):
		return true, c.refuse(s, i, mistake.SpecialField, "the %s is at offset %d of %s, but %s is at offset %d", name, f.Offset,
			c.holderText(v), argument, v.off)
	}
	return true, true
}

// holderText names what a pointer points into, in messages about its fields.
func (c *checker) holderText(v *value) string {
	switch {
	case v.kind == allocated:
		return c.ownStruct(v.typ)
	case v.m >= 0 && c.maps[v.m].Name != "":
		return "the value of " + c.maps[v.m].Name
	}
	return "the value"
}

// take takes a lock.
func (c *checker) take(s *state, i int, v *value) {
	c.hold(s, i, spinLock)
	s.held[len(s.held)-1].in = allocationOf(v)
}

// lock follows the taking and the release of a spin lock by a helper.
func (a *argument) lock() bool {
	c, s, i, v := a.c, a.s, a.i, a.v
	if v.kind == object || v.kind == memory {
		s.guess = true
		return true
	}
	if v.nullable || v.kind != mapValue && v.kind != allocated || v.kind == allocated && (v.ref == 0 || v.perCPU) {
		return a.wrong("a spin lock in a map's value or in an object that the program owns")
	}
	if _, ok := c.lockAt(s, i, v, spinLockField, "the argument of "+a.name); !ok {
		return false
	}
	if a.kind == linux.ArgUnlock {
		return c.unlock(s, i, v, a.name)
	}
	if s.isHeld(spinLock) {
		return c.refuse(s, i, mistake.ForbiddenWithLock, "a second spin lock is taken while %s is held", c.theLock(s))
	}
	c.take(s, i, v)
	return true
}

// unlock releases a lock. It must be the one that was taken last.
func (c *checker) unlock(s *state, i int, v *value, name string) bool {
	in, last, other := allocationOf(v), -1, -1
	for n, h := range s.held {
		switch {
		case h.kind != spinLock || !c.isReleasedBy(h, name):
		case h.in.differs(in):
			other = n
		default:
			last = n
		}
	}
	switch {
	case last >= 0 && other > last && in.known:
		return c.refuse(s, i, mistake.NotHeld, "%s must be released before this lock", c.thingAt(s, other))
	case last >= 0:
		s.held = slices.Delete(slices.Clone(s.held), last, last+1)
		c.endBorrowing(s, i)
		return true
	case other >= 0:
		return c.refuse(s, i, mistake.NotHeld, "%s is held, but another lock is released here", c.thingAt(s, other))
	}
	return c.refuse(s, i, mistake.NotHeld, "no spin lock is held here that %s releases", name)
}

// resilient follows the functions of the kernel for bpf_res_spin_lock.
func (c *checker) resilient(s *state, i int, p *proto, parent *visit) bool {
	regs := &s.top().regs
	v := regs[isa.R1]
	if v.kind == opaque || v.vague || len(p.params) == 0 {
		return c.kernelUnknown(s, i)
	}
	argument := inRegister(isa.R1, p.params[0].name) + ", an argument of " + p.name + ","
	takes := p.row.Has(linux.FuncLocks)
	if v.nullable || v.kind != mapValue && v.kind != allocated || v.perCPU {
		return c.wrongObject(s, i, p, 0, &v, "a "+resSpinLockField+" in a map's value or in an allocated object")
	}
	if v.kind == allocated && v.ref == 0 && v.trust != borrowed {
		return c.refuse(s, i, mistake.UsedAfterRelease, "%s is in an object that the program does not own", argument)
	}
	known, ok := c.lockAt(s, i, &v, resSpinLockField, argument)
	if !ok {
		return false
	}
	if !known {
		return c.kernelUnknown(s, i)
	}
	if takes {
		c.failedLock(s, i, parent)
		in := allocationOf(&v)
		if n := slices.IndexFunc(s.held, func(h held) bool {
			return h.kind == spinLock && c.takesResilient(h) && in.known && h.in == in
		}); n >= 0 {
			return c.refuse(s, i, mistake.ForbiddenWithLock, "%s is held, and the same lock is taken again", c.thingAt(s, n))
		}
		c.take(s, i, &v)
	} else if !c.unlock(s, i, &v, p.name) {
		return false
	}
	if p.row.Has(linux.FuncSavesFlags | linux.FuncRestoresFlags) {
		return c.irq(s, i, p, isa.R2)
	}
	c.endLockCall(s, takes)
	return true
}

// endLockCall sets the result: 0 where the lock was taken.
func (c *checker) endLockCall(s *state, takes bool) {
	c.forget(s)
	if takes {
		s.top().regs[isa.R0] = constant(0)
	}
}

// failedLock leaves the path on which a lock was not taken for later.
func (c *checker) failedLock(s *state, i int, parent *visit) {
	failed := c.room.clone(s)
	c.forget(failed)
	v := anyNumber(4)
	v.num = between(-linux.MostErrno, -1)
	v.num.extend32()
	failed.top().regs[isa.R0] = v
	c.later(failed, i+1, parent)
	c.room.release(failed)
}

// isReleasedBy reports whether a function releases a held lock.
func (c *checker) isReleasedBy(h held, name string) bool {
	gives, ok := linux.HoldingOf(c.calledAt(h.insn))
	return ok && slices.Contains(gives.Back, name)
}

// takesResilient reports whether a held lock is a bpf_res_spin_lock.
func (c *checker) takesResilient(h held) bool { return h.insn >= 0 && c.code[h.insn].IsKfuncCall() }

// thingAt names a held thing.
func (c *checker) thingAt(s *state, n int) string {
	thing, _ := c.thing(s.held[n])
	return thing
}
