package regalloc

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A holding says which values each register and each slot holds, at one moment on all paths that lead there. A place may
// hold several at once: a parameter and what was its argument are the same number.
type holding struct {
	regs  [numRegs][]V
	slots [][]V
}

// A checker is what stays the same while a function is checked.
type checker struct {
	f       *Func
	entries int     // how many parameters the function has
	only    []*Edge // by block: the only edge that leads there, or nil if there are several
}

// Check re-derives independently what Allocate claims. It follows the steps through all paths with what each register and
// slot holds, and gives an error for the first operand that would be something else than it should.
func Check(f *Func, r *Result) error {
	if len(r.Blocks) != len(f.Blocks) {
		return fmt.Errorf("code for %d blocks of %d", len(r.Blocks), len(f.Blocks))
	}
	if len(r.Spilled) != r.Slots {
		return fmt.Errorf("%d values in %d slots", len(r.Spilled), r.Slots)
	}
	for b := range f.Blocks {
		if err := checkOrder(f, b, r.Blocks[b].Steps); err != nil {
			return fmt.Errorf("block %d: %w", b, err)
		}
	}
	c := checker{f: f, entries: f.entries(), only: make([]*Edge, len(f.Blocks))}
	edges := make([]int, len(f.Blocks))
	for b := range f.Blocks {
		for i := range f.Blocks[b].Succs {
			e := &f.Blocks[b].Succs[i]
			c.only[e.To] = e
			edges[e.To]++
		}
	}
	for b, n := range edges {
		if n != 1 {
			c.only[b] = nil
		}
	}

	// What holds at the start of each block, as far as is known: nil is everything, as no path has got there yet. It only
	// becomes less, so this ends.
	starts := make([]*holding, len(f.Blocks))
	starts[0] = &holding{slots: make([][]V, r.Slots)}
	for i := range c.entries {
		in := &f.Blocks[0].Instrs[i]
		starts[0].regs[in.DefReg] = []V{in.Def}
	}
	work := []int{0}
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		h := starts[b].clone()
		// Errors are reported below, when starts are final; here a wrong operand may still be right on all paths.
		_ = c.follow(h, b, r.Blocks[b].Steps, false)
		for i := range f.Blocks[b].Succs {
			e := &f.Blocks[b].Succs[i]
			next := h.clone()
			c.cross(next, e)
			if starts[e.To] == nil {
				starts[e.To] = next
			} else if !starts[e.To].meet(next) {
				continue
			}
			if !slices.Contains(work, e.To) {
				work = append(work, e.To)
			}
		}
	}
	for b := range f.Blocks {
		if starts[b] == nil {
			continue // no path leads there
		}
		if err := c.follow(starts[b].clone(), b, r.Blocks[b].Steps, true); err != nil {
			return fmt.Errorf("block %d %w", b, err)
		}
	}
	return nil
}

// checkOrder checks that all instructions of the block are there, in order, and registers and slots exist.
func checkOrder(f *Func, b int, steps []Step) error {
	instrs := f.Blocks[b].Instrs
	next := 0
	skip := func() {
		for next < len(instrs) && instrs[next].Def != 0 && len(f.Remat) > 0 && f.Remat[instrs[next].Def] {
			next++
		}
	}
	for i := range steps {
		s := &steps[i]
		if next > 0 && next == len(instrs) && instrs[next-1].Branch {
			return fmt.Errorf("step %d (%v): behind the branch", i, s)
		}
		if s.Kind != Original {
			continue
		}
		if int(s.Instr) != next {
			skip()
			if int(s.Instr) < next && s.Instr >= 0 && len(f.Remat) > 0 && f.Remat[instrs[s.Instr].Def] {
				next = int(s.Instr) // it was not left out
			}
		}
		if int(s.Instr) != next || next >= len(instrs) {
			return fmt.Errorf("step %d (%v): instruction %d should follow", i, s, next)
		}
		next++
	}
	skip()
	if next != len(instrs) {
		return fmt.Errorf("instruction %d is missing", next)
	}
	return nil
}

// clone copies h.
func (h *holding) clone() *holding {
	c := &holding{slots: make([][]V, len(h.slots))}
	for i := range h.regs {
		c.regs[i] = slices.Clone(h.regs[i])
	}
	for i := range h.slots {
		c.slots[i] = slices.Clone(h.slots[i])
	}
	return c
}

// each calls do for each place.
func (h *holding) each(do func(vs *[]V)) {
	for i := range h.regs {
		do(&h.regs[i])
	}
	for i := range h.slots {
		do(&h.slots[i])
	}
}

// meet removes what does not hold in o, and reports whether that was anything.
func (h *holding) meet(o *holding) bool {
	changed := false
	both := func(a, b []V) []V {
		n := len(a)
		a = slices.DeleteFunc(a, func(v V) bool { return !slices.Contains(b, v) })
		changed = changed || len(a) != n
		return a
	}
	for i := range h.regs {
		h.regs[i] = both(h.regs[i], o.regs[i])
	}
	for i := range h.slots {
		h.slots[i] = both(h.slots[i], o.slots[i])
	}
	return changed
}

// cross goes along an edge: parameters get new values, whatever they were before.
func (c *checker) cross(h *holding, e *Edge) {
	params := c.f.Blocks[e.To].Params
	h.each(func(vs *[]V) {
		var now []V
		for _, v := range *vs {
			if !slices.Contains(params, v) {
				now = append(now, v)
			}
		}
		for i, p := range params {
			if slices.Contains(*vs, e.Args[i]) {
				now = append(now, p)
			}
		}
		*vs = now
	})
}

