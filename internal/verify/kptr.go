package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A kptr is a pointer to an object, in a map's value or in an allocated object. It is read like memory, but changed only by bpf_kptr_xchg,
// which passes on who owns the object. One with the tag kptr_untrusted owns nothing, and is written like memory too.

// counts reports whether a pointer owns its object; ok is false if that is not known.
func (f *Field) counts() (is, ok bool) { return f.Tag != tagUntrusted && f.Tag != tagUser, f.Tag != "" }

// pointee is the object that a kptr points to: not nullable, not held. ok is false if it is not known. As in the kernel, structs of the
// kernel come before those of the program (btf_parse_kptr, kernel/bpf/btf.c).
func (c *checker) pointee(f *Field) (v value, ok bool) {
	if c.Types == nil || f.Tag == tagUser {
		return unclear(), false
	}
	if id, err := c.Types.Composite(f.To); err == nil {
		v = pointer(object)
		v.typ = id
		return v, true
	}
	if f.Own == 0 || c.Own == nil {
		return unclear(), false
	}
	v = pointer(allocated)
	v.typ = f.Own
	return v, true
}

// guardedByRCU reports whether pointers are valid where they are read from memory that others change (in_rcu_cs).
func (c *checker) guardedByRCU(s *state) bool {
	return s.rcu > 0 || s.isHeld(spinLock) || !c.Sleepable && !c.Type.Info().Sleeps
}

// kptrAt is what a kptr in a map's value holds, if there is a kptr at the offset (btf_ld_kptr_type).
func (c *checker) kptrAt(s *state, p value, off, size int64) (value, bool) {
	if p.m < 0 || size != 8 {
		return value{}, false
	}
	if !p.fixed() {
		return unclear(), slices.ContainsFunc(c.maps[p.m].Fields, func(f Field) bool { return f.Name == Kptr })
	}
	f := fieldAt(c.maps[p.m].Fields, Kptr, p.off+off)
	if f == nil {
		return value{}, false
	}
	v, ok := c.pointee(f)
	if !ok {
		return unclear(), true
	}
	v.nullable, v.id = true, c.newID()
	counts, known := f.counts()
	guarded := c.guardedByRCU(s) && (v.kind == allocated || f.Tag == tagPerCPU || linux.GuardedByRCU(f.To))
	switch {
	case !known:
		v.trust = walked
	case !counts, !guarded:
		v.trust = untrusted
	default:
		v.trust, v.perCPU = rcu, f.Tag == tagPerCPU
		if fields, known := c.fieldsIn(&v); known && slices.ContainsFunc(fields, func(f Field) bool {
			return f.Name == "bpf_list_node" ||
				f.Name == "bpf_rb_node"
		}) {
			v.trust = borrowed
		}
	}
	return v, true
}

// storeKptr checks a store to a kptr in a map's value.
func (c *checker) storeKptr(s *state, i int, p *value, off, size int64, v *value) bool {
	if p.m < 0 || !p.fixed() {
		return true
	}
	f := fieldAt(c.maps[p.m].Fields, Kptr, p.off+off)
	if f == nil {
		return true
	}
	counts, known := f.counts()
	switch {
	case !known:
		return true
	case c.code[i].Op.Mode() != isa.ModeMEM:
		return c.refuse(s, i, mistake.SpecialField, "a kptr cannot be changed by an atomic operation")
	case counts || f.Tag == tagUser:
		return c.refuse(s, i, mistake.SpecialField, "the kptr at offset %d of the value owns an object: only bpf_kptr_xchg changes it",
			f.Offset)
	case v == nil || v.isZero() || v.kind == opaque || v.vague:
		return true
	}
	return c.fitsKptr(s, i, f, v, "the value that is stored")
}

