package opt

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// The verifier forgets numbers when it comes again to may_goto or to the next element of an iterator. There it takes a number that has
// changed, and that nothing depends on so far, for any number (kernel/bpf/verifier.c, widen_imprecise_scalars, Linux 6.4). Without
// that, such loops would not end for it. The last such point may be in the function that called this one. So what was learnt about a
// number before such a point is no longer certain after it, except for constants.
//
// The points are counted in reverse postorder. All ways follow that order, except those of loops back to their heads. The head of a
// loop with such a point counts as one too. Each number remembers the count at which something was learnt about it.
// was learnt about them.
type forgetting struct {
	epoch []int32 // by value, the count; nil if there is no such point
	begin []int32 // by block, the count at its beginning
	now   int32   // the count at the current place of the walk
}

// forgets reports whether an operation is such a point.
func (w *work) forgets(v *ir.Value) bool {
	if v.Op != ir.CallKernel || int(v.Aux) >= len(w.f.Names) {
		return false
	}
	name := w.f.Names[v.Aux].Name
	return strings.HasPrefix(name, "bpf_iter_") && strings.HasSuffix(name, "_next")
}

// findForgetting counts the points.
func (r *rangePass) findForgetting() {
	order, f := r.tree.order, r.w.f
	until := make([]int32, len(order)+1) // how many points are in the blocks before, in order
	for i, b := range order {
		n := until[i]
		if f.Blocks[b].Kind == ir.MayGoto {
			n++
		}
		for _, v := range f.Blocks[b].Values {
			if r.w.forgets(r.w.value(v)) {
				n++
			}
		}
		until[i+1] = n
	}
	if until[len(order)] == 0 {
		return
	}
	r.epoch, r.begin = make([]int32, len(f.Values)), make([]int32, len(f.Blocks))
	heads := int32(0)
	for i, b := range order {
		for _, p := range f.Blocks[b].Preds {
			if r.tree.back(p, b) && until[r.tree.number[p]+1] > until[i] {
				heads++
				break
			}
		}
		r.begin[b] = until[i] + heads
	}
}

// enterEpoch sets the count at the beginning of a block.
func (r *rangePass) enterEpoch(b ir.B) {
	if r.begin != nil {
		r.now = r.begin[b]
	}
}

// set records a fact that was learnt at a count.
func (r *rangePass) set(n ir.V, k fact, epoch int32) {
	r.facts[n] = k
	if r.epoch != nil {
		r.epoch[n] = epoch
	}
}

func (r *rangePass) epochOf(n ir.V) int32 {
	if r.epoch == nil {
		return 0
	}
	return r.epoch[n]
}

// known is what the verifier still knows about a value.
func (r *rangePass) known(n ir.V) fact {
	if k := r.facts[n]; r.epoch == nil || r.epoch[n] >= r.now || k.constant() {
		return k
	}
	return anything(ir.I64)
}
