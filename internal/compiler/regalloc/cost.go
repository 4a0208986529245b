package regalloc

import "math"

// Costs are counted in quarters of an instruction outside loops.
const (
	costMove   = 4
	costMemory = 1 // what a load costs more than a move
	endless    = math.MaxInt64 / 4
)

// evictCost is the cost of having w on the stack from c until end, when it may have a register again.
func (s *scan) evictCost(w *piece, c, end moment) int64 {
	cost := s.storeCost(w.v) + s.loadCost(w.v, c, end)
	// If w is used in this loop again, in the next round, it must be loaded for that too.
	b := s.blockAt(c)
	if k := s.in[b]; k >= 0 {
		l := &s.loops[k]
		u := s.useFrom(w.v, l.from+1)
		if w.from <= l.from && u < s.useAt[w.v+1] && s.uses[u].pos < c && s.alive(w.v, l.to-1) {
			cost += costMove * s.weight(b)
		}
	}
	return cost
}

// stackCost is the cost of having p on the stack from c on.
func (s *scan) stackCost(p *piece, c moment) int64 {
	if c >= p.to {
		return 0
	}
	return s.storeCost(p.v) + s.loadCost(p.v, c, never)
}

// storeCost is the cost of storing v in its slot too.
func (s *scan) storeCost(v V) int64 {
	if s.slot[v] || s.remat(v) {
		return 0
	}
	return costMove * s.weight(s.blockAt(s.defAt[v]))
}

// loadCost is the cost of loading v for its uses from c to end, once between two calls, and for the next use after that.
func (s *scan) loadCost(v V, c, end moment) int64 {
	const enough = 64
	cost := int64(0)
	group := int32(-1)
	first := s.useFrom(v, c)
	for k := first; k < min(s.useAt[v+1], first+enough); k++ {
		u := &s.uses[k]
		if g := s.calls[u.pos.row()]; g != group {
			w := s.weight(s.useBlock(u.pos))
			switch {
			case u.kind == useMust:
				cost += costMove * w
				group = g
			case u.kind == useFixed || u.kind == useTied && u.rng < 0:
				if !s.remat(v) {
					cost += costMemory * w
				}
			default:
				cost += costMove * w
			}
		}
		if u.pos >= end {
			break
		}
	}
	return cost
}

// startCost is the cost of bringing p into a register where it starts.
func (s *scan) startCost(p *piece) int64 {
	if p.first {
		return 0
	}
	b := s.blockAt(p.from)
	w := s.weight(b)
	if p.from == s.start[b] && s.in[b] >= 0 && s.loops[s.in[b]].from == p.from {
		w >>= 3 // on the way into the loop
	}
	return costMove * w
}

// backAgain reports whether p starts at the head of a loop and would lose its register before the end, so that it must be loaded in
// each round.
func (s *scan) backAgain(p *piece, until moment) bool {
	b := s.blockAt(p.from)
	k := s.in[b]
	return k >= 0 && s.loops[k].from == p.from && until < s.loops[k].to && s.alive(p.v, s.loops[k].to-1)
}