// follow goes through the steps of a block. It stops at the first error if strict, and else goes on.
func (c *checker) follow(h *holding, b int, steps []Step, strict bool) error {
	for i := range steps {
		if err := c.step(h, b, &steps[i]); err != nil && strict {
			return fmt.Errorf("step %d (%v): %w", i, &steps[i], err)
		}
	}
	return nil
}

// reg returns what register r holds.
func (h *holding) reg(r isa.Register) []V {
	if r >= numRegs {
		return nil
	}
	return h.regs[r]
}

// set says that register r holds other values now.
func (h *holding) set(r isa.Register, vs []V) error {
	if r >= numRegs {
		return fmt.Errorf("%v is not to be written", r)
	}
	h.regs[r] = slices.Clone(vs)
	return nil
}

// step does one step. It does all of it even if it finds an error.
func (c *checker) step(h *holding, b int, s *Step) error {
	if s.Kind == Spill || s.Kind == Reload {
		if s.Slot < 0 || int(s.Slot) >= len(h.slots) {
			return fmt.Errorf("no slot %d", s.Slot)
		}
	}
	var from []V
	switch s.Kind {
	case Original:
		return c.original(h, b, s)
	case Move, Spill:
		from = h.reg(s.Src)
	case Reload:
		from = h.slots[s.Slot]
	case Remake:
		if s.V <= 0 || int(s.V) >= len(c.f.Remat) || !c.f.Remat[s.V] {
			return fmt.Errorf("value %d cannot be remade", s.V)
		}
		return c.remake(h, b, s)
	default:
		return fmt.Errorf("unknown kind %d", s.Kind)
	}
	var err error
	if s.V != 0 && !slices.Contains(from, s.V) {
		err = fmt.Errorf("holds %v", from)
	}
	if s.Kind == Spill {
		h.slots[s.Slot] = slices.Clone(from)
		return err
	}
	if e := h.set(s.Dst, from); e != nil {
		return e
	}
	return err
}

// remake makes a value again. It is the same wherever it is made, so others of that name stay. If there is only one way
// into the block, and it gives the value to parameters, then these are it too.
func (c *checker) remake(h *holding, b int, s *Step) error {
	vs := []V{s.V}
	if e := c.only[b]; e != nil {
		for i, a := range e.Args {
			if a == s.V {
				vs = append(vs, c.f.Blocks[b].Params[i])
			}
		}
	}
	return h.set(s.Dst, vs)
}

// original does an instruction of the function.
func (c *checker) original(h *holding, b int, s *Step) error {
	in := &c.f.Blocks[b].Instrs[s.Instr]
	if b == 0 && int(s.Instr) < c.entries {
		if s.Dst != in.DefReg || !slices.Contains(h.reg(s.Dst), in.Def) {
			return fmt.Errorf("value %d arrives in %v, which holds %v", in.Def, in.DefReg, h.reg(in.DefReg))
		}
		return nil
	}
	err := h.operands(in, s)
	for r := range in.Clobbers.All() {
		if r < numRegs {
			h.regs[r] = nil
		}
	}
	if in.Def == 0 {
		return err
	}
	// In a loop the value is a new one, and what is left of the old one has no name any more.
	h.each(func(vs *[]V) {
		*vs = slices.DeleteFunc(*vs, func(v V) bool { return v == in.Def })
	})
	if e := h.set(s.Dst, []V{in.Def}); e != nil {
		return e
	}
	if in.DefReg != AnyReg && s.Dst != in.DefReg {
		return fmt.Errorf("value %d is made in %v and not in %v", in.Def, in.DefReg, s.Dst)
	}
	if in.DefReg == AnyReg && in.Clobbers.Has(s.Dst) {
		return fmt.Errorf("value %d is made in %v, which is lost", in.Def, s.Dst)
	}
	return err
}

// operands checks what the instruction reads.
func (h *holding) operands(in *Instr, s *Step) error {
	tied, uses := in.Tied, slices.Clone(in.Uses)
	if s.Swapped {
		if !in.Commutes || tied == 0 || len(uses) == 0 || uses[0].Reg != AnyReg {
			return fmt.Errorf("operands must not be swapped")
		}
		tied, uses[0].V = uses[0].V, tied
	}
	if tied != 0 && !slices.Contains(h.reg(s.Dst), tied) {
		return fmt.Errorf("%v is tied to value %d and holds %v", s.Dst, tied, h.reg(s.Dst))
	}
	for i, u := range uses {
		r := s.Uses[i]
		if !slices.Contains(h.reg(r), u.V) {
			return fmt.Errorf("use %d is value %d; %v holds %v", i, u.V, r, h.reg(r))
		}
		if u.Reg != AnyReg {
			if r != u.Reg {
				return fmt.Errorf("use %d must be in %v, not %v", i, u.Reg, r)
			}
			continue
		}
		if in.Clobbers.Has(r) {
			return fmt.Errorf("use %d is in %v, which is lost", i, r)
		}
		if in.Def != 0 && r == s.Dst && u.V != tied && (!in.Early || tied != 0) {
			return fmt.Errorf("use %d is in %v, which is overwritten before it is read", i, r)
		}
	}
	return nil
}
