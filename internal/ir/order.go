package ir

import "slices"

// PostorderReversed lists the blocks that can be reached, each before those that it
// leads to, but for the ways back of loops. Of two ways, the second one's blocks
// come last, so that a branch falls through to its second successor when that is
// not a join.
func (f *Func) PostorderReversed() []B {
	return f.PostorderReversedBy(func(b B) []B { return f.Blocks[b].Succs })
}

// PostorderReversedBy is PostorderReversed for somebody who follows fewer ways,
// or the same ones in another order. It asks once for each block's.
func (f *Func) PostorderReversedBy(succs func(B) []B) []B {
	seen := make([]bool, len(f.Blocks))
	type frame struct {
		b    B
		todo []B
	}
	order := make([]B, 0, len(f.Blocks))
	stack := []frame{{0, succs(0)}}
	seen[0] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.todo) == 0 {
			order = append(order, top.b)
			stack = stack[:len(stack)-1]
			continue
		}
		to := top.todo[0]
		top.todo = top.todo[1:]
		if !seen[to] {
			seen[to] = true
			stack = append(stack, frame{to, succs(to)})
		}
	}
	slices.Reverse(order)
	return order
}
