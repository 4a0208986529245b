package opt

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// result returns what is known about a value, from what is known about its arguments.
func (r *rangePass) result(v *ir.Value) fact {
	all := anything(v.Type)
	switch v.Op {
	case ir.Const:
		if narrow(v.Type) {
			return exactly(uint64(uint32(v.Imm)))
		}
		return exactly(uint64(v.Imm))
	case ir.Load:
		if !v.Signed && v.Size < 8 && v.Type != ir.Ptr {
			return upTo(1<<(8*v.Size) - 1)
		}
		return all
	}
	if v.Type == ir.Ptr || !v.Op.Pure() || len(v.Args) == 0 || !r.w.integers(v) {
		return all
	}
	x := r.known(v.Args[0])
	y := exactly(uint64(v.Imm))
	if len(v.Args) == 2 {
		y = r.known(v.Args[1])
	}
	if !v.Type.Wide() && v.Op != ir.Copy {
		x = x.low()
		if len(v.Args) == 1 {
			y = exactly(uint64(uint32(v.Imm)))
		} else {
			y = y.low()
		}
	}
	k, ok := transfer(v, x, y)
	if !ok {
		return all
	}
	return k.tight()
}

// transfer returns what is known about the result of an operation, in its width.
func transfer(v *ir.Value, x, y fact) (fact, bool) {
	ones, width := allOnes(v.Type), int(width(v.Type))
	switch v.Op {
	case ir.Copy:
		return x, true
	case ir.Add:
		return sum(x, y, ones)
	case ir.Sub:
		if x.min < y.max {
			return fact{}, false
		}
		return fact{x.min - y.max, x.max - y.min, ones}, true
	case ir.Mul:
		// The verifier gives up unless both factors fit half the width.
		if !x.below(width/2) || !y.below(width/2) {
			return fact{}, false
		}
		return fact{x.min * y.min, x.max * y.max, ones}, true
	case ir.And:
		return fact{0, min(x.max, y.max), x.may & y.may}, true
	case ir.Or:
		return fact{max(x.min, y.min), ones, x.may | y.may}, true
	case ir.Xor:
		return fact{0, ones, x.may | y.may}, true
	case ir.Shl, ir.Shr, ir.Sar:
		return shifted(v.Op, x, y, ones, width)
	case ir.Trunc, ir.ZExt:
		return x.low(), true
	case ir.SExt8, ir.SExt16, ir.SExt32:
		return x, x.below(extension(v.Op) - 1)
	case ir.Swap16:
		return upTo(1<<16 - 1), true
	case ir.Swap32:
		return upTo(1<<32 - 1), true
	}
	return fact{}, false
}

// sum adds two facts. It fails if some of the sums are too large for the width, but not all. If all are too large, a small negative
// number was added.
func sum(x, y fact, ones uint64) (fact, bool) {
	low, carryLow := bits.Add64(x.min, y.min, 0)
	high, carryHigh := bits.Add64(x.max, y.max, 0)
	if ones>>32 == 0 {
		carryLow, carryHigh = low>>32, high>>32
	}
	if carryLow != carryHigh {
		return fact{}, false
	}
	zeros := bits.TrailingZeros64(x.may | y.may)
	return fact{low & ones, high & ones, ones &^ (1<<zeros - 1)}, true
}

func shifted(op ir.Op, x, y fact, ones uint64, width int) (fact, bool) {
	if !y.constant() || y.max >= uint64(width) {
		return fact{}, false // the verifier only follows shifts by constants
	}
	switch {
	case op == ir.Shl && bits.Len64(x.max)+int(y.max) <= width:
		return fact{x.min << y.min, x.max << y.min, x.may << y.min}, true
	case op == ir.Shl:
		may := x.may << y.min & ones
		return fact{0, may, may}, true
	case op == ir.Sar && !x.below(width-1):
		return fact{}, false
	}
	return fact{x.min >> y.min, x.max >> y.min, x.may >> y.min}, true
}

