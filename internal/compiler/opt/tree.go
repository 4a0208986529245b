package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A tree is the dominator tree: the parent of a block is the last block before it that every path to it goes through.
type tree struct {
	order    []ir.B // as PostorderReversed lists them
	number   []int32
	idom     []ir.B
	preorder []ir.B // parents first; the blocks that a block dominates come directly after it
	in, out  []int32
}

func newTree(f *ir.Func, order []ir.B) *tree {
	size := len(f.Blocks)
	space := make([]int32, 5*size)
	cut := func(i int) []int32 { return space[i*size : (i+1)*size : (i+1)*size] }
	t := &tree{order: order, idom: f.Dominators(order), number: cut(0), in: cut(1), out: cut(2)}
	// The children of a block are a linked list in order. To get that order, the last one is put at the front first.
	child, sibling := cut(3), cut(4)
	for i := len(order) - 1; i > 0; i-- {
		b := order[i]
		sibling[b], child[t.idom[b]] = child[t.idom[b]], int32(b)
	}
	for i, b := range order {
		t.number[b] = int32(i)
	}
	t.preorder = make([]ir.B, 0, len(order))
	b := ir.B(0)
	for {
		t.in[b] = int32(len(t.preorder))
		t.preorder = append(t.preorder, b)
		if child[b] != 0 { // the entry, 0, is nobody's child
			b = ir.B(child[b])
			continue
		}
		for {
			t.out[b] = int32(len(t.preorder))
			if b == 0 {
				return t
			}
			if sibling[b] != 0 {
				b = ir.B(sibling[b])
				break
			}
			b = t.idom[b]
		}
	}
}

// dominates reports whether every path to b goes through a.
func (t *tree) dominates(a, b ir.B) bool { return t.in[a] <= t.in[b] && t.in[b] < t.out[a] }

// back reports whether a way goes back in the order: from the end of a loop to its head.
func (t *tree) back(from, to ir.B) bool { return t.number[from] >= t.number[to] }
