package regalloc

import (
	"fmt"
	"slices"
)

// A spreader finds out where values are alive, one value after the other. An entry of in or out is valid for the value that it names.
type spreader struct {
	*lives
	v     V
	home  int32   // the block of v's definition
	in    []V     // by block: the last value that was found alive at its start
	out   []V     // … and at its end
	work  []int32 // blocks at whose start v is alive, and whose predecessors are still to be visited
	spans []span
}

// spread finds the ranges of each value. It goes from each use up through the predecessors to the definition.
func (l *lives) spread() error {
	n := len(l.f.Blocks)
	l.rangeAt = make([]int32, l.f.Values+2)
	l.ranges = make([]span, 0, l.f.Values+l.f.Values/2)
	s := &spreader{lives: l, in: make([]V, n), out: make([]V, n)}
	for v := V(1); int(v) <= l.f.Values; v++ {
		l.rangeAt[v] = int32(len(l.ranges))
		if err := s.value(v); err != nil {
			return err
		}
	}
	l.rangeAt[l.f.Values+1] = int32(len(l.ranges))
	return nil
}

// value adds the ranges of v.
func (s *spreader) value(v V) error {
	uses := s.usesOf(v)
	if s.def[v] == defNone {
		if len(uses) > 0 {
			return fmt.Errorf("value %d is used in block %d, but never defined", v, s.useBlock(uses[0].pos))
		}
		return nil
	}
	at := s.defAt[v]
	if len(uses) == 0 {
		// The instruction writes its result in any case, so an unused result needs a register for a moment. If the register is fixed,
		// it needs no other one. A parameter that is not used need not be passed.
		if s.def[v] == defPlain {
			s.ranges = append(s.ranges, span{at, at.begin() + over})
		}
		return nil
	}
	s.v, s.home = v, s.blockAt(at)
	s.spans = s.spans[:0]
	for i := range uses {
		b := s.useBlock(uses[i].pos)
		if b == s.home && uses[i].pos <= at {
			return fmt.Errorf("block %d: value %d is used before it is defined", b, v)
		}
		if i+1 < len(uses) && uses[i+1].pos <= s.start[b+1] {
			continue // only the last use in the block matters
		}
		s.until(b, uses[i].pos)
	}
	if err := s.climb(); err != nil {
		return err
	}
	s.merge()
	s.ends(uses)
	return nil
}

// until records that v is alive in block b until pos.
func (s *spreader) until(b int32, pos moment) {
	if b == s.home {
		s.spans = append(s.spans, span{s.defAt[s.v], pos})
		return
	}
	s.spans = append(s.spans, span{s.start[b], pos})
	if s.in[b] != s.v {
		s.in[b] = s.v
		s.work = append(s.work, b)
	}
}

// leaves records that v is alive at the end of block b.
func (s *spreader) leaves(b int32) {
	if s.out[b] != s.v {
		s.out[b] = s.v
		s.until(b, s.start[b+1])
	}
}

// climb follows the predecessors of all blocks in work.
func (s *spreader) climb() error {
	for len(s.work) > 0 {
		b := s.work[len(s.work)-1]
		s.work = s.work[:len(s.work)-1]
		preds := s.preds[s.predAt[b]:s.predAt[b+1]]
		if len(preds) == 0 || b < s.home {
			s.work = s.work[:0]
			return fmt.Errorf("block %d: value %d is used, but its definition in block %d does not dominate it", b, s.v, s.home)
		}
		a := b
		for s.up[a] >= s.home {
			if s.jump[a] >= s.home {
				a = s.jump[a]
			} else {
				a = s.up[a]
			}
		}
		if a != b {
			if a+1 < b {
				s.spans = append(s.spans, span{s.start[a+1], s.start[b]})
			}
			s.leaves(a)
			continue
		}
		for _, p := range preds {
			s.leaves(p)
		}
	}
	return nil
}

// merge adds spans to the ranges, in order. Spans that touch are joined.
func (s *spreader) merge() {
	if len(s.spans) > 1 {
		slices.SortFunc(s.spans, func(a, b span) int { return int(a.from - b.from) })
	}
	last := s.spans[0]
	for _, sp := range s.spans[1:] {
		if sp.from <= last.to {
			last.to = max(last.to, sp.to)
			continue
		}
		s.ranges = append(s.ranges, last)
		last = sp
	}
	s.ranges = append(s.ranges, last)
}

// ends finds the uses at which v dies.
func (s *spreader) ends(uses []use) {
	k := s.rangeAt[s.v]
	for i := range uses {
		u := &uses[i]
		for s.ranges[k].to < u.pos {
			k++
		}
		if u.kind == usePhi {
			if !s.aliveAfter(s.useBlock(u.pos)) {
				u.rng = k
			}
		} else if s.ranges[k].to == u.pos {
			u.rng = k
		}
	}
}

// aliveAfter reports whether v is alive at the start of a successor of block b.
func (s *spreader) aliveAfter(b int32) bool {
	ranges := s.ranges[s.rangeAt[s.v]:]
	for _, e := range s.f.Blocks[b].Succs {
		c := s.start[e.To]
		k, exact := slices.BinarySearchFunc(ranges, c, func(r span, c moment) int { return int(r.from - c) })
		if exact || k > 0 && ranges[k-1].to > c {
			return true
		}
	}
	return false
}

// regions finds shortcuts upwards. A value that is alive at the start of block b, and defined in up[b] or before, is alive in all
// blocks in between: only up[b] leads into them, and they lead out only to b. If there is no such block, up[b] is -1. jump[b] is a
// block farther up. With it, the number of steps from a block to another grows only with the logarithm of their distance. Without this,
// values that are alive in many blocks would take time for each pair of a value and a block.
func (l *lives) regions() {
	n := len(l.f.Blocks)
	l.up = make([]int32, n)
	l.jump = make([]int32, n)
	l.level = make([]int32, n)
	for b := range int32(n) {
		t := l.region(b)
		l.up[b], l.jump[b] = t, -1
		if t < 0 {
			continue
		}
		l.level[b] = l.level[t] + 1
		// Skew-binary numbers: if the last two jumps had the same length, this one is as long as both together, plus one.
		l.jump[b] = t
		if j := l.jump[t]; j >= 0 && l.jump[j] >= 0 && l.level[t]-l.level[j] == l.level[j]-l.level[l.jump[j]] {
			l.jump[b] = l.jump[j]
		}
	}
}

// region returns up[b]. It needs up of all blocks before.
func (l *lives) region(b int32) int32 {
	const enough = 64 // regions that are more complicated get no shortcut
	need, back := l.firstPred(b), b
	if need < 0 {
		return -1
	}
	k := b - 1
	for range enough {
		if k < need {
			return -1
		}
		if k == need && back > k {
			return k
		}
		succs := l.f.Blocks[k].Succs
		if len(succs) == 0 {
			return -1
		}
		for _, e := range succs {
			if e.To > int(b) {
				return -1
			}
			back = min(back, int32(e.To))
		}
		for _, p := range l.preds[l.predAt[k]:l.predAt[k+1]] {
			if p >= b {
				return -1
			}
			need = min(need, p)
		}
		if l.up[k] >= need {
			k = l.up[k]
		} else {
			k--
		}
	}
	return -1
}

// firstPred returns the first predecessor of b. It returns -1 if b has none or is the head of a loop.
func (l *lives) firstPred(b int32) int32 {
	first := int32(-1)
	for _, p := range l.preds[l.predAt[b]:l.predAt[b+1]] {
		if p >= b {
			return -1
		}
		if first < 0 || p < first {
			first = p
		}
	}
	return first
}
