package regalloc

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// decide goes backwards through the instructions. It finds out which operands to swap, at which moment uses end, and which registers
// values would like to be in.
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
	back := backwards{lives: l, seen: slices.Clone(l.useAt[1:])}
	for b := len(f.Blocks) - 1; b >= 0; b-- {
		blk := &f.Blocks[b]
		for i := len(blk.Succs) - 1; i >= 0; i-- {
			back.edge(&blk.Succs[i])
		}
		for i := len(blk.Instrs) - 1; i >= 0; i-- {
			back.instr(&blk.Instrs[i], l.instrAt(b, i).row())
		}
	}
}

// backwards is a walk through the function from its end. So it meets the uses of each value in the opposite order of uses.
type backwards struct {
	*lives
	seen []int32 // by V: the earliest of its uses that the walk has met
}

// take returns the use of v that the walk meets now.
func (w *backwards) take(v V) *use {
	w.seen[v]--
	return &w.uses[w.seen[v]]
}

// edge makes arguments that die want the registers that their parameters want.
func (w *backwards) edge(e *Edge) {
	params := w.f.Blocks[e.To].Params
	for k := len(e.Args) - 1; k >= 0; k-- {
		v, p := e.Args[k], params[k]
		u := w.take(v)
		// A parameter that survives calls will not be in the register that it wants, so v gains nothing from being there.
		if u.rng >= 0 && w.want[v] == AnyReg && !w.crossing[p] {
			w.want[v], w.wantWeight[v] = w.want[p], w.wantWeight[p]
		}
	}
}

// instr decides about the operands of the instruction in a row.
func (w *backwards) instr(in *Instr, row int32) {
	var uses [maxUses]*use
	for k := len(in.Uses) - 1; k >= 0; k-- {
		uses[k] = w.take(in.Uses[k].V)
	}
	var tiedUse *use
	if in.Tied != 0 {
		tiedUse = w.take(in.Tied)
	}
	tied := w.tie(in, tiedUse, uses[0], row)
	for k, u := range in.Uses {
		if w.swapped[row] && k == 0 {
			continue // both operands are done
		}
		w.settle(in, u.V, uses[k], tied)
	}
}

// findCrossing finds the values that are alive across an instruction that loses registers.
func (l *lives) findCrossing() {
	l.crossing = make([]bool, l.f.Values+1)
	for v := V(1); int(v) <= l.f.Values; v++ {
		for _, r := range l.ranges[l.rangeAt[v]:l.rangeAt[v+1]] {
			if l.calls[min(int(r.to.row()), len(l.calls)-1)] > l.calls[min(int(r.from.row())+1, len(l.calls)-1)] {
				l.crossing[v] = true
				break
			}
		}
	}
}

// shareCrossing records which webs have a value that is alive across such an instruction.
func (l *lives) shareCrossing() {
	l.webCrossing = make([]bool, l.f.Values+1)
	for v, c := range l.crossing {
		if c {
			l.webCrossing[l.rep(V(v))] = true
		}
	}
}

// tie handles the tied operand of an instruction, and Uses[0] if they are swapped. It returns the value that is tied.
func (l *lives) tie(in *Instr, tu, first *use, row int32) V {
	if in.Tied == 0 {
		return 0
	}
	tied, other := in.Tied, V(0)
	if in.Commutes && len(in.Uses) > 0 && in.Uses[0].Reg == AnyReg && in.Uses[0].V != tied && first.rng >= 0 {
		o := in.Uses[0].V
		if tu.rng < 0 || l.rep(o) == l.rep(in.Def) && l.rep(tied) != l.rep(in.Def) {
			l.swapped[row] = true
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
		u.kind = useTied // it reads Def's register, and the value is there too
	case u.rng >= 0:
		to := u.pos + written
		if in.Def != 0 && (!in.Early || in.Tied != 0) {
			to = u.pos + over
		}
		l.ranges[u.rng].to = max(l.ranges[u.rng].to, to)
	}
}

// rep returns the value that stands for all values that should share v's register.
func (l *lives) rep(v V) V {
	for l.web[v] != v {
		l.web[v] = l.web[l.web[v]]
		v = l.web[v]
	}
	return v
}

// join records that two values should share a register. The lower number stands for both.
func (l *lives) join(v, w V) {
	v, w = l.rep(v), l.rep(w)
	if v < w {
		l.web[w] = v
	} else {
		l.web[v] = w
	}
}

// block finds out when registers belong to instructions.
func (l *lives) block() {
	f := l.f
	entries := f.entries()
	for b := range f.Blocks {
		blk := &f.Blocks[b]
		for i := range blk.Instrs {
			in := &blk.Instrs[i]
			p := l.instrAt(b, i)
			if b == 0 && i < entries {
				l.reserve(in.DefReg, blocking{l.start[0], l.entered(entries), false})
				continue
			}
			for r := range in.Clobbers.All() {
				l.reserve(r, blocking{p, p + over, false})
			}
			for _, u := range in.Uses {
				if u.Reg == AnyReg {
					continue
				}
				to := p + written
				if in.Def != 0 && !in.Early {
					to = p + over
				}
				l.reserve(u.Reg, blocking{p, to, true})
			}
			if in.Def != 0 && in.DefReg != AnyReg {
				from := p + written
				if in.Tied != 0 {
					from = p
				}
				l.reserve(in.DefReg, blocking{from, p + over, false})
			}
		}
	}
}

// reserve adds a blocking. It must not begin before the one that was added last.
func (l *lives) reserve(r isa.Register, k blocking) {
	if r >= numRegs {
		return
	}
	list := l.blocked[r]
	if n := len(list); n > 0 && list[n-1].from.row() == k.from.row() {
		last := &list[n-1]
		last.from, last.to, last.wanted = min(last.from, k.from), max(last.to, k.to), last.wanted || k.wanted
		return
	}
	l.blocked[r] = append(list, k)
}
