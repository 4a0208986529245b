package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// sink moves values without arguments from the entry block to where they are used: before the first use in each block, or to the end of
// the block from which a phi takes them. So no register is held for a value that costs nothing to make again.
func sink(w *work) {
	f := w.f
	e := tableOf(w)
	p := &placer{w: w, local: make([]ir.V, len(f.Values)), in: make([]ir.B, len(f.Values)), taken: make([]bool, len(f.Values))}
	for i := range p.in {
		p.in[i] = gone
	}
	for _, b := range w.blocks() {
		block := &f.Blocks[b]
		p.list = make([]ir.V, 0, len(block.Values)+4)
		for _, n := range block.Values {
			op := w.value(n).Op
			if op.Remake() {
				continue
			}
			if op != ir.Phi {
				for i, a := range w.value(n).Args {
					w.value(n).Args[i] = p.at(a, b)
				}
			}
			p.list = append(p.list, n)
		}
		block.X = p.at(block.X, b)
		block.Y = p.at(block.Y, b)
		for i, s := range block.Succs {
			for _, phi := range e.phis(s) {
				w.value(phi).Args[e.slot[b][i]] = p.at(e.arg(phi, b, i), b)
			}
		}
		block.Values = p.list
	}
}

type placer struct {
	w     *work
	local []ir.V // by value: what replaces it in the block in
	in    []ir.B
	taken []bool // whether the value itself is in a block already
	list  []ir.V // the values of the block
}

// at returns the value to use for n in a block. It is n itself, unless n is made again where it is used.
func (p *placer) at(n ir.V, b ir.B) ir.V {
	v := p.w.value(n)
	switch {
	case n == 0 || !v.Op.Remake():
		return n
	case int(n) >= len(p.in): // it was made here
		return n
	case p.in[n] == b:
		return p.local[n]
	}
	local := n
	if p.taken[n] {
		v := *v
		v.Block = b
		local = p.w.f.NewValue(v)
	} else {
		p.taken[n] = true
		v.Block = b
	}
	p.in[n], p.local[n] = b, local
	p.list = append(p.list, local)
	return local
}
