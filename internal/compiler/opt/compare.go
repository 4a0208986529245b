package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A comparison is what a Compare computes, and what a Branch decides by.
type comparison struct {
	cond ir.Cond
	wide bool
	x, y ir.V // y is 0 if the comparison is with imm
	imm  int64
}

func (w *work) comparisonOf(n ir.V) comparison {
	v := w.value(n)
	c := comparison{cond: v.Cond, wide: v.Wide, x: v.Args[0], imm: v.Imm}
	if len(v.Args) == 2 {
		c.y = v.Args[1]
	}
	return c
}

func ending(block *ir.Block) comparison {
	return comparison{cond: block.Cond, wide: block.Wide, x: block.X, y: block.Y, imm: block.Imm}
}

func (c comparison) put(block *ir.Block) {
	block.Cond, block.Wide, block.X, block.Y, block.Imm = c.cond, c.wide, c.x, c.y, c.imm
}

// An outcome is what is known about a comparison.
type outcome uint8

const (
	open   outcome = iota
	always         // it holds
	never
	itself   // it is equal to its x, a Bool
	opposite // it is the opposite of its x, a Bool
)

func outcomeOf(holds bool) outcome {
	if holds {
		return always
	}
	return never
}

// compareStep takes one step to simplify a comparison.
func (w *work) compareStep(c comparison) (comparison, outcome, bool) {
	x, isConst := w.constOf(c.x)
	if c.y != 0 {
		y, ok := w.constOf(c.y)
		switch {
		case ok && isConst:
			return c, outcomeOf(c.cond.Holds(x, y, c.wide)), true
		case ok:
			if imm, ok := fits(c.wide, y); ok {
				c.y, c.imm = 0, imm
				return c, open, true
			}
		case isConst:
			c.x, c.y, c.cond = c.y, c.x, c.cond.Swapped()
			return c, open, true
		case c.x == c.y && c.cond == ir.TEST:
			return comparison{cond: ir.NE, wide: c.wide, x: c.x}, open, true
		case c.x == c.y:
			return c, outcomeOf(c.cond.Holds(0, 0, true)), true
		}
		return c, open, false
	}
	if isConst {
		return c, outcomeOf(c.cond.Holds(x, uint64(c.imm), c.wide)), true
	}
	if imm := int64(int32(c.imm)); !c.wide && imm != c.imm {
		c.imm = imm
		return c, open, true
	}
	if known := trivial(c); known != open {
		return c, known, true
	}
	return w.compareImm(c)
}

// compareImm simplifies comparisons with an immediate.
func (w *work) compareImm(c comparison) (comparison, outcome, bool) {
	v := w.value(c.x)
	if v.Type == ir.Bool {
		no, yes := c.cond.Holds(0, uint64(c.imm), c.wide), c.cond.Holds(1, uint64(c.imm), c.wide)
		switch {
		case no == yes:
			return c, outcomeOf(no), true
		case yes:
			return c, itself, true
		}
		return c, opposite, true
	}
	equality := c.cond == ir.EQ || c.cond == ir.NE
	switch {
	case c.cond == ir.TEST && uint64(c.imm)&w.compared(c) == 0:
		return c, never, true
	case c.cond == ir.TEST && v.Op == ir.Shr && len(v.Args) == 1 && w.mayCompare(c.wide, v):
		return testBefore(c, v)
	case !equality:
		return c, open, false
	case (v.Op == ir.FrameAddr || v.Op == ir.MapValue) && c.imm == 0 && c.wide:
		return c, outcomeOf(c.cond == ir.NE), true
	}
	// The rest looks at the operation that made x. It must have the comparison's width: a narrower operation cuts off bits that a
	// comparison of 64 bits would see.
	if c.wide && !v.Type.Wide() || !w.integers(v) {
		return c, open, false
	}
	switch {
	case (v.Op == ir.Sub || v.Op == ir.Xor) && c.imm == 0 && len(v.Args) == 2 && w.mayCompare(c.wide, v):
		c.x, c.y = v.Args[0], v.Args[1]
		return c, open, true
	case v.Op == ir.Add && len(v.Args) == 1 && w.mayCompare(c.wide, v):
		imm, ok := fits(c.wide, uint64(c.imm-v.Imm))
		if ok {
			c.x, c.imm = v.Args[0], imm
		}
		return c, open, ok
	case v.Op == ir.Xor && len(v.Args) == 1 && w.mayCompare(c.wide, v):
		c.x, c.imm = v.Args[0], c.imm^v.Imm
		return c, open, true
	case v.Op == ir.And && c.imm == 0 && c.cond == ir.NE && w.single(c.x) && w.mayCompare(c.wide, v):
		return w.testOf(c, v), open, true
	}
	return c, open, false
}

