package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// flow cleans up the ways between blocks. It removes branches with a known outcome, blocks that nothing leads to, and blocks that only
// lead on, and it joins blocks that can be one.
func flow(w *work) {
	w.count()
	e := newEdges(w)
	changed := true
	for i := 0; i < 3 && changed; i++ { // removing a block may make both ways of a branch the same, and so on
		changed = decide(e)
		if changed || i == 0 {
			unreachable(e)
		}
		changed = leadOn(e)
	}
	merge(e)
	e.done()
	for b := range w.f.Blocks {
		for _, n := range w.f.Blocks[b].Values {
			if op := w.value(n).Op; op == ir.Phi {
				simplifyPhi(w, n)
			} else if op != ir.Copy {
				break
			}
		}
	}
	w.settle()
}

// decide makes jumps of branches that can go only one way.
func decide(e *edges) bool {
	changed := false
	for b := range e.w.f.Blocks {
		block := &e.w.f.Blocks[b]
		if block.Kind != ir.Branch {
			continue
		}
		from := ir.B(b)
		if _, known, _ := e.w.compareStep(ending(block)); known == always || known == never {
			e.only(from, int(known-always))
			changed = true
		} else if to := block.Succs[0]; to == block.Succs[1] && e.agree(to, from, 0, from, 1) {
			e.only(from, 0)
			changed = true
		}
	}
	return changed
}

// unreachable empties the blocks that nothing leads to.
func unreachable(e *edges) bool {
	f := e.w.f
	reached := make([]bool, len(f.Blocks))
	reached[0] = true
	todo := make([]ir.B, 1, 16)
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range f.Blocks[b].Succs {
			if !reached[s] {
				reached[s] = true
				todo = append(todo, s)
			}
		}
	}
	var lost []ir.B
	for b := range f.Blocks {
		if block := &f.Blocks[b]; !reached[b] && (block.Kind != ir.Open || len(block.Values) > 0) {
			lost = append(lost, ir.B(b))
			for i := range block.Succs {
				e.drop(ir.B(b), i)
			}
		}
	}
	for _, b := range lost {
		e.clear(b)
	}
	return len(lost) > 0
}

// clear empties a block after its ways were removed.
func (e *edges) clear(b ir.B) {
	block := &e.w.f.Blocks[b]
	for _, n := range block.Values {
		e.w.become(n, ir.None, 0)
	}
	e.w.uses[block.X]--
	e.w.uses[block.Y]--
	*block = ir.Block{}
}

// leadOn finds blocks without values. What leads to such a block then leads directly to the block after it.
func leadOn(e *edges) bool {
	if !e.anyForwards() {
		return false
	}
	changed := false
	order := e.w.f.PostorderReversed()
	// The last blocks come first. So a way through many such blocks changes only once.
	for i := len(order) - 1; i > 0; i-- {
		b := order[i]
		block := &e.w.f.Blocks[b]
		if block.Kind != ir.Jump || block.Succs[0] == b || !e.forwards(b) {
			continue
		}
		to := block.Succs[0]
		for k := range block.Preds {
			p := e.w.f.Blocks[b].Preds[k]
			if p == gone {
				continue
			}
			way := 0
			if int(e.slot[p][0]) != k || e.w.f.Blocks[p].Succs[0] != b {
				way = 1
			}
			taken := func(phi ir.V) ir.V { return e.through(b, k, e.arg(phi, b, 0)) }
			if e.conflict(p, way, to, taken) {
				continue
			}
			e.redirect(p, way, to, taken)
			changed = true
		}
		if e.ways[b] == 0 {
			e.drop(b, 0)
			e.clear(b)
		}
	}
	return changed
}

func (e *edges) anyForwards() bool {
	for b := range e.w.f.Blocks {
		block := &e.w.f.Blocks[b]
		if b > 0 && block.Kind == ir.Jump && (len(block.Values) == 0 || e.w.value(block.Values[len(block.Values)-1]).Op == ir.Phi) {
			return true
		}
	}
	return false
}

// forwards reports whether a block does nothing but lead on, and may be removed. If several ways lead to b, the block after it gets
// several ways too, and each would need its own moves to the phis there. That costs nothing if those moves are the ones to the phis of
// b.
func (e *edges) forwards(b ir.B) bool {
	block := &e.w.f.Blocks[b]
	own := e.phis(b)
	if len(own) < len(block.Values) {
		return false
	}
	targets := e.phis(block.Succs[0])
	if len(own) == 0 && (len(targets) == 0 || e.ways[b] == 1) {
		return true
	}
	var taken int32
	for _, phi := range targets {
		a := e.w.value(e.arg(phi, b, 0))
		if a.Op != ir.Phi || a.Block != b {
			return false
		}
		taken++
	}
	for _, phi := range own {
		taken -= e.w.uses[phi]
	}
	return taken == 0
}

// through is the value of a when control came to b by its way k.
func (e *edges) through(b ir.B, k int, a ir.V) ir.V {
	if v := e.w.value(a); v.Op == ir.Phi && v.Block == b {
		return v.Args[k]
	}
	return a
}

// conflict reports whether way i of p cannot lead to a block because the other way of p leads there too and brings other values.
func (e *edges) conflict(p ir.B, i int, to ir.B, taken func(ir.V) ir.V) bool {
	succs := e.w.f.Blocks[p].Succs
	if len(succs) < 2 || succs[1-i] != to {
		return false
	}
	for _, phi := range e.phis(to) {
		if e.arg(phi, p, 1-i) != taken(phi) {
			return true
		}
	}
	return false
}

// merge joins two blocks if the first leads only to the second, and nothing else leads there.
func merge(e *edges) {
	f := e.w.f
	for i := range f.Blocks {
		b := ir.B(i)
		block := &f.Blocks[b]
		if p := e.from(b); p != gone && f.Blocks[p].Kind == ir.Jump {
			continue // it becomes part of another block
		}
		for block.Kind == ir.Jump {
			next := block.Succs[0]
			if next == b || next == 0 || e.ways[next] != 1 {
				break
			}
			for _, phi := range e.phis(next) {
				e.w.rename(phi, e.arg(phi, b, 0))
			}
			other := &f.Blocks[next]
			for _, n := range other.Values {
				e.w.value(n).Block = b
			}
			block.Values = append(block.Values, other.Values...)
			block.Kind, block.Cond, block.Wide = other.Kind, other.Cond, other.Wide
			block.X, block.Y, block.Imm, block.Site = other.X, other.Y, other.Imm, other.Site
			block.Succs, e.slot[b] = other.Succs, e.slot[next]
			for i, s := range block.Succs {
				f.Blocks[s].Preds[e.slot[b][i]] = b
			}
			*other = ir.Block{}
			e.ways[next] = 0
		}
	}
}

// from returns the only block that leads to b, if there is exactly one.
func (e *edges) from(b ir.B) ir.B {
	if b == 0 || e.ways[b] != 1 {
		return gone
	}
	for _, p := range e.w.f.Blocks[b].Preds {
		if p != gone {
			return p
		}
	}
	return gone
}
