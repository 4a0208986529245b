package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// stores joins two stores of zeros (or of ones) to neighbouring memory into one of twice the width, up to 8 bytes. It does so only in
// memory that belongs to the program (ir.OwnMemory and the frame). In structs of the kernel, the verifier lets programs write single
// fields, but not across two of them.
func stores(w *work) {
	w.count()
	for _, b := range w.blocks() {
		block := &w.f.Blocks[b]
		var pending []int // stores in this block that later ones may join, as indices into it
		for i, n := range block.Values {
			v := w.value(n)
			switch {
			case v.Op == ir.StoreConst && w.own(v):
				pending = w.join(block, pending, i)
			case v.Op == ir.Store && w.own(v):
				pending = w.apart(block, pending, v)
			case v.Op == ir.Load || v.Op == ir.Atomic || v.Op.HasEffects():
				pending = pending[:0]
			}
		}
		kept := block.Values[:0]
		for _, n := range block.Values {
			if n != 0 {
				kept = append(kept, n)
			}
		}
		block.Values = kept
	}
}

// own reports whether a store is to memory that belongs to the program.
func (w *work) own(v *ir.Value) bool {
	return v.Aux == ir.OwnMemory || w.value(v.Args[0]).Op == ir.FrameAddr
}

// uniform reports whether all bits that a store writes are equal. Then their order does not matter.
func uniform(v *ir.Value) (ones, ok bool) {
	bits := uint64(v.Imm) << (64 - 8*uint(v.Size)) >> (64 - 8*uint(v.Size))
	all := ^uint64(0) >> (64 - 8*uint(v.Size))
	return bits == all, bits == 0 || bits == all
}

// join lets the store at index i take over pending neighbours, and adds it to the pending stores.
func (w *work) join(block *ir.Block, pending []int, i int) []int {
	v := w.value(block.Values[i])
	pending = w.apart(block, pending, v)
	ones, ok := uniform(v)
	if !ok {
		return pending
	}
	for k := 0; k < len(pending); k++ {
		p := w.value(block.Values[pending[k]])
		pones, _ := uniform(p)
		low := min(v.Off, p.Off)
		if p.Args[0] != v.Args[0] || p.Size != v.Size || v.Size == 8 || pones != ones ||
			max(v.Off, p.Off)-low != int32(v.Size) || low%(2*int32(v.Size)) != 0 {
			continue
		}
		v.Off, v.Size = low, 2*v.Size
		if ones {
			v.Imm = -1
		}
		w.uses[p.Args[0]]--
		block.Values[pending[k]] = 0
		pending = append(pending[:k], pending[k+1:]...)
		k = -1 // the wider store may have wider neighbours
	}
	return append(pending, i)
}

// apart drops the pending stores that a store overlaps or may overlap.
func (w *work) apart(block *ir.Block, pending []int, v *ir.Value) []int {
	kept := pending[:0]
	for _, k := range pending {
		p := w.value(block.Values[k])
		if p.Args[0] == v.Args[0] && (p.Off+int32(p.Size) <= v.Off || v.Off+int32(v.Size) <= p.Off) {
			kept = append(kept, k)
		}
	}
	return kept
}
