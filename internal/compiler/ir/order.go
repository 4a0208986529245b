package ir

import "slices"

// PostorderReversed lists the blocks that can be reached. Each block comes before the blocks that it leads to, except where a loop
// goes back. The blocks of a branch's second successor come before those of the first: so the branch falls through to the second
// successor unless other ways lead there too.
func (f *Func) PostorderReversed() []B {
	return f.PostorderReversedBy(func(b B) []B { return f.Blocks[b].Succs })
}

// PostorderReversedBy is PostorderReversed with the successors that succs returns: fewer, or the same in another order. It calls
// succs several times for a block.
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
