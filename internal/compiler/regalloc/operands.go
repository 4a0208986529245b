package regalloc

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// decide goes through the instructions backwards and finds out which operands to swap, when exactly uses end, and which
// registers would do.
func (l *lives) decide() {
	f := l.f
	l.swapped = make([]bool, len(l.at))
	l.want = make([]isa.Register, f.Values+1)
	l.wantWeight = make([]int32, f.Values+1)
	l.web = make([]V, f.Values+1)
	for v := range l.want {
		l.want[v] = AnyReg
		l.web[v] = V(v)
	}
	for b := range f.Blocks {
		for _, e := range f.Blocks[b].Succs {
			for i, p := range f.Blocks[e.To].Params {
				l.join(p, e.Args[i])
			}
		}
	}
	end := slices.Clone(l.useAt[1:]) // by V: its first use that was already seen
	take := func(v V) *use {
		end[v]--
		return &l.uses[end[v]]
	}
	var us [maxUses]*use
	for b := len(f.Blocks) - 1; b >= 0; b-- {
		blk := &f.Blocks[b]
		for i := len(blk.Succs) - 1; i >= 0; i-- {
			e := &blk.Succs[i]
			for k := len(e.Args) - 1; k >= 0; k-- {
				v := e.Args[k]
				if u := take(v); u.rng >= 0 && l.want[v] == AnyReg {
					p := f.Blocks[e.To].Params[k]
					if l.crossing[p] {
						continue // it will not be where it is wanted, so there is no point in v being there
					}
					l.want[v], l.wantWeight[v] = l.want[p], l.wantWeight[p]
				}
			}
		}
		for i := len(blk.Instrs) - 1; i >= 0; i-- {
			in := &blk.Instrs[i]
			for k := len(in.Uses) - 1; k >= 0; k-- {
				us[k] = take(in.Uses[k].V)
			}
			var tu *use
			if in.Tied != 0 {
				tu = take(in.Tied)
			}
			tied := l.tie(in, tu, us[0], l.start[b]>>2+int32(i)+1)
			for k, u := range in.Uses {
				v := u.V
				if l.swapped[l.start[b]>>2+int32(i)+1] && k == 0 {
					continue // both operands are done
				}
				l.settle(in, v, us[k], tied)
			}
		}
	}
}

// findCrossing finds the values that are alive across an instruction that loses registers.
func (l *lives) findCrossing() {
	l.crossing = make([]bool, l.f.Values+1)
	for v := V(1); int(v) <= l.f.Values; v++ {
		for _, r := range l.ranges[l.rangeAt[v]:l.rangeAt[v+1]] {
			if l.calls[min(int(r.to>>2), len(l.calls)-1)] > l.calls[min(int(r.from>>2)+1, len(l.calls)-1)] {
				l.crossing[v] = true
				break
			}
		}
	}
}

// shareCrossing notes the webs of which some value is crossing.
func (l *lives) shareCrossing() {
	l.webCrossing = make([]bool, l.f.Values+1)
	for v, c := range l.crossing {
		if c {
			l.webCrossing[l.rep(V(v))] = true
		}
	}
}

// tie handles the tied operand of an instruction, and Uses[0] if they are swapped; it returns the value that is tied.
func (l *lives) tie(in *Instr, tu, first *use, at int32) V {
	if in.Tied == 0 {
		return 0
	}
	tied, other := in.Tied, V(0)
	if in.Commutes && len(in.Uses) > 0 && in.Uses[0].Reg == AnyReg && in.Uses[0].V != tied && first.rng >= 0 {
		o := in.Uses[0].V
		if tu.rng < 0 || l.rep(o) == l.rep(in.Def) && l.rep(tied) != l.rep(in.Def) {
			l.swapped[at] = true
			tied, other = o, tied
			tu.kind, first.kind = useMust, useTied
			tu, first = first, tu
		}
	}
	if other != 0 {
		l.settle(in, other, first, tied)
	}
	if tu.rng >= 0 {
		l.tied[in.Def] = tied
		l.join(in.Def, tied)
		if l.want[tied] == AnyReg {
			l.want[tied], l.wantWeight[tied] = l.want[in.Def], l.wantWeight[in.Def]
		}
	}
	return tied
}

// settle fixes the end of a use that is not tied.
func (l *lives) settle(in *Instr, v V, u *use, tied V) {
	switch {
	case u.kind == useFixed:
		if u.rng >= 0 {
			l.want[v], l.wantWeight[v] = u.reg, int32(l.weight(l.useBlock(u.pos)))
		}
	case v == tied:
		u.kind = useTied // it reads Def's register, where the value is too
	case u.rng >= 0:
		to := u.pos + 1
		if in.Def != 0 && (!in.Early || in.Tied != 0) {
			to = u.pos + 2
		}
		l.ranges[u.rng].to = max(l.ranges[u.rng].to, to)
	}
}

// rep returns the value that stands for all that should share v's register.
func (l *lives) rep(v V) V {
	for l.web[v] != v {
		l.web[v] = l.web[l.web[v]]
		v = l.web[v]
	}
	return v
}

// join says that two values should share a register. The lower number stands for both.
func (l *lives) join(v, w V) {
	v, w = l.rep(v), l.rep(w)
	if v < w {
		l.web[w] = v
	} else {
		l.web[v] = w
	}
}

// block finds when registers belong to instructions.
func (l *lives) block() {
	f := l.f
	entries := f.entries()
	for b := range f.Blocks {
		blk := &f.Blocks[b]
		for i := range blk.Instrs {
			in := &blk.Instrs[i]
			p := l.start[b] + int32(i+1)*4
			if b == 0 && i < entries {
				l.reserve(in.DefReg, blocking{l.start[0], l.start[0] + int32(entries)*4 + 2, false})
				continue
			}
			for r := range in.Clobbers.All() {
				l.reserve(r, blocking{p, p + 2, false})
			}
			for _, u := range in.Uses {
				if u.Reg == AnyReg {
					continue
				}
				to := p + 1
				if in.Def != 0 && !in.Early {
					to = p + 2
				}
				l.reserve(u.Reg, blocking{p, to, true})
			}
			if in.Def != 0 && in.DefReg != AnyReg {
				from := p + 1
				if in.Tied != 0 {
					from = p
				}
				l.reserve(in.DefReg, blocking{from, p + 2, false})
			}
		}
	}
}

// reserve adds a blocking; it begins with the last one's instruction or behind it.
func (l *lives) reserve(r isa.Register, k blocking) {
	if r >= numRegs {
		return
	}
	list := l.blocked[r]
	if n := len(list); n > 0 && list[n-1].from>>2 == k.from>>2 {
		last := &list[n-1]
		last.from, last.to, last.wanted = min(last.from, k.from), max(last.to, k.to), last.wanted || k.wanted
		return
	}
	l.blocked[r] = append(list, k)
}
