package opt

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// edges are the ways between blocks while passes change them. A way that is removed leaves a hole in the list of its target, and done
// closes all holes at the end. So each change costs no more than the phis that it concerns.
type edges struct {
	w    *work
	slot [][2]int32 // by block: the index of each of its ways in the Preds of the target
	ways []int32    // by block: how many ways lead to it
	hole []ir.B     // blocks with holes; some are listed twice
}

const gone ir.B = -1

// newEdges is for passes that change ways. They must call done at the end.
func newEdges(w *work) *edges {
	w.order = nil
	return tableOf(w)
}

// tableOf is for passes that only read.
func tableOf(w *work) *edges {
	e := &edges{w: w, slot: make([][2]int32, len(w.f.Blocks)), ways: make([]int32, len(w.f.Blocks))}
	for b := range e.slot {
		e.slot[b] = [2]int32{-1, -1}
	}
	for b := range w.f.Blocks {
		to := ir.B(b)
		preds := w.f.Blocks[b].Preds
		e.ways[b] = int32(len(preds))
		for k, p := range preds {
			// If both ways of p lead here, the first one comes first.
			if succs := w.f.Blocks[p].Succs; succs[0] == to && e.slot[p][0] < 0 {
				e.slot[p][0] = int32(k)
			} else {
				e.slot[p][1] = int32(k)
			}
		}
	}
	return e
}

// drop removes a way from its target's list. The caller changes Succs.
func (e *edges) drop(b ir.B, i int) {
	to := e.w.f.Blocks[b].Succs[i]
	e.w.f.Blocks[to].Preds[e.slot[b][i]] = gone
	e.ways[to]--
	e.hole = append(e.hole, to)
}

// add makes b a predecessor of to, by its way i. args returns the value that a phi takes from there.
func (e *edges) add(b ir.B, i int, to ir.B, args func(phi ir.V) ir.V) {
	block := &e.w.f.Blocks[to]
	e.slot[b][i] = int32(len(block.Preds))
	block.Preds = append(block.Preds, b)
	e.ways[to]++
	for _, phi := range e.phis(to) {
		v := e.w.value(phi)
		a := args(phi)
		v.Args = append(v.Args, a)
		e.w.uses[a]++
	}
}

// redirect makes way i of b lead to another block.
func (e *edges) redirect(b ir.B, i int, to ir.B, args func(phi ir.V) ir.V) {
	e.drop(b, i)
	e.w.f.Blocks[b].Succs[i] = to
	e.add(b, i, to, args)
}

// only leaves a block nothing but its way i.
func (e *edges) only(b ir.B, i int) {
	block := &e.w.f.Blocks[b]
	e.drop(b, 1-i)
	e.w.uses[block.X]--
	e.w.uses[block.Y]--
	block.Succs[0], e.slot[b][0] = block.Succs[i], e.slot[b][i]
	block.Succs = block.Succs[:1]
	block.Kind, block.X, block.Y = ir.Jump, 0, 0
}

// turn exchanges the ways of a block.
func (e *edges) turn(b ir.B) {
	s := e.w.f.Blocks[b].Succs
	s[0], s[1] = s[1], s[0]
	e.slot[b][0], e.slot[b][1] = e.slot[b][1], e.slot[b][0]
}

// newBlock adds a block that nothing leads to. The caller fills in its two ways.
func (e *edges) newBlock() ir.B {
	b := e.w.f.NewBlock()
	e.slot = append(e.slot, [2]int32{-1, -1})
	e.ways = append(e.ways, 0)
	return b
}

// phis are the phis at the beginning of a block. Copies between them are not used any more.
func (e *edges) phis(b ir.B) []ir.V {
	values := e.w.f.Blocks[b].Values
	n := 0
	for n < len(values) && e.w.value(values[n]).Op == ir.Phi {
		n++
	}
	return values[:n]
}

// arg is the value that a phi takes by way i of b.
func (e *edges) arg(phi ir.V, b ir.B, i int) ir.V {
	return e.w.value(phi).Args[e.slot[b][i]]
}

// agree reports whether way i of a and way j of b, which lead to the same block, bring the same values.
func (e *edges) agree(to, a ir.B, i int, b ir.B, j int) bool {
	for _, phi := range e.phis(to) {
		if e.w.resolve(e.arg(phi, a, i)) != e.w.resolve(e.arg(phi, b, j)) {
			return false
		}
	}
	return true
}

// done closes the holes. After that, the table of ways is no longer valid.
func (e *edges) done() {
	slices.Sort(e.hole)
	for _, b := range slices.Compact(e.hole) {
		block := &e.w.f.Blocks[b]
		for _, n := range block.Values {
			v := e.w.value(n)
			if v.Op == ir.Phi {
				kept := v.Args[:0]
				for k, a := range v.Args {
					if block.Preds[k] == gone {
						e.w.uses[a]--
					} else {
						kept = append(kept, a)
					}
				}
				v.Args = kept
			} else if v.Op != ir.Copy {
				break
			}
		}
		kept := block.Preds[:0]
		for _, p := range block.Preds {
			if p != gone {
				kept = append(kept, p)
			}
		}
		block.Preds = kept
	}
	e.hole = e.hole[:0]
	e.w.order = nil
}
