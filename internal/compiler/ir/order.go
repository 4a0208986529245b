package ir

import "slices"

// PostorderReversed lists the blocks that can be reached, each before those that it
// leads to, but for the ways back of loops. Of two ways, the second one's blocks
// come last, so that a branch falls through to its second successor when that is
// not a join.
func (f *Func) PostorderReversed() []B {
	return f.PostorderReversedBy(func(b B) []B { return f.Blocks[b].Succs })
}

// PostorderReversedBy is PostorderReversed with fewer ways, or the same ways in another order. It calls succs several times for
// a block.
func (f *Func) PostorderReversedBy(succs func(B) []B) []B {
	type frame struct {
		b    B
		next int32 // of its ways
	}
	seen := make([]bool, len(f.Blocks))
	order := make([]B, 0, len(f.Blocks))
	stack := make([]frame, 1, 64) // the first block
	seen[0] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		ways := succs(top.b)
		if int(top.next) == len(ways) {
			order = append(order, top.b)
			stack = stack[:len(stack)-1]
			continue
		}
		to := ways[top.next]
		top.next++
		if !seen[to] {
			seen[to] = true
			stack = append(stack, frame{b: to})
		}
	}
	slices.Reverse(order)
	return order
}
