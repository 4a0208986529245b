package verify

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// mostTurns is how often a loop that the kernel cuts short is followed with its real numbers.
const mostTurns = 600

// widen forgets numbers that changed since the path was last at this instruction of a loop (widen_imprecise_scalars). The kernel
// keeps the numbers on which something depends ("precise"). This package does not know which they are, so it reports nothing that
// depends on them.
//
// If the kernel accepts a path, it does so for all values of the numbers that it forgot. So the path with the real numbers is followed
// too, after all other paths.
func (c *checker) widen(s *state, i, next int, parent *visit) {
	before := parent
	if before != nil && int(before.at) == i {
		before = before.parent // this turn
	}
	for before != nil && int(before.at) != i {
		before = before.parent
	}
	if before == nil {
		return
	}
	var exact *state
	old := &before.saved
	forget := func(v, was *value) {
		if v.kind != number || was.kind != number || v.vague || *v == *was {
			return
		}
		if v.num == was.num && (v.id == 0) == (was.id == 0) {
			return
		}
		if exact == nil {
			exact = c.room.clone(s)
		}
		*v = value{kind: number, num: anyScalar(), vague: true}
	}
	for n := range s.frames {
		if n >= len(old.frames) {
			break
		}
		f, g := &s.frames[n], &old.frames[n]
		k := 0
		registersOf(g.kept, func(r isa.Register) {
			forget(&f.regs[r], &g.regs[k])
			k++
		})
		for k := range f.stack {
			if k < len(g.stack) && f.stack[k].bytes[7] == spilled && g.stack[k].bytes[7] == spilled {
				forget(&f.stack[k].val, &g.stack[k].val)
			}
		}
	}
	if exact == nil {
		return
	}
	if len(c.extra) < mostTurns {
		c.extra = append(c.extra, c.pathFrom(exact, next, nil, nil))
	}
	c.room.release(exact)
}

// followExtra follows paths about which the kernel may know less, until there is a finding or the work is too much.
func (c *checker) followExtra() {
	for n := 0; n < len(c.extra) && len(c.findings) == 0; n++ {
		c.pending, c.waiting = c.extra[n], 1
		if !c.followAll() {
			return
		}
	}
}

// loops reports whether the kernel cuts loops short at an instruction: states are kept there.
func (c *checker) loops(i int) bool {
	in := &c.code[i]
	switch {
	case c.marks[i].what == branches:
		return in.Op.Operation() == isa.OpJCOND
	case !in.IsKfuncCall():
		return false
	case c.Types == nil || in.Off != 0:
		return true // it may be one
	}
	return strings.HasSuffix(c.Types.Name(btf.ID(uint32(in.Imm))), "_next")
}