// sides are the facts about the two sides of a comparison, in its width.
func (r *rangePass) sides(c comparison) (x, y fact) {
	x, y = r.known(c.x), exactly(uint64(c.imm))
	if c.y != 0 {
		y = r.known(c.y)
	}
	if !c.wide {
		x = x.low()
		if c.y == 0 {
			y = exactly(uint64(uint32(c.imm)))
		} else {
			y = y.low()
		}
	}
	return x, y
}

// unsigned has, for each signed comparison, the unsigned one that is the same for numbers that are not negative.
var unsigned = [...]ir.Cond{ir.SLT: ir.LT, ir.SLE: ir.LE, ir.SGT: ir.GT, ir.SGE: ir.GE}

// compare returns what is known about the outcome of a comparison.
func (r *rangePass) compare(c comparison) outcome {
	x, y := r.sides(c)
	width := 32
	if c.wide {
		width = 64
	}
	if c.cond.Signed() {
		switch {
		case !x.below(width - 1):
			return open
		case y.below(width - 1):
			c.cond = unsigned[c.cond]
		case y.min>>(width-1) == 1: // y is negative, and x is not
			return outcomeOf(c.cond == ir.SGT || c.cond == ir.SGE)
		default:
			return open
		}
	}
	switch c.cond {
	case ir.NE:
		if k := unequal(x, y); k != open {
			return always + never - k
		}
	case ir.EQ:
		return unequal(x, y)
	case ir.LT:
		return less(x, y)
	case ir.GE:
		if k := less(x, y); k != open {
			return always + never - k
		}
	case ir.GT:
		return less(y, x)
	case ir.LE:
		if k := less(y, x); k != open {
			return always + never - k
		}
	case ir.TEST:
		if x.may&y.may == 0 {
			return never
		}
	}
	return open
}

// unequal returns what is known about x == y.
func unequal(x, y fact) outcome {
	switch {
	case x.max < y.min, y.max < x.min, y.constant() && y.min&^x.may != 0, x.constant() && x.min&^y.may != 0:
		return never
	case x.constant() && y.constant():
		return always
	}
	return open
}

func less(x, y fact) outcome {
	switch {
	case x.max < y.min:
		return always
	case x.min >= y.max:
		return never
	}
	return open
}

// assume narrows the facts after a comparison holds or does not hold.
func (r *rangePass) assume(c comparison, holds bool) {
	if r.w.value(c.x).Type == ir.Bool && c.y == 0 && c.imm == 0 && (c.cond == ir.NE || c.cond == ir.EQ) {
		r.assumeBool(c.x, holds == (c.cond == ir.NE), 0)
		return
	}
	x, y := r.sides(c)
	if c.cond == ir.TEST {
		if !holds && y.constant() && (c.wide || r.known(c.x).below(32)) {
			k := r.known(c.x)
			k.may &^= y.min
			r.learn(c.x, k)
		}
		return
	}
	cond := c.cond
	if !holds {
		cond, _ = cond.Negated()
	}
	r.narrow(c.x, cond, y, c.wide)
	if c.y != 0 {
		r.narrow(c.y, cond.Swapped(), x, c.wide)
	}
}

// assumeBool narrows the facts after a Bool is true or false, and those about the conditions that it joins.
func (r *rangePass) assumeBool(n ir.V, holds bool, depth int) {
	v := r.w.value(n)
	known := fact{}
	if holds {
		known = exactly(1)
	}
	r.learn(n, known)
	switch {
	case depth > 8: // a deep tree of conditions, the rest of which is ignored
	case v.Op == ir.Not:
		r.assumeBool(v.Args[0], !holds, depth+1)
	case v.Op == ir.Compare:
		r.assume(r.w.comparisonOf(n), holds)
	case v.Type == ir.Bool && len(v.Args) == 2 && (v.Op == ir.And && holds || v.Op == ir.Or && !holds):
		for _, a := range [2]ir.V{v.Args[0], v.Args[1]} {
			if r.w.value(a).Type == ir.Bool {
				r.assumeBool(a, holds, depth+1)
			}
		}
	}
}

