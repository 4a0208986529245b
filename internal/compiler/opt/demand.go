package opt

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

const lower = uint64(1)<<32 - 1

// demand finds out which bits of values are used, going from the uses back to the definitions. It removes masks and extensions that
// change only other bits. An operation of 64 bits becomes one of 32 bits if only its lower half is used. That also makes the upper half
// zero, so cutting it off costs nothing.
func demand(w *work) {
	w.room()
	order := w.blocks()
	d := &demandPass{w: w, bits: make([]uint64, len(w.f.Values))}
	place := make([]int32, len(w.f.Blocks))
	for i, b := range order {
		place[b] = int32(i)
	}
	// The value that a loop brings back to a phi comes before the phi in this walk. So all of its bits count as used.
	for _, b := range order {
		block := &w.f.Blocks[b]
		for _, n := range block.Values {
			v := w.value(n)
			if v.Op != ir.Phi {
				break
			}
			for k, p := range block.Preds {
				if place[p] >= place[b] {
					d.bits[v.Args[k]] = ^uint64(0)
				}
			}
		}
	}
	for i := len(order) - 1; i >= 0; i-- {
		block := &w.f.Blocks[order[i]]
		switch block.Kind {
		case ir.Branch:
			d.compare(ending(block))
		case ir.Return:
			d.bits[block.X] = ^uint64(0)
		}
		for j := len(block.Values) - 1; j >= 0; j-- {
			n := block.Values[j]
			d.shrink(n)
			d.ask(n)
		}
	}
	w.settle()
}

type demandPass struct {
	w    *work
	bits []uint64 // by value: the bits that are used, as far as the walk has come
}

// compare records the bits that a comparison looks at.
func (d *demandPass) compare(c comparison) {
	mask := ^uint64(0)
	if !c.wide && d.w.c.NarrowJumps {
		mask = lower
	}
	if c.y != 0 {
		d.bits[c.y] |= mask
	} else if c.cond == ir.TEST && (c.wide || d.w.c.NarrowJumps) {
		mask &= uint64(c.imm)
	}
	d.bits[c.x] |= mask
}

// shrink simplifies n when only some of its bits are used.
func (d *demandPass) shrink(n ir.V) {
	w := d.w
	v := w.value(n)
	if len(v.Args) == 0 || !v.Op.Pure() || v.Op == ir.Copy || v.Op == ir.Compare || !w.integers(v) {
		return
	}
	want := d.bits[n]
	x := v.Args[0]
	// A narrow operation cuts off the upper half if there is one.
	cuts := narrow(v.Type) && !narrow(w.value(x).Type) && want&^lower != 0
	imm := uint64(v.Imm)
	if narrow(v.Type) {
		imm &= lower
	}
	same := false
	switch v.Op {
	case ir.And:
		same = len(v.Args) == 1 && !cuts && want&allOnes(v.Type)&^imm == 0
	case ir.Or, ir.Xor:
		same = len(v.Args) == 1 && !cuts && want&imm == 0
	case ir.Trunc:
		same = !cuts
	case ir.SExt8, ir.SExt16, ir.SExt32:
		same = want>>extension(v.Op) == 0
	}
	if same {
		w.rename(n, x)
		return
	}
	if v.Type == ir.I64 && want&^lower == 0 && halves(v) {
		v.Type = ir.I32
		v.Imm = int64(int32(v.Imm))
	}
}

// halves reports whether the lower half of the result depends only on the lower halves of the arguments.
func halves(v *ir.Value) bool {
	switch v.Op {
	case ir.Add, ir.Sub, ir.Mul, ir.And, ir.Or, ir.Xor, ir.Neg:
		return true
	case ir.Shl:
		return len(v.Args) == 1 && v.Imm >= 0 && v.Imm < 32
	}
	return false
}

// ask records which bits of its arguments n looks at.
func (d *demandPass) ask(n ir.V) {
	v := d.w.value(n)
	switch v.Op {
	case ir.Compare:
		d.compare(d.w.comparisonOf(n))
		return
	case ir.Phi:
		want := d.bits[n]
		if v.Type == ir.I32 && want&^lower == 0 {
			v.Type = ir.I64 // it does not matter whether the upper half is zero
		}
		switch v.Type {
		case ir.Bool:
			want = ^uint64(0) // the type promises 0 or 1
		case ir.I32:
			want |= ^lower // the type promises that the upper half is zero
		}
		for _, a := range v.Args {
			d.bits[a] |= want
		}
		return
	case ir.Load, ir.StoreConst:
		d.bits[v.Args[0]] = ^uint64(0)
		return
	case ir.Store, ir.Atomic:
		d.bits[v.Args[0]] = ^uint64(0)
		for _, a := range v.Args[1:] {
			d.bits[a] |= ^uint64(0) >> (64 - 8*v.Size)
		}
		return
	}
	if !v.Op.Pure() || v.Type == ir.Ptr {
		for _, a := range v.Args {
			d.bits[a] = ^uint64(0)
		}
		return
	}
	want := wanted(v, d.bits[n])
	for i, a := range v.Args {
		if i == 1 && (v.Op == ir.Shl || v.Op == ir.Shr || v.Op == ir.Sar) {
			// A count must be below the width, so the operations that make it so must stay.
			d.bits[a] |= allOnes(v.Type)
			continue
		}
		d.bits[a] |= want
	}
}

// wanted returns which bits of its arguments a pure operation looks at, if the bits out of its result are used.
func wanted(v *ir.Value, out uint64) uint64 {
	all := allOnes(v.Type)
	if v.Op == ir.Copy {
		return out
	}
	if v.Type == ir.Bool {
		return ^uint64(0) // the type promises 0 or 1, which is so only if the arguments are
	}
	out &= all
	imm := uint64(v.Imm)
	constant := len(v.Args) == 1
	switch v.Op {
	case ir.Add, ir.Sub, ir.Mul, ir.Neg:
		return ^uint64(0) >> bits.LeadingZeros64(out) // carries go to higher bits
	case ir.And:
		if constant {
			return out & imm
		}
		return out
	case ir.Or:
		if constant {
			return out &^ imm
		}
		return out
	case ir.Xor, ir.Not:
		return out
	case ir.Trunc:
		return out & lower
	case ir.ZExt:
		return out // it takes no instruction, so the upper half must be zero before
	case ir.Shl:
		if constant {
			return out >> imm
		}
		return ^uint64(0) >> bits.LeadingZeros64(out)
	case ir.Shr:
		if constant {
			return out << imm & all
		}
		return all
	case ir.Sar:
		if constant {
			want := out << imm & all
			if out>>(width(v.Type)-1-imm) != 0 {
				want |= 1 << (width(v.Type) - 1)
			}
			return want
		}
		return all
	case ir.SExt8, ir.SExt16, ir.SExt32:
		sign := uint64(1) << (extension(v.Op) - 1)
		want := out & (sign - 1)
		if out >= sign {
			want |= sign
		}
		return want
	case ir.Swap16:
		return 1<<16 - 1
	case ir.Swap32:
		return lower
	}
	return all
}
