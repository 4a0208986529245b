package regalloc

import (
	"math"
	"math/bits"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Costs are counted in quarters of an instruction outside loops.
const (
	costMove   = 4
	costMemory = 1 // what a load costs more where there would be a move anyway
	endless    = math.MaxInt64 / 4
)

// place finds a register for piece i, or puts it or another one on the stack.
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

	// What can be done: split it where the best register ends, take another one's register, or go to the stack now.
	prefix, until := s.longest(p, must)
	here := int64(endless)
	if !must {
		here = s.stackCost(p, p.from)
	}
	if prefix != AnyReg {
		part := s.startCost(p) + s.stackCost(p, until)
		if s.backAgain(p, until) {
			part += costMove * s.weight(s.at[p.from>>2])
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
		s.evict(s.active[victim], p.from&^3)
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

// dontCross keeps a value that can be remade out of registers that survive calls, beyond the next call. If a call itself
// reads it in any register, that is where it must be.
func (s *scan) dontCross(p *piece) {
	c := p.from&^3 + 4
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

// evict puts an active piece on the stack from c on.
func (s *scan) evict(i, c int32) {
	p := &s.pieces[i]
	s.active[p.reg] = -1
	// If its register is lost later, the rest waits already; that is given up for what begins now.
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

// splitAt returns where p is best split if its register is lost at c.
func (s *scan) splitAt(p *piece, c int32) int32 {
	return s.hoist(p.v, s.keep(p, c), c)
}

// longest returns the register that is free for p longest, and where p would be split then; AnyReg if no part of it
// would be of use.
func (s *scan) longest(p *piece, must bool) (isa.Register, int32) {
	var best int32
	for r, c := range s.limit {
		if s.active[r] < 0 {
			best = max(best, c)
		}
	}
	if best <= p.from {
		return AnyReg, 0
	}
	until := s.splitAt(p, best)
	if until <= p.from || must && until < min(p.from&^3+4, p.to) || s.keep(p, until) <= p.from {
		return AnyReg, 0
	}
	var set isa.RegisterSet
	for r, c := range s.limit {
		if s.active[r] < 0 && c == best {
			set = set.With(isa.Register(r))
		}
	}
	// As an argument of the call at which it is lost, it may be there already.
	for k := s.useFrom(p.v, best); k < s.useAt[p.v+1] && s.uses[k].pos == best; k++ {
		if u := &s.uses[k]; u.kind == useFixed && set.Has(u.reg) {
			return u.reg, until
		}
	}
	return s.choose(p, set), until
}

// weakest returns the register whose piece can best be on the stack while p is in it, and what that costs. If forced, p
// needs a register whatever it costs, and be it only for the instruction where it begins.
func (s *scan) weakest(p *piece, forced bool) (isa.Register, int64) {
	best, least := AnyReg, int64(endless)
	c := p.from &^ 3
	for r, until := range s.limit {
		a := s.active[r]
		if a < 0 {
			continue
		}
		short := until < p.to
		if short && (!forced || until < c+4) {
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

// movable reports whether w can leave its register at c.
func (s *scan) movable(w *piece, c int32) bool {
	if w.from >= c && s.mustStart(w) {
		return false
	}
	return !s.mustAt(w.v, c)
}

// evictCost says what it costs if w is on the stack from c on and may have a register again at end.
func (s *scan) evictCost(w *piece, c, end int32) int64 {
	cost := s.storeCost(w.v) + s.loadCost(w.v, c, end)
	// If it is used in this loop again, in the next round, it must be loaded for that too.
	b := s.at[c>>2]
	if k := s.in[b]; k >= 0 {
		l := &s.loops[k]
		u := s.useFrom(w.v, l.from+1)
		if w.from <= l.from && u < s.useAt[w.v+1] && s.uses[u].pos < c && s.alive(w.v, l.to-1) {
			cost += costMove * s.weight(b)
		}
	}
	return cost
}

// stackCost says what it costs if p is on the stack from c on.
func (s *scan) stackCost(p *piece, c int32) int64 {
	if c >= p.to {
		return 0
	}
	return s.storeCost(p.v) + s.loadCost(p.v, c, math.MaxInt32)
}

// storeCost says what it costs to have v in its slot too.
func (s *scan) storeCost(v V) int64 {
	if s.slot[v] || s.remat(v) {
		return 0
	}
	return costMove * s.weight(s.at[s.defAt[v]>>2])
}

// loadCost says what it costs to load v for each use from c to end, once between two calls, and for the next use then.
func (s *scan) loadCost(v V, c, end int32) int64 {
	const enough = 64
	cost := int64(0)
	group := int32(-1)
	first := s.useFrom(v, c)
	for k := first; k < min(s.useAt[v+1], first+enough); k++ {
		u := &s.uses[k]
		if g := s.calls[u.pos>>2]; g != group {
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

// startCost says what it costs to bring p into a register where it starts.
func (s *scan) startCost(p *piece) int64 {
	if p.first {
		return 0
	}
	b := s.at[p.from>>2]
	w := s.weight(b)
	if p.from == s.start[b] && s.in[b] >= 0 && s.loops[s.in[b]].from == p.from {
		w >>= 3 // on the way into the loop
	}
	return costMove * w
}

// backAgain reports whether p starts at the head of a loop and would be gone at its end, so that it must be loaded each
// time round.
func (s *scan) backAgain(p *piece, until int32) bool {
	b := s.at[p.from>>2]
	k := s.in[b]
	return k >= 0 && s.loops[k].from == p.from && until < s.loops[k].to && s.alive(p.v, s.loops[k].to-1)
}

// choose picks one of the registers in set for p: the one that saves most moves.
func (s *scan) choose(p *piece, set isa.RegisterSet) isa.Register {
	if t := s.tiedAt(p); t != AnyReg && set != isa.Registers(t) {
		set = set.Without(t)
	}
	if set&(set-1) == 0 {
		return lowest(set)
	}
	var votes [numRegs]int64
	vote := func(r isa.Register, n int64) {
		if r < numRegs {
			votes[r] += n
		}
	}
	if p.first {
		s.voteForOrigin(p, vote)
	}
	vote(s.want[p.v], costMove*int64(s.wantWeight[p.v]))
	if p.prev >= 0 {
		vote(s.pieces[p.prev].reg, 2)
	}
	rep := s.rep(p.v)
	vote(s.pref[rep], 1)
	if kept := set & isa.CalleeSaved; s.webCrossing[rep] && !isa.CalleeSaved.Has(s.pref[rep]) && kept != 0 && !s.remat(p.v) {
		vote(lowest(kept), costMove+1) // where others of its web will have to be
	}
	best, most := AnyReg, int64(0)
	for r, n := range votes {
		if n > most && set.Has(isa.Register(r)) {
			best, most = isa.Register(r), n
		}
	}
	if best != AnyReg {
		return best
	}
	// Leave alone what others would like to have, and what survives calls.
	scratch := set & isa.CallerSaved
	var quiet isa.RegisterSet
	for m := scratch; m != 0; m &= m - 1 {
		r := lowest(m)
		k := s.blocking[r]
		if int(k) >= len(s.blocked[r]) || !s.blocked[r][k].wanted {
			quiet = quiet.With(r)
		}
	}
	compared := s.comparedBefore(p)
	switch {
	case quiet&^compared != 0:
		return lowest(quiet &^ compared)
	case quiet != 0:
		return lowest(quiet)
	case scratch != 0:
		return lowest(scratch)
	}
	return lowest(set)
}

// comparedBefore returns the registers that are compared right before the moves which may bring p to where it begins. In
// another register than these, a move can be made before the branch, which may save a jump past it.
func (s *scan) comparedBefore(p *piece) isa.RegisterSet {
	if !p.first {
		return 0
	}
	b := s.at[p.from>>2]
	switch {
	case s.def[p.v] == defParam:
		const enough = 16
		var set isa.RegisterSet
		for n, c := range s.preds[s.predAt[b]:s.predAt[b+1]] {
			if c < b && n < enough && s.onlyMoves(c) {
				set |= s.comparedFor(c)
			}
		}
		return set
	case s.def[p.v] == defPlain && s.tied[p.v] == 0:
		if in := &s.f.Blocks[b].Instrs[(p.from-s.start[b])>>2-1]; in.Tied != 0 {
			return s.comparedFor(b)
		}
	}
	return 0
}

// onlyMoves reports whether nothing but the moves to what follows is done in block b.
func (s *scan) onlyMoves(b int32) bool {
	instrs := s.f.Blocks[b].Instrs
	for i := range instrs {
		if in := &instrs[i]; !in.Branch && (in.Def == 0 || !s.remat(in.Def)) {
			return false
		}
	}
	return true
}

// comparedFor returns the registers that the branch to block b reads, if nothing else leads there.
func (s *scan) comparedFor(b int32) isa.RegisterSet {
	if s.predAt[b+1]-s.predAt[b] != 1 {
		return 0
	}
	c := s.preds[s.predAt[b]]
	instrs := s.f.Blocks[c].Instrs
	if c >= b || len(instrs) == 0 || !instrs[len(instrs)-1].Branch {
		return 0
	}
	var set isa.RegisterSet
	at := s.start[c] + int32(len(instrs))*4
	for _, u := range instrs[len(instrs)-1].Uses {
		if r := s.regBefore(u.V, at+1); r != AnyReg {
			set = set.With(r)
		}
	}
	return set
}

// tiedAt returns the register that the instruction where p begins is going to overwrite, as what is tied there dies:
// its definition would have to be made elsewhere if p took it. AnyReg is for none.
func (s *scan) tiedAt(p *piece) isa.Register {
	if p.first || p.from&3 != 0 {
		return AnyReg
	}
	b := s.at[p.from>>2]
	i := (p.from-s.start[b])>>2 - 1
	if i < 0 || int(i) >= len(s.f.Blocks[b].Instrs) {
		return AnyReg
	}
	if t := s.tied[s.f.Blocks[b].Instrs[i].Def]; t != 0 && t != p.v {
		return s.regBefore(t, p.from)
	}
	return AnyReg
}

// lowest returns the lowest register of a set.
func lowest(set isa.RegisterSet) isa.Register {
	return isa.Register(bits.TrailingZeros16(uint16(set)))
}

// voteForOrigin votes for the registers where p comes from.
func (s *scan) voteForOrigin(p *piece, vote func(isa.Register, int64)) {
	home := s.at[p.from>>2]
	here := costMove * s.weight(home)
	switch s.def[p.v] {
	case defFixed:
		// It is moved, if at all, when it is wanted elsewhere: there may be paths where it is not.
		vote(s.defReg[p.v], here+1)
	case defPlain:
		if t := s.tied[p.v]; t != 0 && s.tail[t] >= 0 {
			vote(s.regBefore(t, p.from), here+1)
		}
	case defParam:
		const enough = 16
		index := slices.Index(s.f.Blocks[home].Params, p.v)
		for n, b := range s.preds[s.predAt[home]:s.predAt[home+1]] {
			if b >= home || n > enough {
				continue // its arguments have no registers yet
			}
			for _, e := range s.f.Blocks[b].Succs {
				if e.To == int(home) && s.tail[e.Args[index]] >= 0 {
					vote(s.regBefore(e.Args[index], s.start[b+1]), costMove*s.weight(b)+1)
				}
			}
		}
	}
}

// regBefore returns the register where v is just before pos, or AnyReg.
func (s *scan) regBefore(v V, pos int32) isa.Register {
	for i := s.tail[v]; i >= 0; i = s.pieces[i].prev {
		p := &s.pieces[i]
		if !p.dead && p.reg != AnyReg && p.from < pos {
			if p.to >= pos {
				return p.reg
			}
			return AnyReg
		}
	}
	return AnyReg
}
