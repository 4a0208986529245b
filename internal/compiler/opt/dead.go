package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// dead removes values that are not needed: no effect, no branch and no result depends on them. That includes phis that only use
// each other.
func dead(w *work) {
	f := w.f
	live := make([]bool, len(f.Values))
	todo := make([]ir.V, 0, 64)
	need := func(n ir.V) {
		if n != 0 && !live[n] {
			live[n] = true
			todo = append(todo, n)
		}
	}
	for b := range f.Blocks {
		block := &f.Blocks[b]
		for _, n := range block.Values {
			if f.Values[n].Op.HasEffects() {
				need(n)
			}
		}
		need(block.X)
		need(block.Y)
		for len(todo) > 0 {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, a := range f.Values[n].Args {
				need(a)
			}
		}
	}
	for b := range f.Blocks {
		block := &f.Blocks[b]
		kept := block.Values[:0]
		for _, n := range block.Values {
			if live[n] {
				kept = append(kept, n)
			} else {
				f.Values[n].Op, f.Values[n].Args = ir.None, nil
			}
		}
		block.Values = kept
	}
}
