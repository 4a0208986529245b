package opt

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// algebra computes what is constant, puts constants into instructions, and rewrites operations by the laws of arithmetic.
func algebra(w *work) {
	w.count()
	for _, b := range w.blocks() {
		block := &w.f.Blocks[b]
		var list []ir.V // the block's values, if new ones are among them
		for i, n := range block.Values {
			for _, a := range w.value(n).Args {
				if w.value(a).Op == ir.Copy {
					w.forward(n)
					break
				}
			}
			for range 8 { // more steps in a row than any rule needs
				if !simplify(w, n) {
					break
				}
			}
			if len(w.before) > 0 {
				if list == nil {
					list = append(make([]ir.V, 0, len(block.Values)+8), block.Values[:i]...)
				}
				list = append(list, w.before...)
				w.before = w.before[:0]
			}
			if list != nil {
				list = append(list, n)
			}
		}
		if list != nil {
			block.Values = list
		}
		if block.Kind == ir.Branch {
			simplifyEnd(w, block)
		}
	}
	w.settle()
}

// forward replaces the arguments of a value that are copies by what they are copies of.
func (w *work) forward(n ir.V) {
	v := w.value(n)
	for i, a := range v.Args {
		v.Args[i] = w.resolve(a)
	}
}

// emit adds a value before n, which is being simplified.
func (w *work) emit(n ir.V, v ir.Value, args ...ir.V) ir.V {
	v.Block, v.Site = w.value(n).Block, w.value(n).Site
	made := w.make(v, args...)
	w.before = append(w.before, made)
	return made
}

// A rule simplifies a value of one operation, or reports that it cannot.
type rule func(w *work, n ir.V) bool

// rules has the rules by operation. Before a rule runs, constants are the last argument already, and are immediates where they fit.
var rules = [numOps]rule{
	ir.Add:        simplifyAdd,
	ir.Sub:        simplifySub,
	ir.Mul:        simplifyMul,
	ir.Div:        simplifyDiv,
	ir.Mod:        simplifyMod,
	ir.SDiv:       simplifySDiv,
	ir.SMod:       simplifySMod,
	ir.And:        simplifyAnd,
	ir.Or:         simplifyOr,
	ir.Xor:        simplifyXor,
	ir.Shl:        simplifyShift,
	ir.Shr:        simplifyShift,
	ir.Sar:        simplifyShift,
	ir.Neg:        simplifyNeg,
	ir.Trunc:      simplifyTrunc,
	ir.ZExt:       simplifyZExt,
	ir.SExt8:      simplifySExt,
	ir.SExt16:     simplifySExt,
	ir.SExt32:     simplifySExt,
	ir.Swap16:     simplifySwap,
	ir.Swap32:     simplifySwap,
	ir.Swap64:     simplifySwap,
	ir.Compare:    simplifyCompare,
	ir.Not:        simplifyNot,
	ir.Load:       simplifyAddress,
	ir.Store:      simplifyStore,
	ir.StoreConst: simplifyAddress,
	ir.Atomic:     simplifyAddress,
	ir.Phi:        simplifyPhi,
}

// simplify takes one step.
func simplify(w *work, n ir.V) bool {
	v := w.value(n)
	if rules[v.Op] == nil {
		if v.Op == ir.Const && v.Type == ir.I32 {
			v.Imm = normal(v.Type, uint64(v.Imm))
		}
		return false
	}
	return fold(w, n) || v.Op.TakesImm() && v.Op != ir.Compare && immediate(w, n) || rules[v.Op](w, n)
}

// immediate moves a constant argument to the right, and into the instruction.
func immediate(w *work, n ir.V) bool {
	v := w.value(n)
	if len(v.Args) != 2 {
		if !v.Type.Wide() {
			v.Imm = int64(int32(v.Imm))
		}
		return false
	}
	if c, ok := w.constOf(v.Args[1]); ok {
		if imm, ok := fits(v.Type.Wide(), c); ok {
			w.become(n, v.Op, imm, v.Args[0])
			return true
		}
	}
	if _, ok := w.constOf(v.Args[0]); ok && v.Op.Commutes() {
		v.Args[0], v.Args[1] = v.Args[1], v.Args[0]
		return true
	}
	return false
}

// within reports whether the arguments of x may take the place of x in n, as far as widths matter. A narrow x cuts off the upper half;
// if n is wide, it would see that half.
func within(n, x *ir.Value) bool { return !n.Type.Wide() || x.Type.Wide() }

// integers reports whether none of the arguments is a pointer.
func (w *work) integers(v *ir.Value) bool {
	for _, a := range v.Args {
		if w.value(a).Type == ir.Ptr {
			return false
		}
	}
	return v.Type != ir.Ptr
}

func simplifyAdd(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	if len(v.Args) == 1 {
		switch {
		case v.Imm == 0:
			w.replace(n, x)
			return true
		case vx.Op == ir.Add && len(vx.Args) == 1 && within(v, vx):
			imm, ok := fits(v.Type.Wide(), uint64(vx.Imm+v.Imm))
			if ok {
				w.become(n, ir.Add, imm, vx.Args[0])
			}
			return ok
		case (vx.Op == ir.FrameAddr || vx.Op == ir.MapValue) && v.Type == ir.Ptr:
			imm := vx.Imm + v.Imm
			if imm != int64(int32(imm)) {
				return false
			}
			v.Aux = vx.Aux
			w.become(n, vx.Op, imm)
			return true
		}
		return false
	}
	y := v.Args[1]
	vy := w.value(y)
	switch {
	case w.integers(v) && vy.Op == ir.Neg && within(v, vy):
		w.become(n, ir.Sub, 0, x, vy.Args[0])
		return true
	case w.integers(v) && vx.Op == ir.Neg && within(v, vx):
		w.become(n, ir.Sub, 0, y, vx.Args[0])
		return true
	case vx.Op == ir.Add && len(vx.Args) == 1 && vx.Type == ir.Ptr && v.Type == ir.Ptr && w.single(x):
		// (p + c) + y becomes (p + y) + c, because loads take c as an offset.
		imm, p := vx.Imm, vx.Args[0]
		sum := w.emit(n, ir.Value{Op: ir.Add, Type: ir.Ptr}, p, y)
		w.become(n, ir.Add, imm, sum)
		return true
	}
	return false
}