// fitsKptr checks that a pointer may be put into a kptr (map_kptr_match_type).
func (c *checker) fitsKptr(s *state, i int, f *Field, v *value, what string) bool {
	to, ok := c.pointee(f)
	if !ok || v.kind == opaque || v.vague {
		return true
	}
	counts, known := f.counts()
	want := pointerTo(f.To)
	switch {
	case v.kind != to.kind:
		return c.refuse(s, i, mistake.ArgumentType, "%s is %s; the kptr at offset %d holds %s", what, v.describe(), f.Offset, want)
	case known && v.perCPU != (f.Tag == tagPerCPU):
		return c.refuse(s, i, mistake.ArgumentType, "%s is not for a kptr with the tag %s", what, f.Tag)
	case !v.num.isConst():
		return c.refuse(s, i, mistake.ModifiedPointer, "the offset of %s is not a known constant", what)
	case v.typ == 0 || v.typ == to.typ:
		return true
	case v.kind == object && (!counts || !known) && (v.off != 0 || c.Types.Embeds(v.typ, to.typ)):
		return true // a struct within it may be meant
	case v.kind == object:
		return c.refuse(s, i, mistake.ArgumentType, "%s is %s; the kptr at offset %d holds %s", what, pointerTo(c.Types.Name(v.typ)),
			f.Offset, want)
	}
	return c.refuse(s, i, mistake.ArgumentType, "%s is %s; the kptr at offset %d holds %s", what, c.ownStruct(v.typ), f.Offset,
		c.ownStruct(to.typ))
}

// kptr checks the address of a kptr, and what is put there: the kptr then owns it.
func (a *argument) kptr() bool {
	c, s, i, v := a.c, a.s, a.i, a.v
	if v.kind == memory || v.kind == object {
		s.guess = true
		return true
	}
	if v.kind != mapValue && v.kind != allocated || v.nullable || v.perCPU || v.trust == untrusted {
		return a.wrong("the address of a kptr in a map's value or an allocated object")
	}
	old := &s.top().regs[isa.R2]
	if fields, known := c.fieldsIn(v); known {
		if !v.num.isConst() {
			return a.refuse(mistake.SpecialField, "the offset of argument 1 of %s must be a known constant", a.name)
		}
		f := fieldAt(fields, Kptr, v.off+int64(v.num.bits.value))
		if f == nil {
			return a.refuse(mistake.SpecialField,
				"argument 1 of %s must be the address of a kptr, but there is none at offset %d of %s",
				a.name, v.off, c.holderText(v))
		}
		if counts, known := f.counts(); known && !counts {
			return a.refuse(mistake.SpecialField,
				"argument 1 of %s must be a kptr that owns its object; the one at offset %d has the tag %s",
				a.name, f.Offset, f.Tag)
		}
		a.field = f
		if !c.passedOn(a, old, f) {
			return false
		}
	}
	if old.ref != 0 {
		s.letGo(old.ref, func(v *value) { c.kept(s, i, v) })
	} else if !old.isZero() {
		s.guess = true
	}
	return true
}

// passedOn checks the object that is put into a kptr: the program must own it.
func (c *checker) passedOn(a *argument, v *value, f *Field) bool {
	switch {
	case v.kind == opaque || v.vague:
		return true
	case v.isZero() && v.gone == 0:
		return true
	case v.kind != object && v.kind != allocated:
		b := *a
		b.n, b.v = a.n+1, v
		return b.wrong("0, or a pointer that the program acquired")
	case v.nullable:
		return a.refuse(mistake.MaybeNil, "argument 2 of %s may be nil: compare it with 0 before the call", a.name)
	case v.ref == 0:
		return a.refuse(mistake.ReleasedTwice,
			"argument 2 of %s must be 0, or a pointer that the program acquired; it was not acquired, or was "+
				"given away before", a.name)
	case v.off != 0:
		return a.refuse(mistake.ModifiedPointer, "argument 2 of %s must be the address of the object itself; %d was added to it",
			a.name, v.off)
	}
	return c.fitsKptr(a.s, a.i, f, v, "argument 2 of "+a.name)
}

// kept changes a pointer to an object that a kptr owns from there on. To one that each CPU has of its own, it stays valid where RCU
// protects it.
func (c *checker) kept(s *state, i int, v *value) {
	if v.kind == allocated && v.perCPU && c.guardedByRCU(s) {
		v.ref, v.trust = 0, rcu
		return
	}
	v.giveBack(i)
}

// swapped is what was in a kptr.
func (h *helperCall) swapped() value {
	c := h.c
	v := pointer(object)
	if h.field == nil {
		v.vague = true
	} else if to, ok := c.pointee(h.field); ok {
		v = to
		v.perCPU = h.field.Tag == tagPerCPU
	} else {
		v.vague = true
	}
	v.trust, v.nullable, v.ref = trusted, true, c.hold(h.s, h.i, reference)
	v.id = v.ref
	return v
}
