package regalloc

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A holding says which values each register and each slot holds at one moment, on all paths that lead there. A place may hold several
// values at once: a parameter of a block and the argument for it are the same number. Places and holdings share lists of values, so
// lists are replaced and never changed.
type holding struct {
	regs  [numRegs][]V
	slots [][]V
}

// A checker is what stays the same while one function is checked.
type checker struct {
	f       *Func
	entries int     // how many parameters the function has
	only    []*Edge // by block: the only edge that leads there, or nil if there are several
	single  []V     // each value at its own index, to make lists of one
	starts  []*holding
	changed []bool // by block: what holds at its start has changed since it was followed
}

// Check shows that the code does what Allocate promises. It follows the steps on all paths with what each register and slot holds, and
// returns an error for the first operand that would have a wrong value. It shares no code with the allocator.
//
// What holds at the start of a block is first taken from one way to it. It becomes less as other ways are found, until nothing changes
// any more. A mistake that is found when more is known is also one when less is known, so the first error is final.
func Check(f *Func, r *Result) error {
	c, err := newChecker(f, r)
	if err != nil {
		return err
	}
	h := &holding{}
	for again := true; again; {
		again = false
		for b := range f.Blocks { // blocks stand before those that they lead to, except in loops
			if !c.changed[b] {
				continue
			}
			c.changed[b] = false
			h.become(c.starts[b])
			if err := c.follow(h, b, r.Blocks[b].Steps); err != nil {
				return fmt.Errorf("block %d %w", b, err)
			}
			for i := range f.Blocks[b].Succs {
				e := &f.Blocks[b].Succs[i]
				c.arrive(h, e)
				again = again || e.To <= b && c.changed[e.To]
			}
		}
	}
	return nil
}

// newChecker checks that the result has the shape of the function, and finds out what holds when the function is entered.
func newChecker(f *Func, r *Result) (*checker, error) {
	if len(r.Blocks) != len(f.Blocks) {
		return nil, fmt.Errorf("code for %d blocks; the function has %d", len(r.Blocks), len(f.Blocks))
	}
	if len(r.Spilled) != r.Slots {
		return nil, fmt.Errorf("%d values in %d slots", len(r.Spilled), r.Slots)
	}
	for b := range f.Blocks {
		if err := checkOrder(f, b, r.Blocks[b].Steps); err != nil {
			return nil, fmt.Errorf("block %d: %w", b, err)
		}
	}
	c := &checker{f: f, entries: f.entries(), only: make([]*Edge, len(f.Blocks)), single: make([]V, f.Values+1)}
	for v := range c.single {
		c.single[v] = V(v)
	}
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
	c.starts, c.changed = make([]*holding, len(f.Blocks)), make([]bool, len(f.Blocks))
	c.starts[0], c.changed[0] = &holding{slots: make([][]V, r.Slots)}, true
	for i := range c.entries {
		in := &f.Blocks[0].Instrs[i]
		c.starts[0].regs[in.DefReg] = c.just(in.Def)
	}
	return c, nil
}

// just returns the list with one value.
func (c *checker) just(v V) []V { return c.single[v : v+1 : v+1] }

