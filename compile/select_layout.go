package compile

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// splitCriticalEdges puts an empty block on each edge from a block with two successors to one with several predecessors, because moves
// along the edge have no other place. Blocks that stay empty are not emitted.
func (s *selection) splitCriticalEdges() {
	f := s.f
	for b := range len(f.Blocks) {
		if len(f.Blocks[b].Succs) < 2 {
			continue
		}
		for i, to := range f.Blocks[b].Succs {
			if len(f.Blocks[to].Preds) < 2 {
				continue
			}
			between := f.NewBlock()
			f.Blocks[between].Kind, f.Blocks[between].Site = ir.Jump, f.Blocks[b].Site
			f.Blocks[between].Succs = []ir.B{to}
			f.Blocks[between].Preds = []ir.B{ir.B(b)}
			f.Blocks[b].Succs[i] = between
			for n, p := range f.Blocks[to].Preds {
				if p == ir.B(b) {
					f.Blocks[to].Preds[n] = between
					break
				}
			}
		}
	}
}

// arrange finds the layout: each block before those that it leads to, and the blocks of a loop together. It also counts how many loops
// each block is in.
func (s *selection) arrange() {
	f := s.f
	order := f.PostorderReversed()
	idom := f.Dominators(order)
	number := make([]int, len(f.Blocks))
	for i, b := range order {
		number[b] = i
	}
	depths := make([]int, len(f.Blocks))
	inLoop := make([]ir.B, len(f.Blocks)) // by block: the head of the last loop that was counted for it
	for i := range inLoop {
		inLoop[i] = -1
	}
	dominates := func(a, b ir.B) bool {
		for number[b] > number[a] {
			b = idom[b]
		}
		return a == b
	}
	for _, head := range order {
		var work []ir.B
		for _, p := range f.Blocks[head].Preds {
			if number[p] >= number[head] && dominates(head, p) {
				work = append(work, p)
			}
		}
		if work == nil {
			continue
		}
		inLoop[head] = head
		depths[head]++
		for len(work) > 0 {
			b := work[len(work)-1]
			work = work[:len(work)-1]
			if inLoop[b] == head {
				continue
			}
			inLoop[b] = head
			depths[b]++
			work = append(work, f.Blocks[b].Preds...)
		}
	}
	s.depths = depths
	s.order = s.layOut(depths)
	s.place = make([]int32, len(f.Blocks))
	for i, b := range s.order {
		s.place[b] = int32(i)
	}
}

// layOut is the reverse postorder. Of two ways, it visits first the one that leaves a loop, so that its blocks come after the loop.
func (s *selection) layOut(depths []int) []ir.B {
	var swapped [2]ir.B
	return s.f.PostorderReversedBy(func(b ir.B) []ir.B {
		succs := s.f.Blocks[b].Succs
		if len(succs) == 2 && depths[succs[1]] < depths[succs[0]] {
			swapped = [2]ir.B{succs[1], succs[0]}
			return swapped[:]
		}
		return succs
	})
}

// countUses counts how often each value is an operand.
func (s *selection) countUses() {
	s.uses = make([]int32, len(s.f.Values))
	for _, b := range s.order {
		block := &s.f.Blocks[b]
		for _, v := range block.Values {
			for _, a := range s.f.Values[v].Args {
				s.uses[a]++
			}
		}
		s.uses[block.X]++
		s.uses[block.Y]++
	}
}

// placeObjects places the objects of the frame below the frame pointer, each at a multiple of 8 bytes. Objects that are not used take
// no room.
func (s *selection) placeObjects() {
	used := make([]bool, len(s.f.Frame))
	for _, b := range s.order {
		for _, v := range s.f.Blocks[b].Values {
			if value := &s.f.Values[v]; value.Op == ir.FrameAddr && s.uses[v] > 0 {
				used[value.Aux] = true
			}
		}
	}
	s.frame = make([]int32, len(s.f.Frame))
	for i, o := range s.f.Frame {
		if used[i] {
			s.depth += (o.Size + 7) &^ 7
			s.frame[i] = -s.depth
		}
	}
}