// narrow learns about n from a comparison with a number about which y is known. NE teaches nothing, because early verifiers do not
// raise the lower bound after it.
func (r *rangePass) narrow(n ir.V, cond ir.Cond, y fact, wide bool) {
	if !y.constant() {
		return // before Linux 6.8, verifiers learn only from comparisons with constants
	}
	k := r.known(n)
	top := uint64(1)<<63 - 1
	if !wide {
		if !k.below(32) {
			return // nothing is known about the upper half
		}
		top = 1<<31 - 1
	}
	if cond.Signed() {
		switch up := cond == ir.SGT || cond == ir.SGE; {
		case cond == ir.SGT && y.min == top<<1|1: // above -1
			k.max = min(k.max, top)
			r.learn(n, k)
			return
		case y.max > top:
			return
		case up:
			k.max = min(k.max, top)
		case k.max > top: // it may be negative, and negative numbers are lower too
			return
		}
		cond = unsigned[cond]
	}
	switch {
	case cond == ir.EQ:
		k = fact{max(k.min, y.min), min(k.max, y.max), k.may & y.may}
	case cond == ir.LT && y.max > 0:
		k.max = min(k.max, y.max-1)
	case cond == ir.LE:
		k.max = min(k.max, y.max)
	case cond == ir.GT && y.min < ^uint64(0):
		k.min = max(k.min, y.min+1)
	case cond == ir.GE:
		k.min = max(k.min, y.min)
	}
	r.learn(n, k)
}

// learn keeps a fact while the walk is in the blocks under the branch that taught it.
func (r *rangePass) learn(n ir.V, k fact) {
	v := r.w.value(n)
	if v.Type == ir.Ptr || v.Op == ir.Const {
		return
	}
	if k = k.tight(); k != r.known(n) {
		r.undo = append(r.undo, narrowed{n, r.facts[n], r.epochOf(n)})
		r.set(n, k, r.now)
	}
}

// simplify removes what the facts make superfluous. The fact about the value itself is known already.
func (r *rangePass) simplify(n ir.V) {
	w := r.w
	v := w.value(n)
	if v.Type == ir.Ptr || !v.Op.Pure() || len(v.Args) == 0 || !w.integers(v) {
		if v.Op != ir.Compare {
			return
		}
	}
	if v.Op == ir.Compare {
		c := w.comparisonOf(n)
		if known := r.compare(c); known != open {
			r.set(n, exactly(uint64(never-known)), r.now)
			w.becomeConst(n, uint64(never-known))
		} else if next := r.shorter(c); next != c {
			w.putCompare(n, next)
		}
		return
	}
	if k := r.known(n); k.constant() {
		w.becomeConst(n, k.min)
		return
	}
	x := r.known(v.Args[0])
	same := false
	switch v.Op {
	case ir.And:
		same = len(v.Args) == 1 && x.may&^(uint64(v.Imm)&allOnes(v.Type)) == 0
	case ir.Trunc:
		same = x.below(32)
	case ir.SExt8, ir.SExt16, ir.SExt32:
		same = x.below(extension(v.Op) - 1)
	case ir.SDiv, ir.SMod:
		r.divideUnsigned(n)
	}
	if same {
		w.rename(n, v.Args[0])
	}
}

// divideUnsigned makes a signed division unsigned if no number in it is negative. The early levels of the instruction set have only
// unsigned division, and then a division by a power of two is a shift.
func (r *rangePass) divideUnsigned(n ir.V) {
	v := r.w.value(n)
	sign := int(width(v.Type)) - 1
	if !r.known(v.Args[0]).below(sign) {
		return
	}
	if len(v.Args) == 2 && !r.known(v.Args[1]).below(sign) || len(v.Args) == 1 && v.Imm < 0 {
		return
	}
	if v.Op == ir.SDiv {
		v.Op = ir.Div
	} else {
		v.Op = ir.Mod
	}
}

// shorter makes a comparison with an immediate one of 32 bits if its sides have no more bits.
func (r *rangePass) shorter(c comparison) comparison {
	y, ok := r.w.constOf(c.y)
	if !ok || !c.wide || !r.w.c.NarrowJumps || c.cond.Signed() || y>>32 != 0 || !r.known(c.x).below(32) {
		return c
	}
	return comparison{cond: c.cond, x: c.x, imm: int64(int32(y))}
}
