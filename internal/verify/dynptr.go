package verify

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A dynptr takes two slots of the stack. One of a ring buffer must be released; others may be overwritten, and memory that was got from
// them is then lost.

// dynptrAt finds the frame of a dynptr and the number of its lower slot; the other is the one before that. ok is false if no dynptr can
// be there.
func (c *checker) dynptrAt(s *state, v *value) (f *frame, at int, ok bool) {
	f, at = &s.frames[v.frame], int(-v.off-1)/8
	if v.off%8 != 0 || at < 1 || at >= linux.StackSize/8 {
		return nil, 0, false
	}
	for len(f.stack) <= at {
		f.stack = append(f.stack, slot{})
	}
	return f, at, true
}

// isDynptr reports whether there is a dynptr at a slot.
func (f *frame) isDynptr(at int) bool {
	lo, hi := &f.stack[at], &f.stack[at-1]
	return lo.bytes[0] == dynptr && lo.first && hi.bytes[0] == dynptr && hi.id == lo.id
}

// makeDynptr makes a dynptr at a slot, in place of others there. id is its identity, or the reference.
func (c *checker) makeDynptr(s *state, i int, f *frame, at int, id func() uint32) bool {
	for _, k := range [2]int{at, at - 1} {
		if sl := &f.stack[k]; sl.bytes[0] == dynptr {
			if s.holds(sl.id) {
				return c.refuse(s, i, mistake.UnreleasedReference, "%s must be released before it is overwritten", c.thingOf(s, sl.id))
			}
			c.dropDynptr(s, i, f, k)
		}
	}
	n := id()
	f.stack[at].become(dynptr, n)
	f.stack[at-1].become(dynptr, n)
	f.stack[at].first = true
	return true
}

// dropDynptr forgets both slots of a dynptr, and the memory that was got from it.
func (c *checker) dropDynptr(s *state, i int, f *frame, k int) {
	id := f.stack[k].id
	other := k - 1
	if !f.stack[k].first {
		other = k + 1
	}
	for _, n := range [2]int{k, other} {
		if n >= 0 && n < len(f.stack) && f.stack[n].bytes[0] == dynptr {
			f.stack[n] = slot{}
		}
	}
	s.each(func(v *value) {
		if id != 0 && v.of == id {
			v.giveBack(i)
		}
	})
}

// dynptr checks a dynptr on the stack.
func (a *argument) dynptr() bool {
	c, s, i, n, v := a.c, a.s, a.i, a.n, a.v
	if v.kind != stack || !v.fixed() {
		if v.kind == object || v.kind == memory {
			s.guess = true
			return true
		}
		return c.refuse(s, i, mistake.ArgumentType, "%s", phrase.Argument(n+1, a.name, v.describe(), "a dynptr on the stack"))
	}
	f, at, ok := c.dynptrAt(s, v)
	if !ok {
		return c.refuse(s, i, mistake.NotHeld, "a dynptr needs 16 bytes of stack at a multiple of 8")
	}
	switch a.kind {
	case linux.ArgNewDynptr:
		return c.makeDynptr(s, i, f, at, func() uint32 { return c.hold(s, i, reference) })
	case linux.ArgOwnDynptr:
		return c.makeDynptr(s, i, f, at, c.newID)
	}
	if !f.isDynptr(at) {
		return c.refuse(s, i, mistake.NotHeld, "argument %d of %s must be a dynptr; there is no dynptr at %d from r10", n+1, a.name, v.off)
	}
	id := f.stack[at].id
	if a.kind == linux.ArgDynptr {
		a.of = id
		return true
	}
	if !s.release(id) {
		return c.refuse(s, i, mistake.ReleasedTwice, "the dynptr was not acquired, so it cannot be released")
	}
	c.dropDynptr(s, i, f, at)
	s.each(func(v *value) {
		if v.ref == id {
			v.giveBack(i)
		}
	})
	return true
}

// isDynptr reports whether an argument of a kernel function is a dynptr.
func (a *param) isDynptr() bool { return a.to == "bpf_dynptr" || a.to == "bpf_dynptr_kern" }

// kernelDynptr checks a dynptr that is passed to a kernel function. Functions make a dynptr in arguments whose name says __uninit; all
// others need one.
func (c *checker) kernelDynptr(s *state, i int, p *proto, n int, v *value) bool {
	a, r := &p.params[n], isa.R1+isa.Register(n)
	if v.kind != stack || !v.fixed() {
		s.guess = true // one that a callback or a global function was given
		return true
	}
	f, at, ok := c.dynptrAt(s, v)
	switch {
	case !ok:
		return c.refuse(s, i, mistake.NotHeld, "a dynptr needs 16 bytes of stack at a multiple of 8")
	case strings.HasSuffix(a.name, "__uninit"):
		if from := &p.params[0]; n > 0 && from.isDynptr() { // a copy is released with the first
			s.guess = true
		}
		return c.makeDynptr(s, i, f, at, c.newID)
	case !f.isDynptr(at):
		return c.refuse(s, i, mistake.NotHeld, "argument %s of %s must be a dynptr; there is no dynptr at %d from r10",
			inRegister(r, a.name), p.name, v.off)
	}
	return true
}
