package regalloc

import (
	"math/bits"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// choose picks one of the registers in set for p: the one that saves the most moves.
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
		vote(lowest(kept), costMove+1) // where other values of its web will have to be
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
	// Avoid registers that other values would like, and those that survive calls.
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

// comparedBefore returns the registers that are compared directly before the moves that may bring p to its beginning. If p takes a
// register that is not among them, the move can be made before the branch, which may save a jump past the move.
func (s *scan) comparedBefore(p *piece) isa.RegisterSet {
	if !p.first {
		return 0
	}
	b := s.blockAt(p.from)
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
		if in := &s.f.Blocks[b].Instrs[s.instrIn(b, p.from)]; in.Tied != 0 {
			return s.comparedFor(b)
		}
	}
	return 0
}

// onlyMoves reports whether block b has nothing but the moves to the block after it.
func (s *scan) onlyMoves(b int32) bool {
	instrs := s.f.Blocks[b].Instrs
	for i := range instrs {
		if in := &instrs[i]; !in.Branch && (in.Def == 0 || !s.remat(in.Def)) {
			return false
		}
	}
	return true
}

// comparedFor returns the registers that the branch to block b reads. It returns none if other ways lead to b.
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
	at := s.instrAt(int(c), len(instrs)-1)
	for _, u := range instrs[len(instrs)-1].Uses {
		if r := s.regBefore(u.V, at+1); r != AnyReg {
			set = set.With(r)
		}
	}
	return set
}

// tiedAt returns the register that the instruction at the beginning of p is going to overwrite, because the value that is tied there
// dies. If p took it, the result would have to be made elsewhere. AnyReg means that there is none.
func (s *scan) tiedAt(p *piece) isa.Register {
	if p.first || p.from != p.from.begin() {
		return AnyReg
	}
	b := s.blockAt(p.from)
	i := s.instrIn(b, p.from)
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
	home := s.blockAt(p.from)
	here := costMove * s.weight(home)
	switch s.def[p.v] {
	case defFixed:
		// If it is moved, then only when it is wanted elsewhere. There may be paths where it is not.
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

// regBefore returns the register that v has directly before pos, or AnyReg.
func (s *scan) regBefore(v V, pos moment) isa.Register {
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
