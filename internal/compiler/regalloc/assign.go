package regalloc

import "github.com/bpfsmith/bpfsmith/isa"

// place finds a register for piece i. If there is none, it puts this piece or another one on the stack.
func (s *scan) place(i int32) error {
	p := &s.pieces[i]
	var free isa.RegisterSet // for all of the piece's life
	for r := range s.limit {
		s.limit[r] = s.freeUntil(p, r)
	}
	if s.remat(p.v) {
		s.dontCross(p)
	}
	for r, c := range s.limit {
		if c >= p.to && s.active[r] < 0 {
			free = free.With(isa.Register(r))
		}
	}
	must := s.mustStart(p)
	if free != 0 {
		if must || p.first || s.startCost(p) <= s.stackCost(p, p.from) {
			s.give(i, s.choose(p, free))
		} else {
			s.leave(i)
		}
		return nil
	}

	// There are three choices: split the piece where the best register ends, take the register of another piece, or go to the stack
	// now.
	prefix, until := s.longest(p, must)
	here := int64(endless)
	if !must {
		here = s.stackCost(p, p.from)
	}
	if prefix != AnyReg {
		part := s.startCost(p) + s.stackCost(p, until)
		if s.backAgain(p, until) {
			part += costMove * s.weight(s.blockAt(p.from))
		}
		if part > here {
			prefix = AnyReg
		} else {
			here = part
		}
	}
	victim, cost := s.weakest(p, must && prefix == AnyReg)
	switch {
	case victim != AnyReg && cost+s.startCost(p) < here:
		s.evict(s.active[victim], p.from.begin())
		if c := s.limit[victim]; c < p.to {
			s.cut(i, s.splitAt(p, c))
		}
		s.give(i, victim)
	case prefix != AnyReg:
		s.cut(i, until)
		s.give(i, prefix)
	case must:
		return s.errFull(p)
	default:
		s.leave(i)
	}
	return nil
}

// dontCross is for a value that can be made again. It has a register that survives calls only until the next call. If that call itself
// reads the value in any register, the value may be there for the call.
func (s *scan) dontCross(p *piece) {
	c := p.from.next()
	for r := isa.R0; r <= isa.R5; r++ {
		c = max(c, s.limit[r])
	}
	for r := isa.R6; r <= isa.R9; r++ {
		s.limit[r] = min(s.limit[r], c)
	}
}

// leave puts a piece on the stack from its start.
func (s *scan) leave(i int32) {
	p := &s.pieces[i]
	p.dead = true
	v, from := p.v, p.from
	if p.prev >= 0 {
		if q := &s.pieces[p.prev]; !q.dead && q.to == from {
			s.shorten(q, from)
		}
	}
	s.stack(v, from)
}

// evict puts an active piece on the stack from the moment c.
func (s *scan) evict(i int32, c moment) {
	p := &s.pieces[i]
	s.active[p.reg] = -1
	// If the piece was to be split later, the rest of it waits already. That rest is dropped, because a new one begins now.
	if p.next >= 0 {
		s.pieces[p.next].dead = true
	}
	if p.from >= c {
		s.leave(i)
		return
	}
	s.shorten(p, c)
	s.stack(p.v, c)
}

// splitAt returns the best moment to split p if its register is lost at c.
func (s *scan) splitAt(p *piece, c moment) moment {
	return s.hoist(p.v, s.keep(p, c), c)
}

// longest returns the register that stays free for p longest, and the moment at which p would be split then. It returns AnyReg if none
// stays free long enough to be of use.
func (s *scan) longest(p *piece, must bool) (isa.Register, moment) {
	var best moment
	for r, c := range s.limit {
		if s.active[r] < 0 {
			best = max(best, c)
		}
	}
	if best <= p.from {
		return AnyReg, 0
	}
	until := s.splitAt(p, best)
	if until <= p.from || must && until < min(p.from.next(), p.to) || s.keep(p, until) <= p.from {
		return AnyReg, 0
	}
	var set isa.RegisterSet
	for r, c := range s.limit {
		if s.active[r] < 0 && c == best {
			set = set.With(isa.Register(r))
		}
	}
	// If p is an argument of the call at which the register is lost, it may be in that register already.
	for k := s.useFrom(p.v, best); k < s.useAt[p.v+1] && s.uses[k].pos == best; k++ {
		if u := &s.uses[k]; u.kind == useFixed && set.Has(u.reg) {
			return u.reg, until
		}
	}
	return s.choose(p, set), until
}

// weakest returns the register that costs least if its piece is on the stack while p is in it, and that cost. If forced is set, p needs
// a register at any cost, even if only for the instruction where it begins.
func (s *scan) weakest(p *piece, forced bool) (isa.Register, int64) {
	best, least := AnyReg, int64(endless)
	c := p.from.begin()
	for r, until := range s.limit {
		a := s.active[r]
		if a < 0 {
			continue
		}
		short := until < p.to
		if short && (!forced || until < c+perInstr) {
			continue
		}
		w := &s.pieces[a]
		if !s.movable(w, c) {
			continue
		}
		cost := s.evictCost(w, c, min(until, p.to))
		if short {
			cost += s.stackCost(p, until)
		}
		if cost < least {
			best, least = isa.Register(r), cost
		}
	}
	if forced && best != AnyReg {
		least = 0
	}
	return best, least
}

// movable reports whether w can leave its register at the moment c.
func (s *scan) movable(w *piece, c moment) bool {
	if w.from >= c && s.mustStart(w) {
		return false
	}
	return !s.mustAt(w.v, c)
}