// checkOrder checks that all instructions of the block are there, in order, and that registers and slots exist.
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
			return fmt.Errorf("step %d (%v) comes after the branch", i, s)
		}
		if s.Kind != Original {
			continue
		}
		if int(s.Instr) != next {
			skip()
			if int(s.Instr) < next && s.Instr >= 0 && len(f.Remat) > 0 && f.Remat[instrs[s.Instr].Def] {
				next = int(s.Instr) // this instruction was not left out
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

// become makes h equal to o.
func (h *holding) become(o *holding) {
	h.regs = o.regs
	h.slots = append(h.slots[:0], o.slots...)
}

// each calls do for every place.
func (h *holding) each(do func(vs *[]V)) {
	for i := range h.regs {
		do(&h.regs[i])
	}
	for i := range h.slots {
		do(&h.slots[i])
	}
}

// arrive records what holds at the end of a block for the block at the other end of the edge.
func (c *checker) arrive(h *holding, e *Edge) {
	next := h
	if params := c.f.Blocks[e.To].Params; len(params) > 0 {
		next = &holding{}
		next.become(h)
		next.each(func(vs *[]V) { *vs = given(*vs, params, e.Args) })
	}
	switch start := c.starts[e.To]; {
	case start == nil:
		start = &holding{}
		start.become(next)
		c.starts[e.To], c.changed[e.To] = start, true
	case start.meet(next):
		c.changed[e.To] = true
	}
}

// given returns a list after an edge. Parameters are new values, whatever they were before. They are where their arguments are.
func given(vs, params, args []V) []V {
	now := withoutAny(vs, params)
	for i, p := range params {
		if slices.Contains(vs, args[i]) {
			now = append(now[:len(now):len(now)], p)
		}
	}
	return now
}

// withoutAny returns the list without some values. It returns the same list if it has none of them.
func withoutAny(vs, gone []V) []V {
	if !slices.ContainsFunc(vs, func(v V) bool { return slices.Contains(gone, v) }) {
		return vs
	}
	return slices.DeleteFunc(slices.Clone(vs), func(v V) bool { return slices.Contains(gone, v) })
}

// meet removes what does not hold in o, and reports whether it removed anything.
func (h *holding) meet(o *holding) bool {
	changed := false
	both := func(a, b []V) []V {
		lacks := func(v V) bool { return !slices.Contains(b, v) }
		if !slices.ContainsFunc(a, lacks) {
			return a
		}
		changed = true
		return slices.DeleteFunc(slices.Clone(a), lacks)
	}
	for i := range h.regs {
		h.regs[i] = both(h.regs[i], o.regs[i])
	}
	for i := range h.slots {
		h.slots[i] = both(h.slots[i], o.slots[i])
	}
	return changed
}

// follow goes through the steps of a block up to the first error.
func (c *checker) follow(h *holding, b int, steps []Step) error {
	for i := range steps {
		if err := c.step(h, b, &steps[i]); err != nil {
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

// set records that register r holds other values now.
func (h *holding) set(r isa.Register, vs []V) error {
	if r >= numRegs {
		return fmt.Errorf("%v must not be written", r)
	}
	h.regs[r] = vs
	return nil
}

// step follows one step.
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
			return fmt.Errorf("value %d cannot be made again", s.V)
		}
		return c.remake(h, b, s)
	default:
		return fmt.Errorf("unknown kind %d", s.Kind)
	}
	if s.V != 0 && !slices.Contains(from, s.V) {
		return fmt.Errorf("holds %v", from)
	}
	if s.Kind == Spill {
		h.slots[s.Slot] = from
		return nil
	}
	return h.set(s.Dst, from)
}

// remake follows a step that makes a value again. The value is the same wherever it is made, so other places keep it. If only one way
// leads into the block, and that way passes the value to parameters, then these parameters are the value too.
func (c *checker) remake(h *holding, b int, s *Step) error {
	vs := c.just(s.V)
	if e := c.only[b]; e != nil {
		for i, a := range e.Args {
			if a == s.V {
				vs = append(vs, c.f.Blocks[b].Params[i])
			}
		}
	}
	return h.set(s.Dst, vs)
}

// original follows an instruction of the function.
func (c *checker) original(h *holding, b int, s *Step) error {
	in := &c.f.Blocks[b].Instrs[s.Instr]
	if b == 0 && int(s.Instr) < c.entries {
		if s.Dst != in.DefReg || !slices.Contains(h.reg(s.Dst), in.Def) {
			return fmt.Errorf("value %d arrives in %v, which holds %v", in.Def, in.DefReg, h.reg(in.DefReg))
		}
		return nil
	}
	if err := h.operands(in, s); err != nil {
		return err
	}
	for r := range in.Clobbers.All() {
		if r < numRegs {
			h.regs[r] = nil
		}
	}
	if in.Def == 0 {
		return nil
	}
	// In a loop this is a new value. What is left of the old one is not called by that name any more.
	made := c.just(in.Def)
	h.each(func(vs *[]V) { *vs = withoutAny(*vs, made) })
	if err := h.set(s.Dst, made); err != nil {
		return err
	}
	if in.DefReg != AnyReg && s.Dst != in.DefReg {
		return fmt.Errorf("value %d is made in %v and not in %v", in.Def, in.DefReg, s.Dst)
	}
	if in.DefReg == AnyReg && in.Clobbers.Has(s.Dst) {
		return fmt.Errorf("value %d is made in %v, which is lost", in.Def, s.Dst)
	}
	return nil
}

// operands checks what the instruction reads.
func (h *holding) operands(in *Instr, s *Step) error {
	tied, first := in.Tied, V(0)
	if len(in.Uses) > 0 {
		first = in.Uses[0].V
	}
	if s.Swapped {
		if !in.Commutes || tied == 0 || first == 0 || in.Uses[0].Reg != AnyReg {
			return fmt.Errorf("operands must not be swapped")
		}
		tied, first = first, tied
	}
	if tied != 0 && !slices.Contains(h.reg(s.Dst), tied) {
		return fmt.Errorf("%v is tied to value %d and holds %v", s.Dst, tied, h.reg(s.Dst))
	}
	for i, u := range in.Uses {
		r := s.Uses[i]
		if i == 0 {
			u.V = first
		}
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
