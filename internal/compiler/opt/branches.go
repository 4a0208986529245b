package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// branches makes blocks branch by a comparison itself instead of by its result. A condition that is joined by And or Or becomes two
// branches, one after the other. If it is known where a branch goes when control comes from some block, that block leads there
// directly.
func branches(w *work) {
	w.count()
	e := newEdges(w)
	todo := w.f.PostorderReversed()
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for w.f.Blocks[b].Kind == ir.Branch {
			split, changed := fuse(e, b)
			if split != 0 {
				todo = append(todo, split)
			}
			if !changed {
				break
			}
		}
	}
	for _, b := range w.f.PostorderReversed() {
		if b != 0 && w.f.Blocks[b].Kind == ir.Branch {
			threadPhi(e, b)
		}
	}
	unreachable(e)
	e.done()
	w.settle()
}

// fuse takes one step. It returns the block that it made, if it made one.
func fuse(e *edges, b ir.B) (split ir.B, changed bool) {
	w := e.w
	block := &w.f.Blocks[b]
	c := ending(block)
	v := w.value(c.x)
	if c.y != 0 || c.imm != 0 || c.cond != ir.NE && c.cond != ir.EQ {
		return 0, false
	}
	differ := block.Succs[0] != block.Succs[1]
	if v.Op == ir.And && v.Type != ir.Bool {
		if c.cond == ir.EQ && differ && w.single(c.x) && (!c.wide || v.Type.Wide()) && w.integers(v) && w.mayCompare(c.wide, v) {
			e.turn(b)
			w.branch(b, w.testOf(c, v))
			return 0, true
		}
		return 0, false
	}
	if v.Type != ir.Bool {
		return 0, false
	}
	switch v.Op {
	case ir.Compare:
		next := w.comparisonOf(c.x)
		if c.cond == ir.EQ {
			cond, ok := next.cond.Negated()
			switch {
			case ok:
				next.cond = cond
			case differ:
				e.turn(b)
			default:
				return 0, false
			}
		}
		w.branch(b, next)
		return 0, true
	case ir.Not:
		not := c.x
		c.x, c.cond = v.Args[0], ir.EQ+ir.NE-c.cond
		w.branch(b, c)
		if w.uses[not] == 0 {
			w.become(not, ir.None, 0) // so the Bool that it negates has one use, in case it is a joined condition
		}
		return 0, true
	case ir.And, ir.Or:
		if len(v.Args) != 2 || !differ || !w.single(c.x) || w.value(v.Args[0]).Type != ir.Bool || w.value(v.Args[1]).Type != ir.Bool {
			return 0, false
		}
		if c.cond == ir.EQ {
			e.turn(b)
		}
		return shortcut(e, b, c.x), true
	}
	return 0, false
}

// branch makes a block branch by a comparison.
func (w *work) branch(b ir.B, c comparison) {
	block := &w.f.Blocks[b]
	w.uses[block.X]--
	w.uses[block.Y]--
	c.put(block)
	w.uses[block.X]++
	w.uses[block.Y]++
}

// shortcut makes two branches of a branch by x && y or x || y. The second branch is in a block of its own, which is reached only if the
// first has not decided. Both conditions are still computed before the first branch. They are usually comparisons, and then only the
// branches remain.
func shortcut(e *edges, b ir.B, joined ir.V) ir.B {
	w := e.w
	v := w.value(joined)
	first, second := v.Args[0], v.Args[1]
	decided := 1 // the way that the first branch decides: if x is false, x && y is false
	if v.Op == ir.Or {
		decided = 0
	}
	next := e.newBlock()
	from, block := &w.f.Blocks[b], &w.f.Blocks[next]
	block.Kind, block.Site = ir.Branch, from.Site
	block.Cond, block.Wide, block.X = ir.NE, from.Wide, second
	w.uses[second]++
	w.branch(b, comparison{cond: ir.NE, wide: from.Wide, x: first})
	w.become(joined, ir.None, 0) // so parts that are joined conditions themselves have one use

	// The way that the first branch does not decide now comes from the new block only, and the decided one from both.
	block.Succs = make([]ir.B, 2)
	other := 1 - decided
	block.Succs[other] = from.Succs[other]
	e.slot[next][other] = e.slot[b][other]
	w.f.Blocks[from.Succs[other]].Preds[e.slot[b][other]] = next
	from.Succs[other] = next
	e.slot[b][other] = 0
	block.Preds = append(block.Preds, b)
	e.ways[next] = 1
	block.Succs[decided] = from.Succs[decided]
	e.add(next, decided, from.Succs[decided], func(phi ir.V) ir.V { return e.arg(phi, b, decided) })
	return next
}

// threadPhi looks at a block that does nothing but branch by a phi. The ways to it that bring a constant then lead directly to where
// the branch will go.
func threadPhi(e *edges, b ir.B) {
	w := e.w
	block := &w.f.Blocks[b]
	c := ending(block)
	if v := w.value(c.x); c.y != 0 || v.Op != ir.Phi || v.Block != b {
		return
	}
	// The phis must not be used where control would no longer come through this block.
	var uses, known int32
	for i := len(block.Values) - 1; i >= 0; i-- {
		n := block.Values[i]
		v := w.value(n)
		switch {
		case v.Op == ir.Phi:
			uses += w.uses[n]
		case v.Op.Pure() && w.uses[n] == 0: // a comparison that became part of the branch
			w.become(n, ir.None, 0)
		case v.Op != ir.None:
			return
		}
	}
	known = 1 // the branch's own use
	for i, to := range block.Succs {
		if to == b {
			return
		}
		for _, phi := range e.phis(to) {
			if a := w.value(e.arg(phi, b, i)); a.Op == ir.Phi && a.Block == b {
				known++
			}
		}
	}
	if uses != known {
		return
	}
	for k := range block.Preds {
		p := w.f.Blocks[b].Preds[k]
		if p == gone {
			continue
		}
		n, ok := w.constOf(w.value(c.x).Args[k])
		if !ok {
			continue
		}
		way := 0
		if int(e.slot[p][0]) != k || w.f.Blocks[p].Succs[0] != b {
			way = 1
		}
		out := 1
		if c.cond.Holds(n, uint64(c.imm), c.wide) {
			out = 0
		}
		to := w.f.Blocks[b].Succs[out]
		taken := func(phi ir.V) ir.V { return e.through(b, k, e.arg(phi, b, out)) }
		if !e.conflict(p, way, to, taken) {
			e.redirect(p, way, to, taken)
		}
	}
}
