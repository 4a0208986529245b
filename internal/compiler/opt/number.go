package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// number finds values that are computed twice: an equal value is made on every path to the second one, which is then replaced by it
// (value numbering over the dominator tree). Values without arguments move to the entry block, where each is made once. sink moves them
// back to where they are used.
func number(w *work) {
	w.room()
	order := w.blocks()
	t := w.tree()
	h := w.newTable()
	for _, b := range order {
		block := &w.f.Blocks[b]
		kept := block.Values[:0]
		for _, n := range block.Values {
			v := w.value(n)
			if !v.Op.Remake() {
				kept = append(kept, n)
				continue
			}
			if v.Op == ir.Const {
				v.Imm = normal(v.Type, uint64(v.Imm))
			}
			at, same := h.find(w, n, 0)
			switch {
			case same != 0:
				w.rename(n, same)
			case b == 0:
				h.put(at, n)
				kept = append(kept, n)
			default:
				h.put(at, n)
				v.Block = 0
				w.pool = append(w.pool, n)
			}
		}
		block.Values = kept
	}
	// In preorder, the blocks that a block dominates come directly after it. So an earlier value that does not dominate the current one
	// does not dominate later ones either.
	for _, b := range t.preorder {
		for _, n := range w.f.Blocks[b].Values {
			v := w.value(n)
			pure := v.Op.Pure() && v.Op != ir.Copy && !v.Op.Remake()
			if !pure && v.Op != ir.Phi {
				continue
			}
			for i, a := range v.Args {
				v.Args[i] = w.resolve(a)
			}
			if v.Op.Commutes() && len(v.Args) == 2 && v.Type != ir.Ptr && v.Args[0] > v.Args[1] {
				v.Args[0], v.Args[1] = v.Args[1], v.Args[0]
			}
			where := ir.B(0)
			if v.Op == ir.Phi {
				where = b + 1
			}
			at, same := h.find(w, n, where)
			if same != 0 && t.dominates(w.value(same).Block, b) {
				w.rename(n, same)
				continue
			}
			h.put(at, n)
		}
	}
	w.settle()
}

// A table finds values by what they compute. It is a hash table with open addressing.
type table struct {
	slots []ir.V
	mask  uint32
}

func (w *work) newTable() *table {
	size := 64
	for size < 2*len(w.f.Values) {
		size *= 2
	}
	if len(w.slots) < size {
		w.slots = make([]ir.V, size)
	} else {
		clear(w.slots)
	}
	return &table{w.slots, uint32(len(w.slots) - 1)}
}

// find returns the slot for a value, and the equal value that is there. Phis are equal only within one block.
func (t *table) find(w *work, n ir.V, where ir.B) (int, ir.V) {
	v := w.value(n)
	at := hash(v, where) & t.mask
	for ; t.slots[at] != 0; at = (at + 1) & t.mask {
		if o := w.value(t.slots[at]); equal(v, o) {
			return int(at), t.slots[at]
		}
	}
	return int(at), 0
}

func (t *table) put(at int, n ir.V) { t.slots[at] = n }

func hash(v *ir.Value, where ir.B) uint32 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(v.Op) | uint64(v.Type)<<8 | uint64(v.Cond)<<16 | uint64(uint32(v.Aux))<<32
	h = (h ^ uint64(v.Imm)) * prime
	h ^= h >> 29
	h += uint64(where)
	for _, a := range v.Args {
		h = (h ^ uint64(a)) * prime
		h ^= h >> 29
	}
	return uint32(h >> 16)
}

func equal(a, b *ir.Value) bool {
	if a.Op != b.Op || a.Type != b.Type || a.Cond != b.Cond || a.Wide != b.Wide || a.Aux != b.Aux || a.Imm != b.Imm ||
		len(a.Args) != len(b.Args) {
		return false
	}
	if a.Op == ir.Phi && a.Block != b.Block {
		return false
	}
	for i := range a.Args {
		if a.Args[i] != b.Args[i] {
			return false
		}
	}
	return true
}
