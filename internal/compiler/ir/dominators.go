package ir

// Dominators returns the dominator of each block in order: the last block before it that every path to it goes through. For the entry
// it is the entry itself. The time is about linear, even if very many ways lead to one block (the semi-NCA algorithm: Georgiadis,
// Linear-Time Algorithms for Dominators and Related Problems, 2005).
func (f *Func) Dominators(order []B) []B {
	const none = -1
	idom := make([]B, len(f.Blocks))
	number := make([]int32, len(f.Blocks)) // in the order of a depth-first walk
	for i := range idom {
		idom[i], number[i] = none, none
	}
	// Indexed by number: the block, its parent in the walk, and what is known about its dominator.
	block := make([]B, 0, len(order))
	space := make([]int32, 4*len(order))
	cut := func(i int) []int32 { return space[i*len(order) : (i+1)*len(order) : (i+1)*len(order)] }
	parent, semi, label, dom := cut(0), cut(1), cut(2), cut(3)
	type way struct {
		b    B
		from int32
	}
	todo := append(make([]way, 0, 64), way{0, 0})
	for len(todo) > 0 {
		w := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if number[w.b] != none {
			continue
		}
		n := int32(len(block))
		number[w.b] = n
		block = append(block, w.b)
		parent[n], dom[n], semi[n], label[n] = w.from, w.from, n, n
		for _, s := range f.Blocks[w.b].Succs {
			if number[s] == none {
				todo = append(todo, way{s, n})
			}
		}
	}
	var path []int32
	// eval goes up from v through the blocks that were looked at, which have the numbers from linked on. It returns the one with
	// the least semidominator, and shortens the way for the next call.
	eval := func(v, linked int32) int32 {
		if parent[v] < linked {
			return label[v]
		}
		for parent[v] >= linked {
			path = append(path, v)
			v = parent[v]
		}
		best := label[v]
		for i := len(path) - 1; i >= 0; i-- {
			up := v
			v = path[i]
			parent[v] = parent[up]
			if semi[best] < semi[label[v]] {
				label[v] = best
			} else {
				best = label[v]
			}
		}
		path = path[:0]
		return label[v]
	}
	for n := int32(len(block)) - 1; n > 0; n-- {
		semi[n] = parent[n]
		for _, p := range f.Blocks[block[n]].Preds {
			if number[p] == none {
				continue
			}
			semi[n] = min(semi[n], semi[eval(number[p], n+1)])
		}
	}
	idom[0] = 0
	for n := int32(1); n < int32(len(block)); n++ {
		for dom[n] > semi[n] {
			dom[n] = dom[dom[n]]
		}
		idom[block[n]] = block[dom[n]]
	}
	return idom
}