func simplifySub(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	if len(v.Args) == 1 {
		imm, ok := fits(v.Type.Wide(), uint64(-v.Imm))
		if ok {
			w.become(n, ir.Add, imm, x)
		}
		return ok
	}
	y := v.Args[1]
	if x == y && v.Type != ir.Ptr {
		w.becomeConst(n, 0)
		return true
	}
	if !w.integers(v) {
		return false
	}
	if c, ok := w.constOf(x); ok && c&allOnes(v.Type) == 0 {
		w.become(n, ir.Neg, 0, y)
		return true
	}
	if vy := w.value(y); vy.Op == ir.Neg && within(v, vy) {
		w.become(n, ir.Add, 0, x, vy.Args[0])
		return true
	}
	return false
}

// power returns the exponent if c, in the type's width, is a power of two.
func power(t ir.Type, c int64) (int64, bool) {
	u := uint64(c) & allOnes(t)
	return int64(bits.TrailingZeros64(u)), bits.OnesCount64(u) == 1
}

func simplifyMul(w *work, n ir.V) bool {
	v := w.value(n)
	if len(v.Args) != 1 {
		return w.powerOfTwo(n, ir.Shl)
	}
	x := v.Args[0]
	e, ok := power(v.Type, v.Imm)
	switch {
	case v.Imm == 0:
		w.becomeConst(n, 0)
	case v.Imm == 1:
		w.replace(n, x)
	case v.Imm == -1:
		w.become(n, ir.Neg, 0, x)
	case ok:
		w.become(n, ir.Shl, e, x)
	default:
		return false
	}
	return true
}

// powerOfTwo replaces a product or quotient by a shift if the factor or divisor is a power of two that is too large for an immediate.
func (w *work) powerOfTwo(n ir.V, shift ir.Op) bool {
	v := w.value(n)
	c, ok := w.constOf(v.Args[1])
	if !ok || bits.OnesCount64(c) != 1 {
		return false
	}
	w.become(n, shift, int64(bits.TrailingZeros64(c)), v.Args[0])
	return true
}

func simplifyDiv(w *work, n ir.V) bool {
	v := w.value(n)
	if len(v.Args) != 1 {
		return w.powerOfTwo(n, ir.Shr)
	}
	e, ok := power(v.Type, v.Imm)
	switch {
	case v.Imm == 0:
		w.becomeConst(n, 0)
	case v.Imm == 1:
		w.replace(n, v.Args[0])
	case ok:
		w.become(n, ir.Shr, e, v.Args[0])
	default:
		return false
	}
	return true
}

func simplifyMod(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	var c uint64
	if len(v.Args) == 1 {
		c = uint64(v.Imm) & allOnes(v.Type)
	} else if c, _ = w.constOf(v.Args[1]); c == 0 {
		return false
	}
	switch {
	case c == 0:
		w.replace(n, x)
	case bits.OnesCount64(c) != 1:
		return false
	case c == 1<<32:
		v.Type = ir.I32
		w.become(n, ir.Trunc, 0, x)
	default:
		mask, ok := fits(v.Type.Wide(), c-1)
		if !ok {
			return false
		}
		w.become(n, ir.And, mask, x)
	}
	return true
}

func simplifySDiv(w *work, n ir.V) bool {
	v := w.value(n)
	switch {
	case len(v.Args) != 1:
		return false
	case v.Imm == 0:
		w.becomeConst(n, 0)
	case v.Imm == 1:
		w.replace(n, v.Args[0])
	case v.Imm == -1:
		w.become(n, ir.Neg, 0, v.Args[0])
	default:
		return false
	}
	return true
}

func simplifySMod(w *work, n ir.V) bool {
	v := w.value(n)
	switch {
	case len(v.Args) != 1:
		return false
	case v.Imm == 0:
		w.replace(n, v.Args[0])
	case v.Imm == 1 || v.Imm == -1:
		w.becomeConst(n, 0)
	default:
		return false
	}
	return true
}

func simplifyNeg(w *work, n ir.V) bool {
	v := w.value(n)
	x := v.Args[0]
	vx := w.value(x)
	switch {
	case !within(v, vx):
		return false
	case vx.Op == ir.Neg:
		w.replace(n, vx.Args[0])
		return true
	case vx.Op == ir.Sub && len(vx.Args) == 2 && w.single(x) && w.integers(vx):
		w.become(n, ir.Sub, 0, vx.Args[1], vx.Args[0])
		return true
	}
	return false
}

// simplifyPhi finds phis that have only one value.
func simplifyPhi(w *work, n ir.V) bool {
	v := w.value(n)
	var only ir.V
	for _, a := range v.Args {
		a = w.resolve(a)
		if a == n || a == only {
			continue
		}
		if only != 0 {
			return false
		}
		only = a
	}
	if only == 0 || (w.value(only).Type == ir.Ptr) != (v.Type == ir.Ptr) {
		return false
	}
	w.rename(n, only)
	return true
}