// compared is the mask of the bits that a comparison looks at.
func (w *work) compared(c comparison) uint64 {
	if c.wide {
		return ^uint64(0)
	}
	return 1<<32 - 1
}

// mayCompare reports whether the arguments of v may be compared. In 32 bits, a value that has something in its upper half may be
// compared only if the machine has narrow jumps.
func (w *work) mayCompare(wide bool, v *ir.Value) bool {
	if wide || w.c.NarrowJumps {
		return true
	}
	for _, a := range v.Args {
		if !narrow(w.value(a).Type) {
			return false
		}
	}
	return true
}

// testOf compares an And with 0 in one instruction.
func (w *work) testOf(c comparison, and *ir.Value) comparison {
	test := comparison{cond: ir.TEST, wide: c.wide, x: and.Args[0], imm: and.Imm}
	if len(and.Args) == 2 {
		test.y, test.imm = and.Args[1], 0
	}
	return test
}

// testBefore tests bits at their place before a shift, if an immediate reaches them there.
func testBefore(c comparison, shr *ir.Value) (comparison, outcome, bool) {
	mask := uint64(c.imm) << shr.Imm
	if c.imm < 0 || mask > 1<<31-1 {
		return c, open, false
	}
	c.x, c.imm = shr.Args[0], int64(mask)
	return c, open, true
}

// simplifyCompare simplifies a Compare.
func simplifyCompare(w *work, n ir.V) bool {
	c, known, changed := w.compareStep(w.comparisonOf(n))
	if !changed {
		return false
	}
	switch known {
	case always:
		w.becomeConst(n, 1)
	case never:
		w.becomeConst(n, 0)
	case itself:
		w.rename(n, c.x)
	case opposite:
		w.become(n, ir.Not, 0, c.x)
	default:
		w.putCompare(n, c)
	}
	return true
}

func (w *work) putCompare(n ir.V, c comparison) {
	v := w.value(n)
	v.Cond, v.Wide = c.cond, c.wide
	if c.y != 0 {
		w.become(n, ir.Compare, 0, c.x, c.y)
	} else {
		w.become(n, ir.Compare, c.imm, c.x)
	}
}

// trivial is the outcome of a comparison that holds for all numbers, or for none.
func trivial(c comparison) outcome {
	ones := uint64(c.imm) == ^uint64(0)
	switch {
	case c.cond == ir.LT && c.imm == 0, c.cond == ir.GT && ones:
		return never
	case c.cond == ir.GE && c.imm == 0, c.cond == ir.LE && ones:
		return always
	}
	return open
}

// simplifyEnd simplifies the comparison that a block branches by. If its outcome is known, flow removes the branch.
func simplifyEnd(w *work, block *ir.Block) {
	c := ending(block)
	c.x, c.y = w.resolve(c.x), w.resolve(c.y)
	for range 8 {
		next, known, changed := w.compareStep(c)
		if known == open && changed {
			c = next
			continue
		}
		switch known {
		case always, never: // a comparison of constants, which flow removes
			c = comparison{cond: ir.EQ, wide: true, x: w.constant(ir.I64, 0), imm: int64(known - always)}
		case itself:
			c = comparison{cond: ir.NE, x: c.x, wide: c.wide}
		case opposite:
			c = comparison{cond: ir.EQ, x: c.x, wide: c.wide}
		}
		break
	}
	w.uses[block.X]--
	w.uses[block.Y]--
	c.put(block)
	w.uses[block.X]++
	w.uses[block.Y]++
}
